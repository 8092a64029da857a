import { setTimeout as sleepFor } from 'node:timers/promises';
import { RegistryError } from '../errors.ts';

/** The end of one operation: the caller's signal or its time limit, whichever comes first. */
export interface Deadline {
  /** Fires at the end, while the deadline is held. */
  readonly signal: AbortSignal;
  /**
   * Held by everything that waits for the end: a deadline that nobody holds has no timer, and is nothing but the memory of its owner. Gives
   * what ends the holding; called twice it is harmless.
   */
  hold(): () => void;
  /** ABORTED or TIMEOUT once the end has come; `where` stands before the message. */
  error(where?: string): RegistryError | undefined;
  /** @throws {RegistryError} ABORTED, TIMEOUT */
  check(): void;
}

/** Starts the clock. `limitMs` bounds the whole operation, retries and waits included. */
export function startDeadline(limitMs: number, signal?: AbortSignal): Deadline {
  const endMs = nowMs() + Math.max(1, Math.min(Math.ceil(limitMs), 2 ** 31 - 1));
  const controller = new AbortController();
  let isOver = false;
  const error = (where?: string): RegistryError | undefined => {
    const before = where === undefined ? '' : `${where}: `;
    if (signal?.aborted === true) return new RegistryError('ABORTED', `${before}the operation was aborted`);
    isOver ||= nowMs() >= endMs;
    return isOver ? new RegistryError('TIMEOUT', `${before}not done within ${Math.round(limitMs)} ms`) : undefined;
  };
  const watch = (): (() => void) => {
    const abort = (): void => controller.abort(signal?.reason);
    const endTime = (): void => {
      isOver = true;
      controller.abort();
    };
    const timer = setTimeout(endTime, Math.max(0, endMs - nowMs())).unref();
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted === true) abort();
    return () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
  };
  return {
    signal: controller.signal,
    hold: sharing(watch),
    error,
    check() {
      const ended = error();
      if (ended !== undefined) throw ended;
    },
  };
}

/** Milliseconds of a clock that never jumps. */
function nowMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/** Begins with the first holder and ends with the last. */
function sharing(begin: () => () => void): () => () => void {
  const holders = new Set<object>();
  let end: (() => void) | undefined;
  return () => {
    const holder = {};
    holders.add(holder);
    end ??= begin();
    return () => {
      if (!holders.delete(holder) || holders.size > 0) return;
      end?.();
      end = undefined;
    };
  };
}

/** Waits for what has a time limit of its own, no longer than until the deadline; the work goes on. @throws {RegistryError} ABORTED, TIMEOUT */
export function withinDeadline<T>(work: Promise<T>, deadline: Deadline, where?: string): Promise<T> {
  const { signal } = deadline;
  const release = deadline.hold();
  return new Promise((resolve, reject) => {
    const done = (): void => {
      signal.removeEventListener('abort', ended);
      release();
    };
    const ended = (): void => {
      reject(deadline.error(where));
      done();
    };
    signal.addEventListener('abort', ended, { once: true });
    if (signal.aborted) ended();
    work.then(resolve, reject).then(done, done);
  });
}

/** Waits. @throws {RegistryError} ABORTED, TIMEOUT when the deadline comes first */
export async function sleep(ms: number, deadline: Deadline): Promise<void> {
  const release = deadline.hold();
  try {
    await sleepFor(ms, undefined, { signal: deadline.signal });
  } catch (cause) {
    throw deadline.error() ?? new RegistryError('ABORTED', 'the wait was interrupted', { cause });
  } finally {
    release();
  }
}
