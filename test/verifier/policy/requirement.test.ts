import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Requirement } from '../../../packages/verifier/src/policy/requirement.ts';
import { canBeMet, meets, type SignersOf } from '../../../packages/verifier/src/policy/requirement.ts';
import { source } from '../evidence-data.ts';

const signers =
  (table: Readonly<Record<string, readonly string[]>>): SignersOf =>
  ({ name }) =>
    new Set(table[name] ?? []);
const [a, b, c, d, e] = [source('a'), source('b'), source('c'), source('d'), source('e')];
const atLeast = (count: number, ...of: readonly Requirement[]): Requirement => ({ kind: 'atLeast', count, of });
const any = (...of: readonly Requirement[]): Requirement => ({ kind: 'any', of });
const all = (...of: readonly Requirement[]): Requirement => ({ kind: 'all', of });

describe('meets', () => {
  const rows: readonly (readonly [string, Requirement, Record<string, readonly string[]>, boolean])[] = [
    ['a source with a signer', a, { a: ['1'] }, true],
    ['a source without', a, { b: ['1'] }, false],
    ['any with one', any(a, b), { b: ['1'] }, true],
    ['any with none', any(a, b), { c: ['1'] }, false],
    ['any of nothing', any(), { a: ['1'] }, false],
    ['all met by two', all(a, b), { a: ['1'], b: ['2'] }, true],
    ['all met by one signer in both', all(a, b), { a: ['1'], b: ['1'] }, true],
    ['all with one missing', all(a, b), { a: ['1'] }, false],
    ['all of nothing', all(), {}, false],
    ['two different signers', atLeast(2, a, b), { a: ['1'], b: ['2'] }, true],
    ['one signer in two sources is one signer', atLeast(2, a, b), { a: ['1'], b: ['1'] }, false],
    ['two signers of one source are one source', atLeast(2, a, b), { a: ['1', '2'] }, false],
    ['a matching that the first choice would miss', atLeast(2, a, b), { a: ['1', '2'], b: ['1'] }, true],
    ['three in a chain', atLeast(3, a, b, c), { a: ['1'], b: ['1', '2'], c: ['2', '3'] }, true],
    ['three with two signers', atLeast(3, a, b, c), { a: ['1', '2'], b: ['1', '2'], c: ['1', '2'] }, false],
    ['a count of 0 does not open the door', atLeast(0, a), {}, false],
    ['a negative count neither', atLeast(-1, a), {}, false],
    ['more than there are branches', atLeast(2, a), { a: ['1', '2'] }, false],
    ['a branch of all uses up its signers', atLeast(2, all(a, b), c), { a: ['1'], b: ['2'], c: ['2'] }, false],
    ['or leaves one over', atLeast(2, all(a, b), c), { a: ['1'], b: ['2'], c: ['3'] }, true],
    [
      'a branch of any takes the pair that is free, though the pairs share a signer',
      atLeast(2, any(all(a, b), all(b, c)), d),
      { a: ['1'], b: ['2'], c: ['3'], d: ['1'] },
      true,
    ],
    ['a branch of any takes whichever is free', atLeast(2, any(a, b), c), { a: ['1'], b: ['2'], c: ['1'] }, true],
    [
      'a signer taken by another branch is no part of a pair',
      atLeast(3, any(a, all(b, c)), d, e),
      { a: ['9'], b: ['1'], c: ['2'], d: ['9'], e: ['1'] },
      false,
    ],
    ['nested counts', atLeast(2, atLeast(2, a, b), c), { a: ['1'], b: ['2'], c: ['3'] }, true],
    [
      'nested counts with a signer too few',
      atLeast(2, atLeast(2, a, b), c),
      { a: ['1'], b: ['2'], c: ['1', '2'] },
      false,
    ],
  ];
  for (const [title, requirement, table, wanted] of rows) {
    it(`${title}: ${wanted ? 'met' : 'not met'}`, () => {
      expect(meets(requirement, signers(table))).toBe(wanted);
    });
  }

  it('agrees with trying every assignment', () => {
    fc.assert(
      fc.property(trees, tables, (requirement, table) => {
        expect(meets(requirement, signers(table))).toBe(bruteForce(requirement, signers(table)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('never loses by another signer', () => {
    fc.assert(
      fc.property(
        trees,
        tables,
        fc.constantFrom('a', 'b', 'c'),
        fc.constantFrom('1', '2', '3', '4'),
        (requirement, table, name, signer) => {
          const more = { ...table, [name]: [...(table[name] ?? []), signer] };
          if (meets(requirement, signers(table))) expect(meets(requirement, signers(more))).toBe(true);
        },
      ),
    );
  });

  it('matches 40 sources with 40 signers at once', () => {
    const of = Array.from({ length: 40 }, (_, at) => source(`s${at}`));
    const everyone = of.map((_, at) => `${at}`);
    expect(meets(atLeast(40, ...of), () => new Set(everyone))).toBe(true);
    expect(meets(atLeast(40, ...of), () => new Set(everyone.slice(1)))).toBe(false);
  });
});

const { tree: trees } = fc.letrec<{ tree: Requirement }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom<Requirement>(a, b, c),
    fc.record({ kind: fc.constant('any' as const), of: fc.array(tie('tree'), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant('all' as const), of: fc.array(tie('tree'), { maxLength: 3 }) }),
    fc.record({
      kind: fc.constant('atLeast' as const),
      count: fc.integer({ min: 1, max: 3 }),
      of: fc.array(tie('tree'), { maxLength: 3 }),
    }),
  ),
}));
const someSigners = fc.uniqueArray(fc.constantFrom('1', '2', '3'), { maxLength: 3 });
const tables = fc.record({ a: someSigners, b: someSigners, c: someSigners }) as fc.Arbitrary<Record<string, string[]>>;

/** A subset of the signers satisfies a branch alone, and for atLeast the subsets of the branches are disjoint: every way is tried. */
function bruteForce(
  requirement: Requirement,
  signersOf: SignersOf,
  allowed: readonly string[] = ['1', '2', '3'],
): boolean {
  switch (requirement.kind) {
    case 'source':
      return allowed.some((signer) => signersOf(requirement.source).has(signer));
    case 'any':
      return requirement.of.some((branch) => bruteForce(branch, signersOf, allowed));
    case 'all':
      return requirement.of.length > 0 && requirement.of.every((branch) => bruteForce(branch, signersOf, allowed));
    case 'atLeast':
      return assignments(allowed, requirement.of.length).some(
        (parts) =>
          requirement.of.filter((branch, at) => bruteForce(branch, signersOf, parts[at] ?? [])).length >=
          requirement.count,
      );
  }
}

/** Every way to hand each signer to one branch. */
function assignments(items: readonly string[], boxes: number): string[][][] {
  if (boxes === 0) return [[]];
  let all: string[][][] = [Array.from({ length: boxes }, () => [])];
  for (const item of items) {
    all = all.flatMap((parts) => parts.map((_, box) => parts.map((part, at) => (at === box ? [...part, item] : part))));
  }
  return all;
}

describe('canBeMet', () => {
  it.each<[string, Requirement, boolean]>([
    ['a source', a, true],
    ['any of one', any(a), true],
    ['any of nothing, which is never', any(), false],
    ['any of a source and never', any(any(), a), true],
    ['all of a source and never', all(a, any()), false],
    ['all of nothing', all(), false],
    ['as many as there are', atLeast(2, a, b), true],
    ['more than there are', atLeast(3, a, b), false],
    ['two of a source and never', atLeast(2, a, any()), false],
    ['a count of 0, of never', atLeast(0, any()), false],
  ])('%s', (_, requirement, expected) => {
    expect(canBeMet(requirement)).toBe(expected);
  });

  it('says whether it is met where every source has signers in plenty', () => {
    const { tree } = fc.letrec<{ tree: Requirement }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 2 },
        fc.constantFrom(a, b, c),
        fc.tuple(fc.constantFrom(any, all), fc.array(tie('tree'), { maxLength: 2 })).map(([of, list]) => of(...list)),
        fc.tuple(fc.nat(3), fc.array(tie('tree'), { maxLength: 2 })).map(([count, list]) => atLeast(count, ...list)),
      ),
    }));
    const plenty: SignersOf = () => new Set(Array.from({ length: 4 }, (_, at) => `${at}`));
    fc.assert(fc.property(tree, (requirement) => canBeMet(requirement) === meets(requirement, plenty)));
  });
});
