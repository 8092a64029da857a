import { randomInt } from 'node:crypto';
import type { Counts } from '../e2e/serve-faults/load.ts';
import { tryServer } from '../e2e/serve-faults/run.ts';
import { removeLeftTempDirs } from '../support/temp.ts';

/** One line for the list of trials. */
export const about: string =
  'signet serve under load while registry, policy, certificate, process, clock and memory fail, one by one and together [seconds of the latter, default 60] [seed]';

/** `npm run trial -- serve-faults [SECONDS] [SEED]` */
export async function trial([seconds = '60', seed = `${randomInt(2 ** 31)}`]: readonly string[]): Promise<boolean> {
  console.log(`seed ${seed}`);
  const result = await tryServer({
    seed: Number(seed),
    answersEach: 150,
    isEnough: (_, ms) => ms >= Number(seconds) * 1000,
    workers: 12,
    largeBodies: 40,
    troubledMs: [1000, 2000, 3000],
    isPunctual: true,
    onPart: (what, counts, ms) => console.log(`${line(what, counts)}; as before after ${Math.round(ms)} ms`),
  });
  removeLeftTempDirs();
  const all = [...result.counts.values()];
  const sum = (of: (counts: Counts) => number): number => all.reduce((total, counts) => total + of(counts), 0);
  console.log(
    `${sum(({ answers }) => answers)} answers (${sum(({ allowed }) => allowed)} allowed, ${sum(({ refused }) => refused)} refused, ${sum(({ undecided }) => undecided)} of them undecided, ${sum(({ warned }) => warned)} with warnings), ${sum(({ none }) => none)} without an answer while the server was down; ${result.combinations} combinations; at most ${Math.max(...all.map(({ maxMs }) => maxMs))} ms and ${result.memoryMiB} MiB`,
  );
  for (const fault of result.faults) console.log(`FAULT ${fault}`);
  console.log(`${result.faults.length} faults`);
  return result.faults.length === 0;
}

function line(what: string, counts: Counts | undefined): string {
  const { answers = 0, allowed = 0, refused = 0, undecided = 0, warned = 0, none = 0, maxMs = 0 } = counts ?? {};
  return `${what}: ${answers} answers, ${allowed} allowed, ${refused} refused (${undecided} undecided), ${warned} with warnings, ${none} without, at most ${maxMs} ms`;
}
