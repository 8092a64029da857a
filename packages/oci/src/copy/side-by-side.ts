import { RegistryError } from '../errors.ts';

/** Runs `work` over all items, at most `width` at once; the first failure stops what has not begun and is thrown once all have ended. */
export async function forEachSideBySide<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      if (failures.length > 0) return;
      try {
        await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  if (failures.length > 0) throw firstReason(failures);
}

/** What failed first; an abort that followed from another failure is not the reason. */
function firstReason(failures: readonly unknown[]): unknown {
  const isAbort = (error: unknown): boolean => error instanceof RegistryError && error.code === 'ABORTED';
  return failures.find((error) => !isAbort(error)) ?? failures[0];
}

/** Lets at most `width` pieces of work run at once, in the order in which they came. */
export function limitTo(width: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= width) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
