import { LRUCache } from 'lru-cache';

/** What came of reading something: the value, or why there is none. */
export type Read<T> = { readonly value: T } | { readonly failed: string };

/** Reads by key, each key once at a time, kept for a short time. */
export interface BriefReads<T> {
  /** At once where it is known. Never rejects. */
  get(key: string, read: () => Promise<T>): Read<T> | Promise<Read<T>>;
}

/** How long what was read is given again, and what could not be. */
export interface BriefLimits {
  readonly max: number;
  readonly keepMs: number;
  readonly failedMs: number;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
  /** Why a read that failed did, in one sentence. */
  readonly explain: (error: unknown) => string;
}

export function createBriefReads<T>({ max, keepMs, failedMs, now, explain }: BriefLimits): BriefReads<T> {
  const kept = new LRUCache<string, { readonly read: Read<T>; readonly fromMs: number; readonly untilMs: number }>({
    max,
  });
  const running = new Map<string, Promise<Read<T>>>();
  return {
    get(key, read) {
      const known = kept.get(key);
      // A clock that was put back proves nothing of the time in between.
      if (known !== undefined && now() >= known.fromMs && now() < known.untilMs) return known.read;
      const before = running.get(key);
      if (before !== undefined) return before;
      const flight = settle(read, explain).then((result) => {
        const atMs = now();
        kept.set(key, { read: result, fromMs: atMs, untilMs: atMs + ('value' in result ? keepMs : failedMs) });
        running.delete(key);
        return result;
      });
      running.set(key, flight);
      return flight;
    },
  };
}

async function settle<T>(read: () => Promise<T>, explain: BriefLimits['explain']): Promise<Read<T>> {
  try {
    return { value: await read() };
  } catch (error) {
    return { failed: explain(error) };
  }
}

/** All of them: at once where none has to be waited for. */
export function whenAll<T>(values: readonly (T | Promise<T>)[]): readonly T[] | Promise<readonly T[]> {
  const settled = values.filter((value): value is T => !(value instanceof Promise));
  return settled.length === values.length ? settled : Promise.all(values);
}

/** What to do with it, at once where it is there. */
export function whenThere<T, U>(value: T | Promise<T>, then: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(then) : then(value);
}
