import { parseArgs } from 'node:util';
import { mutations } from '../signed-tags/simulation/mutations.ts';
import { runSeed } from '../signed-tags/simulation/run-seed.ts';
import { searchSeeds } from '../signed-tags/simulation/workers.ts';

/** One line for the list of trials. */
export const about: string =
  'signed tags: writers, readers and publishers in seeded worlds with every fault [--seeds N [--from M] | --seed N | --mutations [PART OF A NAME]]';

/** Seeds within which a mutation has to be found. */
const mutationSeeds = 1000;

/** `--seed N` prints all that happens in one world; `--mutations` breaks the protocol in one place after the other. */
export async function trial(args: readonly string[]): Promise<boolean> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '0' },
      seed: { type: 'string' },
      mutations: { type: 'boolean', default: false },
    },
  });
  if (values.mutations) return await findMutations(positionals[0] ?? '');
  if (values.seed !== undefined) return await replay(Number(values.seed));
  return await search(Number(values.from), Number(values.seeds));
}

async function replay(seed: number): Promise<boolean> {
  const { trace, violation } = await runSeed(seed, { isTraced: true });
  for (const line of trace) console.log(line);
  console.log(violation === undefined ? `seed ${seed}: nothing is wrong` : `seed ${seed}: ${violation}`);
  return violation === undefined;
}

/** Violations that are printed. */
const maxTold = 20;
/** Milliseconds between two lines that say how far it is. */
const progressMs = 10_000;

async function search(from: number, count: number): Promise<boolean> {
  const startedMs = performance.now();
  let saidMs = startedMs;
  let told = 0;
  const { steps, failures, first } = await searchSeeds({
    from,
    count,
    onAnswer: (total) => {
      // A long search tells what it finds when it finds it.
      for (const failure of total.failures.slice(told, maxTold)) console.log(failure);
      told = Math.min(maxTold, total.failures.length);
      if (performance.now() - saidMs < progressMs) return;
      saidMs = performance.now();
      const each = ((saidMs - startedMs) / total.count).toFixed(1);
      console.log(`${total.count} of ${count} seeds, ${total.failures.length} failed, ${each} ms for each`);
    },
  });
  if (first !== undefined) await replay(first);
  console.log(`${count} seeds from ${from}, ${steps} steps: ${failures.length} with a violation`);
  return failures.length === 0;
}

async function findMutations(part: string): Promise<boolean> {
  let missed = 0;
  for (const { name } of mutations.filter((each) => each.name.includes(part))) {
    const seed = await seedThatFinds(name);
    if (seed === undefined) missed += 1;
    console.log(`${name}: ${seed === undefined ? `NOT FOUND in ${mutationSeeds} seeds` : `found at seed ${seed}`}`);
  }
  return missed === 0;
}

/** A seed in which something is wrong, and nothing without the mutation. */
async function seedThatFinds(mutation: string): Promise<number | undefined> {
  for (let from = 0; from < mutationSeeds; ) {
    const count = mutationSeeds - from;
    const { first } = await searchSeeds({ from, count, mutation, isFirstEnough: true });
    if (first === undefined || (await runSeed(first)).violation === undefined) return first;
    from = first + 1;
  }
  return undefined;
}
