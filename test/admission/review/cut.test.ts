import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, cutMiddle, joinWithin } from '../../../packages/admission/src/review/cut.ts';

const texts = fc.string({ unit: fc.constantFrom('a', '\u{1F600}', '\u202E', '\n'), maxLength: 60 });

describe('cut', () => {
  it('leaves what fits, and shows that something is missing', () => {
    expect(cut('abcde', 5)).toBe('abcde');
    expect(cut('abcdef', 5)).toBe('abcd…');
  });

  it('keeps beginning and end of a name', () => {
    expect(cutMiddle('abcde', 5)).toBe('abcde');
    expect(cutMiddle('registry/long:tag', 9)).toBe('regi…:tag');
  });

  it('is never longer than asked, and leaves no half character', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 3, max: 40 }), (text, max) => {
        for (const short of [cut(text, max), cutMiddle(text, max)]) {
          expect(short.length).toBeLessThanOrEqual(max);
          expect(short.isWellFormed()).toBe(true);
        }
      }),
    );
  });
});

describe('joinWithin', () => {
  const joined = (parts: readonly string[], max: number) =>
    joinWithin(parts, { textOf: (part) => part, separator: ' ', max, more: (rest) => `+${rest}` });

  it('joins what there is room for, and counts the rest', () => {
    expect(joined(['aa', 'bb'], 5)).toBe('aa bb');
    expect(joined(['aa', 'bb', 'cc', 'dd'], 8)).toBe('aa bb +2');
    expect(joined(['a'.repeat(9)], 8)).toBe('+1');
    expect(joined([], 8)).toBe('');
  });

  it('is never longer than asked', () => {
    fc.assert(
      fc.property(fc.array(texts), fc.integer({ min: 2, max: 50 }), (parts, max) => {
        expect(joined(parts, max).length).toBeLessThanOrEqual(max);
      }),
    );
  });
});
