/** Dice that fall the same for the same seed. */
export interface Dice {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number;
  chance(probability: number): boolean;
  /** @throws {RangeError} where there is nothing to choose from */
  pick<T>(list: readonly T[]): T;
}

/** Mulberry32: small and quick, and good enough to choose an order of events. `seed`: a whole number. */
export function createDice(seed: number): Dice {
  let state = Math.imul(seed, 0x9e3779b1) | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    chance: (probability) => probability > 0 && next() < probability,
    pick(list) {
      if (list.length === 0) throw new RangeError('nothing to choose from');
      return list[Math.floor(next() * list.length)] as (typeof list)[number];
    },
  };
}
