import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What earlier verifications of one call showed about how images are signed there: it changes the order of requests, never an answer.
 * Handed to many verifications, which learn from one another.
 */
export interface Habit {
  /**
   * Waits for one's turn: the first goes ahead of the others, at most so long that nobody notices, because what it shows spares most of their
   * requests.
   */
  begin(): Promise<Place>;
  /** True after an image whose listing alone carried all that was needed: the next one's is then asked for alone at first. */
  learn(listingSufficed: boolean): void;
}

/** The place of one verification among those that share a habit. */
export interface Place {
  /** The listing is to be asked for alone at first. */
  readonly isSparing: boolean;
  /** To be called when done. */
  readonly leave: () => void;
}

/**
 * The habit of a server: each listing is asked for alone at first, whatever others showed, and nobody waits for anybody. So what one
 * verification asks for does not turn on how many run beside it; where a listing does not suffice, that costs a round trip.
 */
export const sparingHabit: Habit = {
  begin: async () => ({ isSparing: true, leave: () => undefined }),
  learn: () => undefined,
};

/** Milliseconds. */
const longestLead = 100;

/** The habit of somebody who has seen nothing yet: everything is asked for at once. */
export function createHabit(): Habit {
  let isSparing = false;
  let first: Promise<void> | undefined;
  let isFirstDone = false;
  return {
    learn(listingSufficed) {
      isSparing = listingSufficed;
    },
    async begin() {
      if (first !== undefined) {
        if (!isFirstDone) await Promise.race([first, sleep(longestLead)]);
        return { isSparing, leave: () => undefined };
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      first = promise;
      const leave = (): void => {
        isFirstDone = true;
        resolve();
      };
      return { isSparing, leave };
    },
  };
}
