import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What earlier verifications of one call showed about how images are signed there: it changes the order of requests, never an answer.
 * Handed to many verifications, which learn from one another.
 */
export interface Habit {
  begin(): Place;
  /** True after an image whose listing alone carried all that was needed: the next one's is then asked for alone at first. */
  learn(listingSufficed: boolean): void;
}

/** The place of one verification among those that share a habit. */
export interface Place {
  /**
   * Whether to ask for the listing alone at first. The first verification knows it at once, the others when the first is done, which spares
   * most of their requests: their listings are on their way meanwhile. At most so long that nobody notices.
   */
  readonly isSparing: () => Promise<boolean>;
  /** To be called when done. */
  readonly leave: () => void;
}

/**
 * The habit of a server: each listing is asked for alone at first, whatever others showed, and nobody waits for anybody. So what one
 * verification asks for does not turn on how many run beside it; where a listing does not suffice, that costs a round trip.
 */
export const sparingHabit: Habit = {
  begin: () => ({ isSparing: async () => true, leave: () => undefined }),
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
    begin() {
      const { promise, resolve } = Promise.withResolvers<void>();
      const isFirst = first === undefined;
      first ??= promise;
      return {
        async isSparing() {
          if (!isFirst && !isFirstDone) await Promise.race([first, sleep(longestLead)]);
          return isSparing;
        },
        leave() {
          isFirstDone ||= isFirst;
          resolve();
        },
      };
    },
  };
}
