import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSignedAt } from '../../packages/verifier/src/signed-at.ts';

describe('parseSignedAt', () => {
  it('agrees with Date for every time from the year 0 to 9999', () => {
    const min = new Date('0000-01-01T00:00:00.000Z');
    const max = new Date('9999-12-31T23:59:59.999Z');
    fc.assert(
      fc.property(fc.date({ min, max, noInvalidDate: true }), (date) => {
        expect(parseSignedAt(date.toISOString())).toBe(date.getTime());
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    '2026-11-23T09:00:00Z',
    '2026-11-23T09:00:00.12Z',
    '2026-11-23T09:00:00.120',
    '2026-11-23T09:00:00.120+00:00',
    '2026-13-23T09:00:00.120Z',
    '2026-02-29T09:00:00.120Z',
    '2100-02-29T09:00:00.120Z',
    '2026-11-31T09:00:00.120Z',
    '2026-11-23T24:00:00.000Z',
    '2026-11-23T09:60:00.000Z',
    '2026-11-23T09:00:60.000Z',
    ' 2026-11-23T09:00:00.120Z',
    '2026-11-23T09:00:00.120Z\n',
    '',
  ])('%j is no time', (text) => {
    expect(parseSignedAt(text)).toBeUndefined();
  });

  it('takes 29 February of a leap year', () => {
    expect(parseSignedAt('2028-02-29T00:00:00.000Z')).toBe(Date.UTC(2028, 1, 29));
    expect(parseSignedAt('2000-02-29T00:00:00.000Z')).toBe(Date.UTC(2000, 1, 29));
  });
});
