/** Bytes kept in memory by key, the least recently used dropped first. */
export interface ContentCache {
  get(key: string): Uint8Array | undefined;
  /** Kept only where it is small beside the cache. */
  set(key: string, bytes: Uint8Array): void;
  delete(key: string): void;
}

/** One entry may take this part of the cache. */
const largestShare = 32;

/** A cache of at most `maxBytes` (0: none). */
export function createContentCache(maxBytes: number): ContentCache {
  const entries = new Map<string, Uint8Array>();
  let total = 0;
  const remove = (key: string): void => {
    const bytes = entries.get(key);
    if (bytes === undefined) return;
    entries.delete(key);
    total -= bytes.length;
  };
  return {
    get(key) {
      const bytes = entries.get(key);
      if (bytes === undefined) return undefined;
      // A Map keeps the order of insertion: the first key is the one unused for longest.
      entries.delete(key);
      entries.set(key, bytes);
      return bytes;
    },
    set(key, bytes) {
      remove(key);
      if (bytes.length * largestShare > maxBytes) return;
      entries.set(key, bytes);
      total += bytes.length;
      for (const oldest of entries.keys()) {
        if (total <= maxBytes) break;
        remove(oldest);
      }
    },
    delete: remove,
  };
}
