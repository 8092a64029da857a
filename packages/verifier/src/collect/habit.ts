/**
 * What earlier verifications of one call showed about how images are signed there: it changes the order of requests, never an answer.
 * Handed to many verifications, which learn from one another.
 */
export interface Habit {
  /** True after an image whose listing alone carried all that was needed: the next one's is then asked for alone at first. */
  readonly isSparing: boolean;
  learn(listingSufficed: boolean): void;
}

/** The habit of somebody who has seen nothing yet: everything is asked for at once. */
export function createHabit(): Habit {
  let isSparing = false;
  return {
    get isSparing() {
      return isSparing;
    },
    learn(listingSufficed) {
      isSparing = listingSufficed;
    },
  };
}
