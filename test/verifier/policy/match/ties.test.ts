import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseImagePattern, patternsOverlap } from '../../../../packages/verifier/src/policy/match/image-pattern.ts';
import { compareSpecificity, specificityOf } from '../../../../packages/verifier/src/policy/match/specificity.ts';
import { type Scoped, type Tie, tiesOf } from '../../../../packages/verifier/src/policy/match/ties.ts';

type Numbered = Scoped<number>;

const numbered = (texts: readonly string[]): readonly Numbered[] =>
  texts.map((text, target) => ({ pattern: parseImagePattern(text), target }));
const pairText = (one: Numbered, other: Numbered): string => [one.target, other.target].sort().join();

const tieText = ({ one, other }: Tie<Numbered>): string => pairText(one, other);

/** Every pattern held against every other. */
function bruteForce(items: readonly Numbered[]): readonly string[] {
  return items.flatMap((one, at) =>
    items
      .slice(at + 1)
      .filter(
        (other) =>
          compareSpecificity(specificityOf(one.pattern), specificityOf(other.pattern)) === 0 &&
          patternsOverlap(one.pattern, other.pattern),
      )
      .map((other) => pairText(one, other)),
  );
}

const patternText = fc
  .record({
    host: fc.constantFrom('x.io', 'y.io', '*.io', '*', '**'),
    path: fc.array(fc.constantFrom('a', 'ab', 'b', '*', 'a*', '*b', '*a*', '**'), { minLength: 1, maxLength: 4 }),
    tag: fc.constantFrom('', ':v1', ':v*', ':*', ':w', ':*1'),
    digest: fc.constantFrom('', '', '@sha256:a*', '@sha256:*b'),
  })
  .map(({ host, path, tag, digest }) => `${host}/${path.join('/')}${tag}${digest}`);

describe('patterns that say equally much and overlap', () => {
  it('are found, as by holding every pattern against every other', () => {
    fc.assert(
      fc.property(fc.array(patternText, { minLength: 2, maxLength: 40 }), (texts) => {
        const items = numbered(texts);
        expect([...tiesOf(items)].map(tieText).sort()).toEqual(bruteForce(items).toSorted());
      }),
      { numRuns: 300 },
    );
  });

  it('are no tie where both lead to the same', () => {
    const items = ['x.io/a*', 'x.io/*b'].map((text) => ({ pattern: parseImagePattern(text), target: 'one' }));
    expect([...tiesOf(items)]).toEqual([]);
  });

  it.each([
    ['names of one registry', (n: number) => `x.io/team-${n}/**`],
    ['names of any registry', (n: number) => `*/team-${n}/**`],
    ['names behind an open part', (n: number) => `x.io/*/app-${n}`],
    ['names behind any number of parts', (n: number) => `**/app-${n}`],
    ['hosts', (n: number) => `*.host-${n}.io/**`],
    ['globs that begin differently', (n: number) => `*/p${n}x*/**`],
    ['globs that end differently', (n: number) => `x.io/*-p${n}/**`],
    ['tags', (n: number) => `x.io/app:v${n}`],
    ['globs of tags', (n: number) => `x.io/app:v${n}-*`],
    ['globs of digests', (n: number) => `x.io/app@sha256:${n}f*`],
    [
      'parts of which two set any two apart',
      (n: number) => `x.io/*/p${Math.floor(n / 100)}x*/*x${String(n % 100).padStart(2, '0')}`,
    ],
  ])('need not be looked for pair by pair: no two of 10,000 %s are held against one another', (_what, make) => {
    expect([...tiesOf(numbered(Array.from({ length: 10_000 }, (_, n) => make(n))), 0)]).toEqual([]);
  });

  it('are looked for within bounds: beyond them what might be a tie is one', () => {
    // No two overlap, and only the middle of a star's text shows it.
    const placesOfEach = ['tag', 'digest', 'host', 'part', 'part', 'part'].length;
    const texts = Array.from({ length: 200 }, (_, n) => {
      const [a, b] = [`a${String(n).padStart(3, '0')}`, `b${String(n).padStart(3, '0')}`];
      return n % 2 === 0 ? `x.io/*/${a}/*${b}*` : `x.io/*/*${a}*/${b}`;
    });
    expect([...tiesOf(numbered(texts))]).toEqual([]);
    const ties = [...tiesOf(numbered(texts), 20_000)];
    expect(ties).toHaveLength(100 * 100 - Math.ceil(20_000 / placesOfEach));
    expect(ties[0]?.why).toBe('say equally much, and too many do to tell which of them have images in common');
  });
});
