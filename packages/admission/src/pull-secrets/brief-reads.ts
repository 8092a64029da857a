import { LRUCache } from 'lru-cache';

/** What came of reading something: the value (undefined: there is no such thing), or why it could not be read. */
export type Read<T> = { readonly value: T | undefined } | { readonly failed: string };

/** Reads by key, each key once at a time, kept for a short time. */
export interface BriefReads<T> {
  /** At once where it is known. Never rejects. */
  get(key: string, read: () => Promise<T | undefined>): Read<T> | Promise<Read<T>>;
}

/** How much is kept, and for how long. */
export interface BriefLimits<T> {
  readonly max: number;
  /** Of all values together, as `sizeOf` counts them. */
  readonly maxSize: number;
  readonly sizeOf: (value: T) => number;
  readonly keepMs: number;
  /** What is not there, or could not be read: it may be there a moment later. */
  readonly failedMs: number;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
  /** Why a read that failed did, in one sentence. */
  readonly explain: (error: unknown) => string;
}

interface Entry<T> {
  readonly read: Read<T>;
  readonly size: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

export function createBriefReads<T>(limits: BriefLimits<T>): BriefReads<T> {
  const { max, maxSize, sizeOf, keepMs, failedMs, now, explain } = limits;
  const kept = new LRUCache<string, Entry<T>>({ max, maxSize, sizeCalculation: ({ size }) => size });
  const running = new Map<string, Promise<Read<T>>>();
  return {
    get(key, read) {
      const known = kept.get(key);
      // A clock that was put back proves nothing of the time in between.
      if (known !== undefined && now() >= known.fromMs && now() < known.untilMs) return known.read;
      const before = running.get(key);
      if (before !== undefined) return before;
      const flight = settle(read, explain).then((result) => {
        const fromMs = now();
        const value = 'value' in result ? result.value : undefined;
        const untilMs = fromMs + (value === undefined ? failedMs : keepMs);
        kept.set(key, { read: result, size: 1 + (value === undefined ? 0 : sizeOf(value)), fromMs, untilMs });
        running.delete(key);
        return result;
      });
      running.set(key, flight);
      return flight;
    },
  };
}

async function settle<T>(read: () => Promise<T | undefined>, explain: BriefLimits<T>['explain']): Promise<Read<T>> {
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
