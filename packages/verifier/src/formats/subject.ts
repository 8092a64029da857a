import type { Envelope, Subject } from '../evidence.ts';
import type { Check } from '../finding.ts';

/**
 * The signed digests name the asked one, and so does the manifest's subject where the manifest was read; for an envelope from a listing
 * the signed digest alone counts. Rule: design.md 4, 7 "the subject is checked".
 */
export function checkSubject(signed: readonly string[], envelope: Envelope, subject: Subject): Check {
  const check = { name: 'subject', rule: 'design.md 7' } as const;
  const mismatch = (what: string) =>
    ({ ...check, result: 'fail', code: 'SUBJECT_MISMATCH', message: `${what}, asked ${subject.digest}` }) as const;
  if (!signed.includes(subject.digest))
    return mismatch(`signed for ${signed.slice(0, 3).join(', ') || 'no digest that is known'}`);
  const { manifestSubject } = envelope;
  if (manifestSubject !== undefined && manifestSubject !== subject.digest)
    return mismatch(`its manifest's subject is ${manifestSubject}`);
  return { ...check, result: 'pass', code: 'OK', message: `signed for ${subject.digest}` };
}
