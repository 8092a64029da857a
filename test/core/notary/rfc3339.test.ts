import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRfc3339 } from '../../../packages/core/src/notary/rfc3339.ts';

describe('a time as RFC 3339 writes it', () => {
  it('is what the clock of every program says, from the year 1 to 9999', () => {
    const from = Date.parse('0001-01-01T00:00:00Z');
    const until = Date.parse('9999-12-31T23:59:59Z');
    fc.assert(
      fc.property(fc.integer({ min: from / 1000, max: until / 1000 }), (seconds) => {
        const text = new Date(seconds * 1000).toISOString();
        expect(parseRfc3339(text)).toBe(seconds * 1000);
        expect(parseRfc3339(text.replace('.000Z', 'Z'))).toBe(seconds * 1000);
      }),
    );
  });

  it('may have an offset and a fraction', () => {
    expect(parseRfc3339('2026-11-23T13:39:51.25+01:00')).toBe(Date.parse('2026-11-23T12:39:51.250Z'));
    expect(parseRfc3339('2026-11-23T00:09:51-05:30')).toBe(Date.parse('2026-11-23T05:39:51Z'));
  });

  it.each([
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01 00:00:00Z',
    '2026-01-01T00:00:00',
    '2026-01-01',
    '',
    '2026-01-01T00:00:00+24:00',
  ])('is not %j', (text) => {
    expect(parseRfc3339(text)).toBeUndefined();
  });
});
