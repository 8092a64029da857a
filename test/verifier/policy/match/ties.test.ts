import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseImagePattern, patternsOverlap } from '../../../../packages/verifier/src/policy/match/image-pattern.ts';
import { compareSpecificity, specificityOf } from '../../../../packages/verifier/src/policy/match/specificity.ts';
import { type Scoped, tiesOf } from '../../../../packages/verifier/src/policy/match/ties.ts';

type Numbered = Scoped<number>;

const numbered = (texts: readonly string[]): readonly Numbered[] =>
  texts.map((text, target) => ({ pattern: parseImagePattern(text), target }));
const pairText = ([one, other]: readonly [Numbered, Numbered]): string => [one.target, other.target].sort().join();

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
      .map((other) => pairText([one, other])),
  );
}

const patternText = fc
  .record({
    host: fc.constantFrom('x.io', 'y.io', '*.io', '*', '**'),
    path: fc.array(fc.constantFrom('a', 'b', '*', 'a*', '*b', '**'), { minLength: 1, maxLength: 3 }),
    tag: fc.constantFrom('', ':v1', ':v*', ':*', ':w'),
  })
  .map(({ host, path, tag }) => `${host}/${path.join('/')}${tag}`);

describe('patterns that say equally much and overlap', () => {
  it('are found, as by holding every pattern against every other', () => {
    fc.assert(
      fc.property(fc.array(patternText, { minLength: 2, maxLength: 40 }), (texts) => {
        const items = numbered(texts);
        expect([...tiesOf(items)].map(pairText).sort()).toEqual(bruteForce(items).toSorted());
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
    ['tags', (n: number) => `x.io/app:v${n}`],
  ])('need not be looked for among all pairs: 10,000 %s are compared in linear many steps', (_what, make) => {
    const items = numbered(Array.from({ length: 10_000 }, (_, n) => make(n)));
    let compared = 0;
    for (const item of items) {
      const { target } = item;
      Object.defineProperty(item, 'target', {
        get: () => {
          compared += 1;
          return target;
        },
      });
    }
    expect([...tiesOf(items)]).toEqual([]);
    expect(compared).toBeLessThan(100_000);
  });
});
