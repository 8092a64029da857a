import { expect, it } from 'vitest';
import { runReplicas } from './replicas.ts';

/** `npm run trial -- replicas` is the same with more publications. */
it('three regions, one stale, cut off and rolled back: nobody who remembers is given an older image, and waiting ends well', async () => {
  const { phases, faults, waitedMs } = await runReplicas({ publications: 1 });
  expect(faults).toEqual([]);
  expect(waitedMs).toHaveLength(2);
  expect(phases.every(({ trusted }) => trusted > 0)).toBe(true);
  // What is shown there is a real temptation: who remembers nothing takes it.
  expect(phases.some(({ coldOlder }) => coldOlder > 0)).toBe(true);
});
