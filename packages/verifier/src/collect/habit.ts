import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What earlier verifications of one call showed about how images are signed there: it changes the order of requests, never an answer.
 * Handed to many verifications, which learn from one another.
 */
export interface Habit {
  /** True after an image whose listing alone carried all that was needed: the next one's is then asked for alone at first. */
  readonly isSparing: boolean;
  learn(listingSufficed: boolean): void;
  /**
   * Waits for one's turn: the first goes ahead of the others, at most so long that nobody notices, because what it shows spares most of their
   * requests. Give back what it gives when done.
   */
  begin(): Promise<() => void>;
}

/**
 * The habit of a server: each listing is asked for alone at first, whatever others showed, and nobody waits for anybody. So what one
 * verification asks for does not turn on how many run beside it; where a listing does not suffice, that costs a round trip.
 */
export const sparingHabit: Habit = {
  isSparing: true,
  learn: () => undefined,
  begin: async () => () => undefined,
};

/** Milliseconds. */
const longestLead = 100;

/** The habit of somebody who has seen nothing yet: everything is asked for at once. */
export function createHabit(): Habit {
  let isSparing = false;
  let first: Promise<void> | undefined;
  let isFirstDone = false;
  return {
    get isSparing() {
      return isSparing;
    },
    learn(listingSufficed) {
      isSparing = listingSufficed;
    },
    async begin() {
      if (first !== undefined) {
        if (!isFirstDone) await Promise.race([first, sleep(longestLead)]);
        return () => undefined;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      first = promise;
      return () => {
        isFirstDone = true;
        resolve();
      };
    },
  };
}
