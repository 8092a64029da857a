import { joinContent, shardOf, splitContent } from '@signet/signed-tags';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contents } from '../catalogue-data.ts';

describe('shards', () => {
  it('hold each tag where the first bits of its sha256 say', () => {
    // printf v1 | sha256sum: 3bfc2695…
    expect(shardOf('v1', 4)).toBe(0x3);
    expect(shardOf('v1', 12)).toBe(0x3bf);
    fc.assert(fc.property(fc.string(), fc.integer({ min: 1, max: 12 }), (tag, bits) => shardOf(tag, bits) < 2 ** bits));
  });

  it('are the whole when they are put together', () => {
    fc.assert(
      fc.property(contents, fc.integer({ min: 1, max: 6 }), (content, bits) => {
        const parts = splitContent(content, bits);
        expect(parts).toHaveLength(2 ** bits);
        expect(joinContent(parts)).toEqual(content);
      }),
    );
  });

  it('of different floors make a whole with the greatest', () => {
    const [low, high] = [
      { floorMs: 1, tags: new Map() },
      { floorMs: 9, tags: new Map() },
    ];
    expect(joinContent([low, high]).floorMs).toBe(9);
  });
});
