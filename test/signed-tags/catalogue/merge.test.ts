import {
  type Content,
  compareItems,
  dominates,
  type Entry,
  itemOf,
  mergeContent,
  mergeRevocations,
} from '@signet/signed-tags';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contents, contentWith, digestNamed, entry } from '../catalogue-data.ts';

/** As values that can be compared. */
function plain({ floorMs, tags }: Content): unknown {
  return [floorMs, [...tags].toSorted(([a], [b]) => (a < b ? -1 : 1))];
}

const tagNames = ['1', '2', '__proto__', 'constructor', 'never seen'];

describe('merging', () => {
  it('is commutative, associative and idempotent, statements and earlier entries included', () => {
    fc.assert(
      fc.property(contents, contents, contents, (a, b, c) => {
        expect(plain(mergeContent(a, b))).toEqual(plain(mergeContent(b, a)));
        expect(plain(mergeContent(mergeContent(a, b), c))).toEqual(plain(mergeContent(a, mergeContent(b, c))));
        expect(plain(mergeContent(a, a))).toEqual(plain(a));
      }),
      { numRuns: 2000 },
    );
  });

  it('takes of each tag the greater item, and never less than either says', () => {
    fc.assert(
      fc.property(contents, contents, (a, b) => {
        const merged = mergeContent(a, b);
        for (const tag of tagNames) {
          const [one, other] = [itemOf(a, tag), itemOf(b, tag)];
          const greater = compareItems(one, other) >= 0 ? one : other;
          expect(compareItems(itemOf(merged, tag), greater)).toBe(0);
        }
      }),
    );
  });

  it.each<[string, Content, Content, Content]>([
    [
      'the later entry wins, and the other was',
      one([entry('a', 1)]),
      one([entry('b', 2)]),
      one([entry('b', 2), entry('a', 1)]),
    ],
    [
      'of the same time the greater digest',
      one([entry('a', 1)]),
      one([entry('b', 1)]),
      one(inOrder(entry('a', 1), entry('b', 1))),
    ],
    ['a later removal takes all', one([entry('a', 1)]), one([], 2), one([], 2)],
    ['a removal of the same time too', one([entry('a', 1)]), one([], 1), one([], 1)],
    [
      'an entry after a removal counts, what was before it no more',
      one([entry('b', 3), entry('c', 2)], 1),
      one([entry('a', 1)]),
      one([entry('b', 3), entry('c', 2)], 1),
    ],
    [
      'a floor removes what was not there above it',
      one([entry('a', 5)]),
      contentWith({}, 6),
      contentWith({ tag: { removedMs: 6, entries: [] } }, 6),
    ],
    [
      'and leaves what is later',
      one([entry('a', 7)]),
      contentWith({}, 6),
      contentWith({ tag: { removedMs: 6, entries: [entry('a', 7)] } }, 6),
    ],
    [
      'what a tag has left is there once a digest',
      one([entry('a', 5), entry('b', 4)]),
      one([entry('b', 6), entry('a', 3)]),
      one([entry('b', 6), entry('a', 5)]),
    ],
    [
      'the same entry with the statements of both',
      one([entry('a', 1, ['s'])]),
      one([entry('a', 1, ['t'])]),
      one([entry('a', 1, byDigest('s', 't'))]),
    ],
  ])('%s', (_, a, b, expected) => {
    expect(plain(mergeContent(a, b))).toEqual(plain(expected));
  });

  it('keeps three earlier entries, the greatest', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const merged = names.map((name, at) => one([entry(name, at + 1)])).reduce(mergeContent);
    expect(merged.tags.get('tag')?.entries.map(({ atMs }) => atMs)).toEqual([5, 4, 3, 2]);
  });

  it('keeps the first revocation of a digest', () => {
    const [a, b] = [digestNamed('a'), digestNamed('b')];
    const left = new Map([[a, { atMs: 2, reason: 'late' }]]);
    const right = new Map([
      [a, { atMs: 1, reason: 'first' }],
      [b, { atMs: 5, reason: 'b' }],
    ]);
    expect(mergeRevocations(left, right)).toEqual(mergeRevocations(right, left));
    expect(mergeRevocations(left, right).get(a)?.reason).toBe('first');
    expect(mergeRevocations(left, right).size).toBe(2);
  });
});

describe('dominates', () => {
  const all = () => true;
  const none = () => false;

  it('holds for what was merged, over each of its parts', () => {
    fc.assert(
      fc.property(contents, contents, (a, b) => {
        const merged = mergeContent(a, b);
        expect(dominates(merged, a, none)).toBe(true);
        expect(dominates(merged, b, none)).toBe(true);
      }),
    );
  });

  it('is the same as that merging brings nothing greater', () => {
    fc.assert(
      fc.property(contents, contents, (a, b) => {
        const merged = mergeContent(a, b);
        const isSame =
          merged.floorMs === a.floorMs &&
          tagNames.every((tag) => compareItems(itemOf(merged, tag), itemOf(a, tag)) === 0);
        expect(dominates(a, b, none)).toBe(isSame);
      }),
    );
  });

  it.each<[string, Content, Content, boolean]>([
    ['itself', one([entry('a', 1)]), one([entry('a', 1)]), true],
    ['an earlier entry', one([entry('b', 2)]), one([entry('a', 1)]), true],
    ['not a later one', one([entry('a', 1)]), one([entry('b', 2)]), false],
    ['not a later removal', one([entry('a', 1)]), one([], 2), false],
    ['not a tag that it does not hold', contentWith({}), one([entry('a', 1)]), false],
    ['not a greater floor', contentWith({}, 1), contentWith({}, 2), false],
  ])('%s', (_, content, other, expected) => {
    expect(dominates(content, other, all)).toBe(expected);
  });

  it('an entry that meets its rule there has to meet it here', () => {
    const [weak, strong] = [one([entry('a', 1, ['s'])]), one([entry('a', 1, ['s', 't'])])];
    const isTwice = (_: string, { statements }: Entry) => statements.length > 1;
    expect(dominates(weak, strong, isTwice)).toBe(false);
    expect(dominates(strong, weak, isTwice)).toBe(true);
  });
});

function one(entries: readonly Entry[], removedMs?: number): Content {
  return contentWith({ tag: removedMs === undefined ? { entries } : { removedMs, entries } });
}

function inOrder(...entries: readonly Entry[]): readonly Entry[] {
  return entries.toSorted((a, b) => (a.digest < b.digest ? 1 : -1));
}

function byDigest(...texts: readonly string[]): readonly string[] {
  return texts.toSorted((a, b) => (digestNamed(a) < digestNamed(b) ? -1 : 1));
}
