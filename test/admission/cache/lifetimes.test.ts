import { digestOf } from '@signet/oci';
import { type Finding, isAccepted, type Report } from '@signet/verifier';
import { expect, it } from 'vitest';
import { defaultLifetimes, lifetimeOf } from '../../../packages/admission/src/cache/lifetimes.ts';

const atMs = Date.UTC(2026, 0, 1);
const digest = digestOf(Buffer.from('image'));

/** A finding that counts, and ends at these times. */
function finding(endsAtMs?: number, result: 'pass' | 'fail' = 'pass'): Finding {
  return {
    format: 'notary',
    origin: digest,
    foundIn: 'blob',
    checks: [{ name: 'expiry', result, code: 'OK', message: '', rule: '' }],
    claims: {},
    keyChecks: 1,
    proven: {
      identity: { kind: 'x509', anchor: 'a', subject: 's' },
      subject: digest,
      annotations: {},
      ...(endsAtMs === undefined ? {} : { endsAtMs }),
    },
  };
}

const untilOf = (...findings: readonly Finding[]) => {
  const report = { verdict: 'verified', atMs, findings } as unknown as Report;
  const { freshUntilMs = 0, staleUntilMs = 0 } = lifetimeOf(report, undefined, defaultLifetimes) ?? {};
  return [freshUntilMs - atMs, staleUntilMs - atMs];
};

it('a yes ends with the first signature that it rests on', () => {
  const { freshMs, staleMs } = defaultLifetimes;
  expect(untilOf(finding())).toEqual([freshMs, freshMs + staleMs]);
  expect(untilOf(finding(atMs + 1000))).toEqual([1000, 1000]);
  expect(untilOf(finding(atMs + 1000), finding(atMs + 500), finding())).toEqual([500, 500]);
  expect(untilOf(finding(atMs + freshMs + 7))).toEqual([freshMs, freshMs + 7]);
});

it('one that does not count ends nothing', () => {
  const failed = finding(atMs + 1000, 'fail');
  expect(isAccepted(failed)).toBe(false);
  expect(untilOf(failed, finding())).toEqual([300_000, 900_000]);
});
