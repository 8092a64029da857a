import { LRUCache } from 'lru-cache';

/** When repositories were last said to have changed. */
export interface Changes {
  /** Something changed in `registry/repository`; without a name: somewhere, it may be anywhere. */
  note(name: string | undefined, nowMs: number): void;
  /** Minus infinity where nothing is known: for as long as answers are kept, that is as good as never. */
  lastMs(name: string): number;
}

const maxNames = 20_000;

/** `share`: how much is kept, as a part of what is kept by default. */
export function createChanges(share = 1): Changes {
  const changed = new LRUCache<string, number>({ max: Math.ceil(maxNames * share) });
  let anywhereMs = Number.NEGATIVE_INFINITY;
  return {
    note(name, nowMs) {
      if (name === undefined) anywhereMs = nowMs;
      else changed.set(name, nowMs);
    },
    lastMs: (name) => Math.max(anywhereMs, changed.get(name) ?? Number.NEGATIVE_INFINITY),
  };
}
