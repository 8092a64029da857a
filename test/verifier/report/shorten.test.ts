import { describe, expect, it } from 'vitest';
import { shorten } from '../../../packages/verifier/src/report/shorten.ts';

describe('shorten', () => {
  it('leaves alone what is short enough, and says where it cut', () => {
    expect(shorten('abc', 3)).toBe('abc');
    expect(shorten('abcd', 3)).toBe('abc…');
    expect(shorten('')).toBe('');
    expect(shorten('x'.repeat(1_001))).toBe(`${'x'.repeat(1_000)}…`);
  });

  it('cuts between UTF-16 units and changes none of them', () => {
    expect(shorten('Grüße\u{1f600}世界', 6)).toBe('Grüße\ud83d…');
  });
});
