import type { Content } from './content.ts';
import { maxShardBits } from './limits.ts';
import { joinContent, splitContent } from './shards.ts';

/** A catalogue file is written whole up to so many bytes. Rule: signed-tags.md 3.2. */
export const maxWholeBytes: number = 96 * 1024;
/** Bytes of a shard on average: what is aimed at, at most; and between which bounds nothing is changed. */
const aimBytes = 64 * 1024;
const [leastBytes, mostBytes] = [16 * 1024, 128 * 1024];

/**
 * How many bits the shards of a catalogue get; 0: it is written whole. They stay as they are as long as shards are neither small nor large, so
 * that a catalogue at a border is not written anew each time. `tagBytes`: of all tags; `wholeBytes`: of a file that holds them.
 */
export function chooseBits(tagBytes: number, wholeBytes: number, bits: number): number {
  const average = tagBytes / 2 ** bits;
  if (bits > 0 && average >= leastBytes && average <= mostBytes) return bits;
  if (wholeBytes <= maxWholeBytes) return 0;
  return Math.min(maxShardBits, Math.max(1, Math.ceil(Math.log2(tagBytes / aimBytes))));
}

/** The same tags in other shards; each has the greatest of the floors of those that its tags came from. Rule: signed-tags.md 3.2. */
export function reshard(parts: readonly Content[], bits: number): readonly Content[] {
  const before = Math.log2(parts.length);
  if (bits <= before) {
    const together = 2 ** (before - bits);
    return Array.from({ length: 2 ** bits }, (_, at) => joinContent(parts.slice(at * together, (at + 1) * together)));
  }
  const each = 2 ** (bits - before);
  return parts.flatMap((part, at) => splitContent(part, bits).slice(at * each, (at + 1) * each));
}
