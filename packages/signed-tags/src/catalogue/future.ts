import type { Content, TagState } from './content.ts';
import { itemAheadMs } from './limits.ts';

/** Without what says to be later than now: it does not exist, for writers and readers. Rule: signed-tags.md 3.2. */
export function withoutFuture({ floorMs, tags }: Content, nowMs: number): Content {
  const isThere = (atMs: number): boolean => atMs <= nowMs + itemAheadMs;
  const states = new Map<string, TagState>();
  for (const [tag, { removedMs, entries }] of tags) {
    const kept = entries.filter(({ atMs }) => isThere(atMs));
    const isRemoved = removedMs !== undefined && isThere(removedMs);
    if (kept.length > 0 || isRemoved) states.set(tag, { ...(isRemoved ? { removedMs } : {}), entries: kept });
  }
  return { floorMs: isThere(floorMs) ? floorMs : 0, tags: states };
}
