import { ageContent, type Content, compareItems, itemOf, mergeContent } from '@signet/signed-tags';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contents, contentWith, entry } from '../catalogue-data.ts';

const day = 24 * 60 * 60 * 1000;
const tagNames = ['1', '2', '__proto__', 'constructor', 'never seen'];

describe('what has been kept long enough', () => {
  it.each<[string, Content, Content]>([
    [
      'a removal of 31 days goes, and the floor tells of it',
      contentWith({ a: { removedMs: 9 * day, entries: [] }, b: { entries: [entry('b', 1)] } }),
      contentWith({ b: { entries: [entry('b', 1)] } }, 9 * day),
    ],
    [
      'one of 29 days stays',
      contentWith({ a: { removedMs: 11 * day, entries: [] } }),
      contentWith({ a: { removedMs: 11 * day, entries: [] } }),
    ],
    [
      'the removal before an entry goes without a word',
      contentWith({ a: { removedMs: 9 * day, entries: [entry('a', 20 * day)] } }),
      contentWith({ a: { entries: [entry('a', 20 * day)] } }),
    ],
    [
      'an earlier entry goes 30 days after the next took its place',
      contentWith({ a: { entries: [entry('c', 35 * day), entry('b', 9 * day), entry('a', 8 * day)] } }),
      contentWith({ a: { entries: [entry('c', 35 * day), entry('b', 9 * day)] } }),
    ],
    [
      'what is current stays, however old',
      contentWith({ a: { entries: [entry('a', 1)] } }),
      contentWith({ a: { entries: [entry('a', 1)] } }),
    ],
    [
      'a younger removal below the floor is told by the floor',
      contentWith({ a: { removedMs: 12 * day, entries: [] } }, 13 * day),
      contentWith({}, 13 * day),
    ],
  ])('%s', (_, before, after) => {
    expect(ageContent(before, 40 * day)).toEqual(after);
  });

  it('makes no tag less, also of what it is merged with later', () => {
    const now = fc.integer({ min: 30 * day, max: 30 * day + 12 });
    fc.assert(
      fc.property(contents, contents, now, (content, other, nowMs) => {
        const aged = ageContent(content, nowMs);
        for (const tag of tagNames) {
          expect(compareItems(itemOf(aged, tag), itemOf(content, tag))).toBeGreaterThanOrEqual(0);
          const [later, sooner] = [mergeContent(aged, other), mergeContent(content, other)];
          expect(compareItems(itemOf(later, tag), itemOf(sooner, tag))).toBeGreaterThanOrEqual(0);
        }
        expect(ageContent(aged, nowMs)).toEqual(aged);
      }),
    );
  });
});
