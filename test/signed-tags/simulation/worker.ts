import { mutateSources } from './mutate.ts';
import { mutations } from './mutations.ts';
import type { Answer, Order } from './workers.ts';

/** A process that runs simulations as it is told. The first argument names the mutation that its sources have. */
const [, , name = ''] = process.argv;
const mutation = mutations.find((each) => each.name === name);
if (mutation !== undefined) mutateSources(mutation);
else if (name !== '') throw new Error(`no mutation ${name}`);

const { runSeed } = await import('./run-seed.ts');

process.on('message', async ({ from, count }: Order) => {
  const failures: string[] = [];
  let steps = 0;
  let first: number | undefined;
  for (let seed = from; seed < from + count; seed += 1) {
    const result = await runSeed(seed);
    steps += result.steps;
    if (result.violation === undefined) continue;
    first ??= seed;
    failures.push(`seed ${seed}: ${result.violation}`);
  }
  const answer: Answer = { count, steps, failures, ...(first === undefined ? {} : { first }) };
  process.send?.(answer);
});
process.send?.('ready');
