/** Random numbers from 0 up to 1 (not included) that a seed repeats (a 32-bit linear congruential generator: spread, not secrecy). */
export type Random = () => number;

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** When a run is killed: so long after its start, or so long after the first thing that it wrote. Milliseconds. */
export type Moment =
  | { readonly after: 'start'; readonly ms: number }
  | { readonly after: 'write'; readonly ms: number };

/** How long an undisturbed run takes, and how much of it is gone when it first writes. Milliseconds. */
export interface Pace {
  readonly wholeMs: number;
  readonly firstWriteMs: number;
}

/**
 * The `at`th of `of` moments. Every second one lies anywhere in the run, one in each of as many equal parts, so that all of it is met;
 * the others lie between the first write and the end, which is where a kill can do harm and a small part of the run, and mostly near that
 * write: the end of the process takes longer than what it writes.
 */
export function momentOf(at: number, of: number, { pace, random }: { pace: Pace; random: Random }): Moment {
  const { wholeMs, firstWriteMs } = pace;
  if (at % 2 === 1) return { after: 'write', ms: random() ** 2 * Math.max(1, wholeMs - firstWriteMs) };
  const parts = Math.ceil(of / 2);
  return { after: 'start', ms: ((Math.floor(at / 2) + random()) / parts) * wholeMs };
}
