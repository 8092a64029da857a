import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PairTable } from '../../../../packages/verifier/src/policy/match/pair-table.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 4 });

it('keeps the pairs that looking at each keeps', () => {
  const thing = fc.record({ first: text, second: text, group: fc.nat(6) });
  fc.assert(
    fc.property(fc.array(thing, { maxLength: 90 }), (things) => {
      const table = new PairTable(things.length);
      table.dropWithin(Map.groupBy(things.keys(), (at) => things[at]?.group).values());
      const isLeft = [
        table.keepPrefixes(things.map(({ first }) => first)),
        table.keepPrefixes(things.map(({ second }) => second)),
      ];
      const expected = things.flatMap((one, at) =>
        things.flatMap((other, next) =>
          next > at &&
          one.group !== other.group &&
          isPrefix(one.first, other.first) &&
          isPrefix(one.second, other.second)
            ? [[at, next]]
            : [],
        ),
      );
      const pairs = [...table.pairs()];
      expect(pairs).toEqual(expected);
      if (isLeft.includes(false)) expect(pairs).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

it('says when no pair is left', () => {
  const table = new PairTable(40);
  table.dropWithin(Array.from({ length: 40 }, (_, at) => [at]));
  expect(table.keepPrefixes(Array.from({ length: 40 }, (_, at) => 'ab'[at % 2] ?? ''))).toBe(true);
  expect(table.keepPrefixes(Array.from({ length: 40 }, (_, at) => `${at}.`))).toBe(false);
});

function isPrefix(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}
