import { describe, expect, it } from 'vitest';
import { runSeed } from './run-seed.ts';

/** `npm run trial -- simulate` runs as many as are asked for. */
const seeds = Array.from({ length: 30 }, (_, seed) => seed);

describe('signed tags in worlds where everything goes wrong', () => {
  it('keep what they promise', async () => {
    for (const seed of seeds) expect((await runSeed(seed)).violation, `seed ${seed}`).toBeUndefined();
  });

  it('come to the same by the same seed, step by step', async () => {
    const [first, second] = [await runSeed(7, { isTraced: true }), await runSeed(7, { isTraced: true })];
    expect(first).toEqual(second);
    expect(first.trace.length).toBeGreaterThan(100);
  });
});
