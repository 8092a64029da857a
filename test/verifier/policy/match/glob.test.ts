import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { globsOverlap, matchesGlob, matchesSequence } from '../../../../packages/verifier/src/policy/match/glob.ts';

const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 7 });
const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 7 });
const toRegExp = (pattern: string): RegExp => new RegExp(`^${pattern.replaceAll('*', '.*')}$`);

describe('a glob', () => {
  it.each([
    ['', '', true],
    ['*', '', true],
    ['v*', 'v1', true],
    ['v*', '1v', false],
    ['*-dev', 'a-dev', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['a.c', 'abc', false],
  ])('%j on %j: %s', (pattern, sample, expected) => {
    expect(matchesGlob(pattern, sample)).toBe(expected);
  });

  it('matches what the regular expression of the same meaning matches', () => {
    fc.assert(
      fc.property(glob, text, (pattern, sample) => {
        expect(matchesGlob(pattern, sample)).toBe(toRegExp(pattern).test(sample));
      }),
    );
  });

  it('is looked for once over the text, whatever it is: each search goes on where the one before ended', () => {
    const long = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 200 });
    fc.assert(
      fc.property(long, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 200 }), (pattern, sample) => {
        expect(charactersSearched(() => matchesGlob(pattern, sample))).toBeLessThanOrEqual(sample.length);
      }),
    );
    const worst = ['*a'.repeat(200), `${'a'.repeat(400)}b`] as const;
    expect(charactersSearched(() => matchesGlob(...worst))).toBeLessThanOrEqual(401);
  });
});

/** How many characters all searches in texts look at. */
function charactersSearched(call: () => void): number {
  const { indexOf } = String.prototype;
  let count = 0;
  const spy = vi.spyOn(String.prototype, 'indexOf').mockImplementation(function (this: string, text, from = 0) {
    const found = indexOf.call(this, text, from);
    count += found === -1 ? this.length - from : found + text.length - from;
    return found;
  });
  try {
    call();
  } finally {
    spy.mockRestore();
  }
  return count;
}

describe('a sequence', () => {
  it('takes at most as many steps as letters of the pattern times signs of the text', () => {
    const letter = fc.constantFrom('a', 'b', '**');
    fc.assert(
      fc.property(fc.array(letter, { maxLength: 40 }), fc.array(fc.constantFrom('a', 'b')), (pattern, sample) => {
        let steps = 0;
        matchesSequence(pattern, sample, {
          isAny: (each) => each === '**',
          fits: (each, sign) => {
            steps += 1;
            return each === sign;
          },
        });
        expect(steps).toBeLessThanOrEqual(pattern.length * sample.length);
      }),
    );
  });
});

describe('two globs', () => {
  it.each([
    ['a', 'a', true],
    ['a', 'b', false],
    ['a*', '*b', true],
    ['a*', 'b*', false],
    ['*', '', true],
    ['a*c', 'ab*', true],
    ['a*c', 'a*d', false],
  ])('%j and %j overlap: %s', (one, other, expected) => {
    expect(globsOverlap(one, other)).toBe(expected);
    expect(globsOverlap(other, one)).toBe(expected);
  });

  it('overlap where a text matches both, and only there', () => {
    const samples = ['', 'a', 'b'];
    for (let from = 1; samples.length < 2000; from++) samples.push(`${samples[from]}a`, `${samples[from]}b`);
    const short = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 4 });
    fc.assert(
      fc.property(short, short, (one, other) => {
        // Where two of at most four letters overlap, a text of at most eight shows it.
        const shown = samples.some((sample) => matchesGlob(one, sample) && matchesGlob(other, sample));
        expect(globsOverlap(one, other)).toBe(shown);
      }),
      { numRuns: 300 },
    );
  });
});
