import { setTimeout as sleepFor } from 'node:timers/promises';
import { RegistryError } from '../errors.ts';

/** The end of one operation: the caller's signal or its time limit, whichever comes first. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** ABORTED or TIMEOUT once the end has come; `where` stands before the message. */
  error(where?: string): RegistryError | undefined;
  /** @throws {RegistryError} ABORTED, TIMEOUT */
  check(): void;
}

/** Starts the clock. `limitMs` bounds the whole operation, retries and waits included. */
export function startDeadline(limitMs: number, signal?: AbortSignal): Deadline {
  const timer = AbortSignal.timeout(Math.max(1, Math.min(Math.ceil(limitMs), 2 ** 31 - 1)));
  const both = signal === undefined ? timer : AbortSignal.any([timer, signal]);
  const error = (where?: string): RegistryError | undefined => {
    const before = where === undefined ? '' : `${where}: `;
    if (signal?.aborted === true) return new RegistryError('ABORTED', `${before}the operation was aborted`);
    return timer.aborted
      ? new RegistryError('TIMEOUT', `${before}not done within ${Math.round(limitMs)} ms`)
      : undefined;
  };
  return {
    signal: both,
    error,
    check() {
      const ended = error();
      if (ended !== undefined) throw ended;
    },
  };
}

/** Waits for what has a time limit of its own, no longer than until the deadline; the work goes on. @throws {RegistryError} ABORTED, TIMEOUT */
export function withinDeadline<T>(work: Promise<T>, deadline: Deadline, where?: string): Promise<T> {
  const { signal } = deadline;
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(deadline.error(where));
    if (signal.aborted) ended();
    signal.addEventListener('abort', ended, { once: true });
    const done = (): void => signal.removeEventListener('abort', ended);
    work.then(resolve, reject).then(done, done);
  });
}

/** Waits. @throws {RegistryError} ABORTED, TIMEOUT when the deadline comes first */
export async function sleep(ms: number, deadline: Deadline): Promise<void> {
  try {
    await sleepFor(ms, undefined, { signal: deadline.signal });
  } catch (cause) {
    throw deadline.error() ?? new RegistryError('ABORTED', 'the wait was interrupted', { cause });
  }
}
