import type { Content, Entry, TagState } from './content.ts';
import { keptMs } from './limits.ts';

/**
 * Without what has been kept for its 30 days: removals, of which the floor then tells, and earlier entries, counted from when the next took
 * their place. No tag becomes less than it was. Rule: signed-tags.md 3.2 "was", "removed".
 */
export function ageContent({ floorMs: before, tags }: Content, nowMs: number): Content {
  const oldMs = nowMs - keptMs;
  const isOld = (removedMs: number): boolean => removedMs <= oldMs;
  const gone = [...tags.values()].flatMap(({ removedMs = 0, entries }) =>
    entries.length === 0 && isOld(removedMs) ? [removedMs] : [],
  );
  const floorMs = gone.reduce((most, each) => Math.max(most, each), before);
  const states = new Map<string, TagState>();
  for (const [tag, { removedMs = 0, entries }] of tags) {
    const isHeld = removedMs > floorMs && !isOld(removedMs);
    if (entries.length > 0 || isHeld)
      states.set(tag, { ...(isHeld ? { removedMs } : {}), entries: youngOf(entries, oldMs) });
  }
  return { floorMs, tags: states };
}

function youngOf(entries: readonly Entry[], oldMs: number): readonly Entry[] {
  return entries.filter((_, at) => at === 0 || (entries[at - 1]?.atMs ?? 0) > oldMs);
}
