import { describe, expect, it } from 'vitest';
import { checkAge } from '../../../../packages/verifier/src/decision/checks/age.ts';
import { atMs, proof, rule, source } from '../../evidence-data.ts';

const any = rule({ kind: 'any', of: [source('alice')] });
const hour = 3_600_000;
const signedAt = (verifiedAtMs?: number) =>
  proof('alice', { claimedAtMs: atMs, ...(verifiedAtMs === undefined ? {} : { verifiedAtMs }) }).proven ??
  expect.fail('proves nothing');

describe('checkAge', () => {
  const young = { ...any, maxAgeMs: hour };
  const late = { ...any, notBeforeMs: atMs - hour };

  it.each([
    ['nothing asked', any, undefined, 'skip NOT_ASKED'],
    ['a claim proves no time', young, undefined, 'fail SIGNATURE_TIME_UNPROVEN'],
    ['nor does it for notBefore', late, undefined, 'fail SIGNATURE_TIME_UNPROVEN'],
    ['as old as may be', young, atMs - hour, 'pass OK'],
    ['a millisecond older', young, atMs - hour - 1, 'fail SIGNATURE_TOO_OLD'],
    ['at the first moment', late, atMs - hour, 'pass OK'],
    ['a millisecond before it', late, atMs - hour - 1, 'fail SIGNATURE_TOO_EARLY'],
    ['both, and within both', { ...young, ...late }, atMs - 1, 'pass OK'],
    ['a clock a little ahead', young, atMs + 300_000, 'pass OK'],
    ['a clock too far ahead', young, atMs + 300_001, 'unknown SIGNATURE_TIME_AHEAD'],
    ['too far ahead for notBefore too', late, atMs + 300_001, 'unknown SIGNATURE_TIME_AHEAD'],
    ['no time at all', young, Number.NaN, 'fail SIGNATURE_TIME_UNPROVEN'],
    ['no time that is one', late, Number.POSITIVE_INFINITY, 'fail SIGNATURE_TIME_UNPROVEN'],
  ])('%s', (_, ruled, verifiedAtMs, outcome) => {
    const { result, code } = checkAge(signedAt(verifiedAtMs), ruled, atMs);
    expect(`${result} ${code}`).toBe(outcome);
  });

  it('says when, and what was asked', () => {
    expect(checkAge(signedAt(atMs - 2 * hour), young, atMs).message).toBe(
      'signed at 2026-11-23T07:00:00Z, more than 1h ago',
    );
    expect(checkAge(signedAt(atMs - 2 * hour), late, atMs).message).toBe(
      'signed at 2026-11-23T07:00:00Z, before 2026-11-23T08:00:00Z',
    );
    expect(checkAge(signedAt(atMs + hour), young, atMs).message).toContain('ahead of this clock');
    const long = { ...any, maxAgeMs: 30 * 24 * hour };
    expect(checkAge(signedAt(0), long, atMs).message).toContain('more than 30d ago');
    expect(checkAge(signedAt(0), { ...any, maxAgeMs: 1_500 }, atMs).message).toContain('more than 1500 ms ago');
  });
});
