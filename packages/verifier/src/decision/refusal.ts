import type { Evidence, Subject } from '../evidence.ts';
import { type Finding, isKeyOf } from '../finding.ts';
import type { Refusals } from '../policy/policy.ts';

/** `unknown`: something that could be refused was not looked at yet, or could not be. */
export type Refusal = 'none' | 'digest' | 'key' | 'unknown';

/**
 * Whether the image is refused, whatever a rule says of it: by its digest, that of the index it was found in or of an image in it; or by
 * a proven signature of a refused key. Keys are asked of what could be read: a signature that is gone cannot be held against an image.
 * Rule: design.md 6 `refuse`.
 */
export function refusalOf(refuse: Refusals, evidence: Evidence, findings: readonly Finding[]): Refusal {
  const { subject, complete } = evidence;
  if (subject !== undefined && digestsOf(subject).some((digest) => refuse.digests.has(digest))) return 'digest';
  if (findings.some((finding) => isRefused(finding, refuse, subject))) return 'key';
  const isOpen = (refuse.digests.size > 0 && subject?.children === undefined) || (refuse.keyIds.size > 0 && !complete);
  return isOpen ? 'unknown' : 'none';
}

function digestsOf({ digest, index, children = [] }: Subject) {
  return [digest, ...(index === undefined ? [] : [index]), ...children];
}

function isRefused({ proven }: Finding, { keyIds }: Refusals, subject: Subject | undefined): boolean {
  if (proven === undefined || proven.subject !== subject?.digest) return false;
  return isKeyOf(proven.identity, keyIds);
}
