import { RegistryError } from '@signet/oci';

/** Work by key, each key once at a time: who asks while it runs gets what comes of it. */
export interface SingleFlight<T> {
  /** The work of this key, begun where none runs. @throws {RegistryError} LIMIT_REACHED where too much runs already, and what the work throws */
  run(key: string, work: () => Promise<T>): Promise<T>;
}

/** `max`: works that run at the same time. */
export function createSingleFlight<T>(max: number): SingleFlight<T> {
  const running = new Map<string, Promise<T>>();
  return {
    async run(key, work) {
      const before = running.get(key);
      if (before !== undefined) return await before;
      if (running.size >= max) throw new RegistryError('LIMIT_REACHED', `more than ${max} questions at the same time`);
      const flight = work().finally(() => running.delete(key));
      running.set(key, flight);
      return await flight;
    },
  };
}
