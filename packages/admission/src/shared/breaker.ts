/** Leaves something alone for a while that fails again and again. */
export interface Breaker {
  /** What comes of the work; `undefined` where it is left alone just now. @throws what the work throws */
  run<T>(work: () => Promise<T>): Promise<T | undefined>;
}

/** How a breaker works. */
export interface BreakerOptions {
  /** Told when it begins to be left alone, and when it works again. */
  readonly onChange?: (isLeftAlone: boolean) => void;
  /** Milliseconds, by a clock that nobody puts back. */
  readonly now?: () => number;
}

const maxFailures = 3;
const firstPauseMs = 1000;
const longestPauseMs = 5000;

/** After three failures in a row nobody tries for a second; then one tries for all, and the pause after it is twice as long, up to five. */
export function createBreaker({ onChange = () => {}, now = () => performance.now() }: BreakerOptions = {}): Breaker {
  let failures = 0;
  let pauseMs = firstPauseMs;
  let retryAtMs = 0;
  return {
    async run(work) {
      if (failures >= maxFailures) {
        if (now() < retryAtMs) return undefined;
        pauseMs = Math.min(longestPauseMs, pauseMs * 2);
        retryAtMs = now() + pauseMs;
      }
      try {
        const result = await work();
        if (failures >= maxFailures) onChange(false);
        failures = 0;
        pauseMs = firstPauseMs;
        return result;
      } catch (error) {
        failures += 1;
        if (failures === maxFailures) {
          retryAtMs = now() + pauseMs;
          onChange(true);
        }
        throw error;
      }
    },
  };
}
