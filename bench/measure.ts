import { HarnessError } from '../test/support/harness-error.ts';
import { run } from '../test/support/process.ts';
import type { Call } from './contestants.ts';

/** Something that is measured: each round makes its own call (a signature needs a fresh image each time), untimed. */
export interface Subject {
  readonly name: string;
  next(round: number): Call | Promise<Call>;
}

/** Wall time in milliseconds by subject, one figure a round, the same order of rounds for all. */
export type Figures = ReadonlyMap<string, readonly number[]>;

/**
 * Measures subjects side by side: in every round each once, in turn, so that a slow moment of the machine hits all. One unmeasured round first.
 * @throws {HarnessError} when a call fails: a quick failure would be a splendid figure.
 */
export async function measure(subjects: readonly Subject[], rounds: number): Promise<Figures> {
  const figures = new Map<string, number[]>(subjects.map((subject) => [subject.name, []]));
  for (let round = 0; round <= rounds; round++) {
    // Every second round goes the other way: nobody is always the one after the heaviest.
    const order = round % 2 === 0 ? subjects : subjects.toReversed();
    for (const subject of order) {
      const ms = await timed(await subject.next(round));
      if (round > 0) figures.get(subject.name)?.push(ms);
    }
  }
  return figures;
}

/** Runs a call and gives its wall time in milliseconds. @throws {HarnessError} when it fails. */
export async function timed(call: Call): Promise<number> {
  const started = performance.now();
  const options = { env: call.env, timeoutMs: 300_000, ...(call.input === undefined ? {} : { input: call.input }) };
  const { code, stdout, stderr } = await run(call.command, call.args, options);
  const ms = performance.now() - started;
  if (code !== 0)
    throw new HarnessError(`${call.command} ${call.args.slice(0, 8).join(' ')}: exit ${code}\n${stdout}${stderr}`);
  return ms;
}
