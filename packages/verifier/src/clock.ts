import { RegistryError } from '@signet/oci';

/** The bound on the whole of one verification. */
export interface Clock {
  /** Fires when the time is up or the caller broke off; its reason is a RegistryError TIMEOUT or ABORTED. */
  readonly signal: AbortSignal;
  stop(): void;
}

/** Starts counting. `outer`: the caller's own signal. */
export function startClock(totalMs: number, outer: AbortSignal | undefined): Clock {
  const controller = new AbortController();
  const timeout = () => controller.abort(new RegistryError('TIMEOUT', `not done within ${totalMs} ms`));
  const breakOff = () => controller.abort(new RegistryError('ABORTED', 'it was broken off'));
  const timer = setTimeout(timeout, totalMs);
  outer?.addEventListener('abort', breakOff, { once: true });
  if (outer?.aborted === true) breakOff();
  return {
    signal: controller.signal,
    stop: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', breakOff);
    },
  };
}
