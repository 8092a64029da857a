import { type Content, itemOf, joinContent } from '@signet/signed-tags';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseBits, reshard } from '../../../packages/signed-tags/src/catalogue/sharding.ts';
import { contents, contentWith } from '../catalogue-data.ts';

const kib = 1024;

describe('the number of shards', () => {
  it.each<[string, number, number, number, number]>([
    ['a small file is whole', 50 * kib, 51 * kib, 0, 0],
    ['so is one of 96 KiB', 95 * kib, 96 * kib, 0, 0],
    ['a larger one is two of 64 KiB at most', 97 * kib, 98 * kib, 0, 1],
    ['then four', 129 * kib, 130 * kib, 0, 2],
    ['10,000 tags of 1.36 KB', 13_600_000, 13_601_000, 0, 8],
    ['shards of 128 KiB stay', 256 * kib, 260 * kib, 1, 1],
    ['larger ones are split', 257 * kib, 260 * kib, 1, 3],
    ['shards of 16 KiB stay', 32 * kib, 33 * kib, 1, 1],
    ['smaller ones come together', 31 * kib, 32 * kib, 1, 0],
    ['many small ones too', 8 * 15 * kib, 121 * kib, 3, 1],
    ['a file that is large without its tags has shards all the same', 10 * kib, 200 * kib, 0, 1],
    ['there are 4,096 at most', 2 ** 40, 2 ** 40, 0, 12],
  ])('%s', (_, tagBytes, wholeBytes, before, expected) => {
    expect(chooseBits(tagBytes, wholeBytes, before)).toBe(expected);
  });
});

describe('other shards', () => {
  const bits = fc.integer({ min: 0, max: 4 });

  it('hold the same tags, and no tag is less than before', () => {
    fc.assert(
      fc.property(contents, bits, bits, (content, one, other) => {
        const parts = reshard(reshard([content], one), other);
        expect(parts).toHaveLength(2 ** other);
        const all: Content = joinContent(parts);
        expect([...all.tags.keys()].sort()).toEqual([...content.tags.keys()].sort());
        for (const tag of content.tags.keys()) expect(itemOf(all, tag)).toEqual(itemOf(content, tag));
        expect(parts).toEqual(reshard([content], other));
      }),
    );
  });

  it('have the greatest floor of those that they came from', () => {
    const parts = [1, 5, 3, 2].map((floorMs) => contentWith({}, floorMs));
    expect(reshard(parts, 1).map(({ floorMs }) => floorMs)).toEqual([5, 3]);
    expect(reshard(parts, 3).map(({ floorMs }) => floorMs)).toEqual([1, 1, 5, 5, 3, 3, 2, 2]);
    expect(reshard(parts, 0).map(({ floorMs }) => floorMs)).toEqual([5]);
    expect(reshard(parts, 2)).toEqual(parts);
  });
});
