/**
 * How many random cases a property is tried on: a quarter of `all`, or all of them under `npm run trial -- random` (and where mutants are to
 * be found).
 */
export function randomRuns(all: number): number {
  return process.env[allRuns] === 'yes' ? all : Math.ceil(all / 4);
}

/** The variable that asks for all. */
export const allRuns = 'SIGNET_ALL_RANDOM_RUNS';
