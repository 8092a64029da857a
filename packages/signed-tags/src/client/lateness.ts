import { durationText, type TagCatalogue } from '@signet/verifier';
import { timeText } from '../catalogue/encode.ts';
import type { Refusal } from './refusal.ts';

/** Of a file, milliseconds since 1970 UTC. */
export interface FileTimes {
  readonly issuedMs: number;
  readonly expiresMs: number;
}

/**
 * Whether a file may still be gone by. `grace`: it is too late by no more than the policy's `graceAfterExpiry`, which counts from the file's
 * expiry and from the policy's `maxAge` alike: a grace that the age took back would be none. Files that come by hand have an age of their own
 * in place of both. Rule: signed-tags.md 4.1, step 4; 4.3.
 */
export function lateness(times: FileTimes, catalogue: TagCatalogue, nowMs: number): 'none' | 'grace' | Refusal {
  const { maxAgeMs, notBeforeMs, graceAfterExpiryMs, freshness } = catalogue;
  const { issuedMs, expiresMs } = times;
  if (notBeforeMs !== undefined && issuedMs < notBeforeMs)
    return tooOld(`issued at ${timeText(issuedMs)}, before the policy's notBefore (${timeText(notBeforeMs)})`);
  const ageMs = nowMs - issuedMs;
  if (freshness.mode === 'bundle')
    return ageMs <= freshness.maxAgeMs ? 'none' : tooOld(`older than ${durationText(freshness.maxAgeMs)}`);
  const lateMs = Math.max(nowMs - expiresMs + 1, ageMs - maxAgeMs);
  if (lateMs <= 0) return 'none';
  if (lateMs <= graceAfterExpiryMs) return 'grace';
  return nowMs >= expiresMs ? expired(expiresMs) : tooOld(`older than ${durationText(maxAgeMs)}`);
}

function expired(expiresMs: number): Refusal {
  return {
    kind: 'denied',
    code: 'CATALOGUE_EXPIRED',
    message: `the catalogue expired at ${timeText(expiresMs)}`,
    remedy: 'let its publisher refresh it (signet tags refresh); where the registry shows an old one, ask another',
  };
}

function tooOld(why: string): Refusal {
  return {
    kind: 'denied',
    code: 'CATALOGUE_TOO_OLD',
    message: `the catalogue is ${why}`,
    remedy: 'let its publisher refresh it (signet tags refresh); where the registry shows an old one, ask another',
  };
}
