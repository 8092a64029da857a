import { defaultVerifyLimits, type VerifyLimits } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { verifyLimits } from '../../packages/verifier/src/limits.ts';

describe('verifyLimits', () => {
  it('the defaults with what is changed', () => {
    expect(verifyLimits()).toEqual(defaultVerifyLimits);
    expect(verifyLimits({ maxSignatures: 1 })).toEqual({ ...defaultVerifyLimits, maxSignatures: 1 });
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])('%d is no limit, whichever it is', (value) => {
    for (const name of Object.keys(defaultVerifyLimits) as (keyof VerifyLimits)[])
      expect(() => verifyLimits({ [name]: value })).toThrow(
        expect.objectContaining({ name: 'PolicyError', code: 'LIMIT_INVALID' }),
      );
  });

  it('are those of the specification', () => {
    const MiB = 1024 * 1024;
    expect(defaultVerifyLimits).toMatchObject({
      maxManifestBytes: 4 * MiB,
      maxEnvelopeBytes: 4 * MiB,
      maxSignatures: 100,
      totalMs: 60_000,
    });
  });
});
