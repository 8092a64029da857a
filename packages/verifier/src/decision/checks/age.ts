import type { Check, Proven } from '../../finding.ts';
import type { Rule } from '../../policy/rule.ts';
import { durationText, timeText } from '../../policy/time-text.ts';

/** How far a clock that we trust may be ahead of ours, milliseconds. */
const clockSkewMs = 5 * 60 * 1000;

/**
 * `maxAge` and `notBefore`: of the time that a trusted timestamp or log proves. The signer's own claim proves none, and a signature without
 * a proven time does not count. Rule: design.md 6.
 */
export function checkAge({ verifiedAtMs }: Proven, { maxAgeMs, notBeforeMs }: Rule, atMs: number): Check {
  const check = { name: 'age', rule: 'design.md 6' } as const;
  const fail = { ...check, result: 'fail' } as const;
  if (maxAgeMs === undefined && notBeforeMs === undefined)
    return { ...check, result: 'skip', code: 'NOT_ASKED', message: 'no time is asked for' };
  if (verifiedAtMs === undefined || !Number.isFinite(verifiedAtMs)) {
    const message = 'no trusted timestamp or log proves when it was signed';
    return { ...fail, code: 'SIGNATURE_TIME_UNPROVEN', message };
  }
  const signed = `signed at ${timeText(verifiedAtMs)}`;
  if (verifiedAtMs > atMs + clockSkewMs) {
    const message = `${signed}, which is ahead of this clock (${timeText(atMs)})`;
    return { ...check, result: 'unknown', code: 'SIGNATURE_TIME_AHEAD', message };
  }
  if (notBeforeMs !== undefined && verifiedAtMs < notBeforeMs)
    return { ...fail, code: 'SIGNATURE_TOO_EARLY', message: `${signed}, before ${timeText(notBeforeMs)}` };
  if (maxAgeMs !== undefined && atMs - verifiedAtMs > maxAgeMs)
    return { ...fail, code: 'SIGNATURE_TOO_OLD', message: `${signed}, more than ${durationText(maxAgeMs)} ago` };
  return { ...check, result: 'pass', code: 'OK', message: signed };
}
