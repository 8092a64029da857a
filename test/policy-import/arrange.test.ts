import { parseRegistryReference } from '@signet/oci';
import { parseImagePattern, RuleIndex } from '@signet/verifier';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrange } from '../../packages/policy-import/src/arrange.ts';
import { pass } from '../../packages/policy-import/src/demand.ts';
import { type Entry, noConditions } from '../../packages/policy-import/src/model.ts';
import { matchesGlob } from '../../packages/verifier/src/policy/match/glob.ts';
import { matchesName, namePartsOf } from '../../packages/verifier/src/policy/match/image-pattern.ts';
import { randomRuns } from '../support/random-runs.ts';

const hosts = ['a.io', 'b.io', '*.io', 'a*.io', '*', '**'];
const parts = ['x', 'y', '*', 'x*', '**', 'xy'];
const patterns = fc
  .tuple(
    fc.constantFrom(...hosts),
    fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '', ':v1', ':v*', ':*'),
  )
  .map(([host, path, tag]) => `${host}/${path.join('/')}${tag}`);
const images = fc.oneof({ weight: 5, arbitrary: patterns }, { weight: 1, arbitrary: fc.constant('*') });
const entries = fc
  .array(fc.tuple(fc.array(images, { minLength: 1, maxLength: 2 }), fc.nat(3)), { minLength: 1, maxLength: 6 })
  .map((made) => made.map(([list, rank], at): Entry => entryOf(`e${at}`, list, rank)));
const references = fc
  .tuple(
    fc.constantFrom('a.io', 'b.io', 'ab.io', 'c.com'),
    fc.array(fc.constantFrom('x', 'y', 'xy', 'z'), { minLength: 1, maxLength: 3 }),
    fc.constantFrom('v1', 'v2', 'w'),
  )
  .map(([host, path, tag]) => `${host}/${path.join('/')}:${tag}`);

function entryOf(name: string, list: readonly string[], rank: number): Entry {
  const place = { file: 'f', line: 1, column: 1 };
  return { name, images: list, rank, mode: 'enforce', demand: pass, conditions: noConditions, place, losses: [] };
}

/** Whether the statement speaks of the reference, looked at pattern by pattern. */
function speaksOf(entry: Entry, reference: string): boolean {
  const asked = parseRegistryReference(reference);
  return entry.images.some((text) => {
    const pattern = parseImagePattern(text);
    const hasTag = pattern.tag === undefined || matchesGlob(pattern.tag, asked.tag ?? '');
    return hasTag && matchesName(pattern, namePartsOf(asked));
  });
}

/** The statements that hold where Signet chooses its rule; undefined without a rule. */
function holding(list: readonly Entry[], order: 'all' | 'ranked', reference: string): readonly string[] | undefined {
  const arranged = arrange({ entries: list, order });
  const index = new RuleIndex(
    arranged.flatMap((target) => target.images.map((image) => ({ pattern: parseImagePattern(image), target }))),
  );
  const choice = index.choose(parseRegistryReference(reference));
  return choice.kind === 'chosen' ? choice.by.target.all.map(({ name }) => name) : undefined;
}

describe('statements laid out as rules', () => {
  it('all that speak of an image hold for it, whichever rule Signet chooses; and none where none does', () => {
    fc.assert(
      fc.property(entries, references, (list, reference) => {
        const own = list.filter((entry) => speaksOf(entry, reference)).map(({ name }) => name);
        const held = holding(list, 'all', reference);
        if (own.length === 0) expect(held).toBeUndefined();
        else expect(held).toEqual(expect.arrayContaining(own));
      }),
      { numRuns: randomRuns(1500) },
    );
  });

  it('the one of the largest rank holds, where one decides', () => {
    fc.assert(
      fc.property(entries, references, (list, reference) => {
        const own = list.filter((entry) => speaksOf(entry, reference));
        const best = Math.max(...own.map(({ rank }) => rank));
        const held = holding(list, 'ranked', reference);
        if (own.length === 0) expect(held).toBeUndefined();
        else
          expect(held).toEqual(expect.arrayContaining(own.filter(({ rank }) => rank === best).map(({ name }) => name)));
      }),
      { numRuns: randomRuns(1500) },
    );
  });

  it('nested patterns hold exactly what speaks of the image', () => {
    const list = [entryOf('all', ['*'], 0), entryOf('host', ['a.io/**'], 1), entryOf('one', ['a.io/x'], 2)];
    expect(holding(list, 'all', 'a.io/x:v1')).toEqual(['all', 'host', 'one']);
    expect(holding(list, 'all', 'a.io/y:v1')).toEqual(['all', 'host']);
    expect(holding(list, 'ranked', 'a.io/x:v1')).toEqual(['one']);
    expect(holding(list, 'ranked', 'a.io/y:v1')).toEqual(['host']);
    expect(holding(list, 'ranked', 'b.io/y:v1')).toEqual(['all']);
  });

  it('patterns that say equally much share a rule, and both are told to speak of a part only', () => {
    const list = [entryOf('one', ['a.io/x*/y'], 1), entryOf('other', ['a.io/*x/y'], 2)];
    const [rule, ...more] = arrange({ entries: list, order: 'ranked' });
    expect(more).toEqual([]);
    expect(rule?.all).toEqual(list);
    expect(rule?.partly).toEqual(list);
  });

  it('what is left out is left out only of its own statement', () => {
    const wide = { ...entryOf('wide', ['a.io/**'], 0), excludes: ['a.io/x/**'] };
    const list = [wide, entryOf('skipped', ['a.io/x/**'], 0), entryOf('other', ['a.io/x/y'], 0)];
    expect(holding(list, 'all', 'a.io/x/z:v1')).toEqual(['skipped']);
    expect(holding(list, 'all', 'a.io/x/y:v1')).toEqual(['skipped', 'other']);
    expect(holding(list, 'all', 'a.io/y:v1')).toEqual(['wide']);
  });

  it('refuses too many patterns', () => {
    const list = [
      entryOf(
        'many',
        Array.from({ length: 4001 }, (_, at) => `a.io/p${at}`),
        0,
      ),
    ];
    expect(() => arrange({ entries: list, order: 'all' })).toThrow('more than 4000 image patterns');
  });
});
