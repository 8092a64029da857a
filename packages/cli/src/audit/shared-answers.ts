import { RegistryError } from '@signet/oci';
import { LRUCache } from 'lru-cache';

/** Answers that are asked for once: also by those who come while one is on its way. */
export interface SharedAnswers<T> {
  /** `signal`: of who asks; ends his waiting for an answer that another one asked for. @throws what `ask` throws */
  readonly get: (key: string, ask: () => Promise<T>, signal?: AbortSignal) => Promise<T>;
}

/** What is kept in all, and of one answer at most; bytes. Manifests and envelopes of signatures have a few thousand. */
const maxKept = 4 * 1024 * 1024;
const maxOne = 512 * 1024;
/** What an answer takes beside its bytes, about. */
const baseSize = 500;

/**
 * An answer that failed is nobody else's (its time was up, or its connection broke): the next one asks anew. That something is not there is
 * an answer.
 */
export function createSharedAnswers<T>(sizeOf: (answer: T) => number): SharedAnswers<T> {
  const kept = new LRUCache<string, Outcome<T>>({ maxSize: maxKept, maxEntrySize: maxOne });
  const running = new Map<string, Promise<Outcome<T>>>();
  const start = (key: string, ask: () => Promise<T>): Promise<Outcome<T>> => {
    const outcome = outcomeOf(ask).then((done) => {
      running.delete(key);
      const size = baseSize + (done.kind === 'answer' ? sizeOf(done.answer) : 0);
      if (isForAll(done)) kept.set(key, done, { size });
      return done;
    });
    running.set(key, outcome);
    return outcome;
  };
  return {
    async get(key, ask, signal) {
      for (;;) {
        const known = kept.get(key);
        if (known !== undefined) return unwrap(known);
        const other = running.get(key);
        if (other === undefined) return unwrap(await start(key, ask));
        const outcome = await waitFor(other, signal);
        if (isForAll(outcome)) return unwrap(outcome);
      }
    },
  };
}

type Outcome<T> = { readonly kind: 'answer'; readonly answer: T } | { readonly kind: 'error'; readonly error: unknown };

async function outcomeOf<T>(ask: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { kind: 'answer', answer: await ask() };
  } catch (error) {
    return { kind: 'error', error };
  }
}

function isForAll<T>(outcome: Outcome<T>): boolean {
  return outcome.kind === 'answer' || (outcome.error instanceof RegistryError && outcome.error.code === 'NOT_FOUND');
}

function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.kind === 'answer') return outcome.answer;
  throw outcome.error;
}

/** Another one's work; `signal` ends the waiting, not the work. @throws the signal's reason */
export async function waitFor<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
