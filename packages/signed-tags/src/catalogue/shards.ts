import { createHash } from 'node:crypto';
import type { Content, TagState } from './content.ts';

/** The shard that holds a tag: the first bits of the sha256 of its name. Rule: signed-tags.md 3.2. */
export function shardOf(tag: string, bits: number): number {
  return createHash('sha256').update(tag).digest().readUInt32BE(0) >>> (32 - bits);
}

/** Content in 2 to the power of `bits` parts, by index; each has the floor of the whole. */
export function splitContent({ floorMs, tags }: Content, bits: number): readonly Content[] {
  const parts = Array.from({ length: 2 ** bits }, () => new Map<string, TagState>());
  for (const [tag, state] of tags) parts[shardOf(tag, bits)]?.set(tag, state);
  return parts.map((part) => ({ floorMs, tags: part }));
}

/**
 * Parts that hold different tags as one content. Where their floors differ, tags of none of them count as removed at the greatest, and what one
 * floor said of its own part alone is not to be told any more: the whole never says less.
 */
export function joinContent(parts: readonly Content[]): Content {
  return {
    floorMs: Math.max(0, ...parts.map(({ floorMs }) => floorMs)),
    tags: new Map(parts.flatMap(({ tags }) => [...tags])),
  };
}
