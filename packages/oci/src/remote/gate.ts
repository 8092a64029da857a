import type { Deadline } from './deadline.ts';

/** Lets so many through at once; the others wait in order. */
export interface Gate {
  /** Resolves to the function that gives the place back (calling it twice is harmless). @throws {RegistryError} ABORTED, TIMEOUT */
  enter(deadline: Deadline): Promise<() => void>;
}

export function createGate(places: number): Gate {
  let free = Math.max(1, places);
  const waiting = new Set<() => void>();
  const leave = (): (() => void) => {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = waiting.values().next().value;
      if (next === undefined) free += 1;
      else next();
    };
  };
  return {
    async enter(deadline) {
      deadline.check();
      if (free > 0) {
        free -= 1;
        return leave();
      }
      await new Promise<void>((resolve, reject) => {
        const aborted = (): void => {
          waiting.delete(proceed);
          reject(deadline.error());
        };
        const proceed = (): void => {
          waiting.delete(proceed);
          deadline.signal.removeEventListener('abort', aborted);
          resolve();
        };
        waiting.add(proceed);
        deadline.signal.addEventListener('abort', aborted, { once: true });
      });
      return leave();
    },
  };
}
