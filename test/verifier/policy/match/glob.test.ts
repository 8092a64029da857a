import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globsOverlap, matchesGlob } from '../../../../packages/verifier/src/policy/match/glob.ts';

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

  it('takes no catastrophic time', () => {
    const pattern = '*a'.repeat(200);
    const started = process.cpuUsage();
    expect(matchesGlob(pattern, `${'a'.repeat(400)}b`)).toBe(false);
    expect(process.cpuUsage(started).user).toBeLessThan(2_000_000);
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
