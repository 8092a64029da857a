import type { Pace } from '@signet/core';
import { RegistryError, type Source } from '@signet/oci';

/** Bounds of one answer. Rule: signed-tags.md 4.1 "Limits". */
export interface ClientLimits {
  /** Questions to the registry. */
  readonly maxRequests: number;
  /** Milliseconds for everything. */
  readonly totalMs: number;
}

export const defaultClientLimits: ClientLimits = { maxRequests: 64, totalMs: 30_000 };

/** A source that counts what is asked: beyond the bound it throws LIMIT_REACHED. */
export function countingSource(maxRequests: number): (source: Source) => Source {
  let asked = 0;
  const count = (): void => {
    asked += 1;
    if (asked > maxRequests)
      throw new RegistryError('LIMIT_REACHED', `more than ${maxRequests} questions to the registry for one answer`);
  };
  return (source) => ({
    async resolve(tagOrDigest, options) {
      count();
      return await source.resolve(tagOrDigest, options);
    },
    async fetch(target, options) {
      count();
      return await source.fetch(target, options);
    },
    async open(target, options) {
      count();
      return await source.open(target, options);
    },
    async exists(target, options) {
      count();
      return await source.exists(target, options);
    },
    async *referrers(subject, options) {
      for await (const page of source.referrers(subject, options)) {
        count();
        yield page;
      }
    },
    async *tags(options) {
      count();
      yield* source.tags(options);
    },
  });
}

/** Does something with a signal that ends it after so long, or with the caller's. */
export async function within<T>(
  totalMs: number,
  { pace, signal }: { readonly pace: Pace; readonly signal: AbortSignal },
  doing: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [late, done] = [new AbortController(), new AbortController()];
  const timer = pace.wait(totalMs, done.signal).then(
    () => late.abort(new RegistryError('TIMEOUT', `not done in ${totalMs} ms`)),
    () => undefined, // what was to be done is done
  );
  try {
    return await doing(AbortSignal.any([signal, late.signal]));
  } finally {
    done.abort();
    await timer;
  }
}
