/** Runs work alone among all work that shares one of its keys; work with other keys runs beside it. */
export type KeyLock = <T>(keys: readonly string[], work: () => Promise<T>) => Promise<T>;

/** All keys are taken in one step, so that two works never wait for each other. */
export function createKeyLock(): KeyLock {
  const tails = new Map<string, Promise<void>>();
  return async (keys, work) => {
    const before = keys.map((key) => tails.get(key));
    const { promise: done, resolve: release } = Promise.withResolvers<void>();
    for (const key of keys) tails.set(key, done);
    try {
      await Promise.all(before);
      return await work();
    } finally {
      for (const key of keys) {
        if (tails.get(key) === done) tails.delete(key);
      }
      release();
    }
  };
}
