import type { Pace } from '@signet/core';
import { RegistryError } from '@signet/oci';

/**
 * Work that is broken off when its time is up. Its time is the pace's, so that tests and simulations need no clock.
 * @throws what the work throws once it is aborted
 */
export async function within<T>(
  limitMs: number,
  { pace, signal }: { readonly pace: Pace; readonly signal: AbortSignal | undefined },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [controller, ended] = [new AbortController(), new AbortController()];
  const abort = (): void => controller.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted === true) abort();
  const late = new RegistryError('TIMEOUT', `not done within ${Math.round(limitMs)} ms`);
  const timer = pace.wait(limitMs, ended.signal).then(
    () => controller.abort(late),
    () => {}, // the work was done before
  );
  try {
    return await work(controller.signal);
  } finally {
    ended.abort();
    signal?.removeEventListener('abort', abort);
    await timer;
  }
}
