const maxKept = 10_000;

/** Before one more is kept. A long-running server meets any number of repositories: what was kept longest goes first. */
export function makeRoom<K>(map: Map<K, unknown>): void {
  const oldest = map.keys().next();
  if (map.size >= maxKept && oldest.done !== true) map.delete(oldest.value);
}
