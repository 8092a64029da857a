import { type Outcome, sendBadInput } from '../e2e/serve-bad-input/run.ts';

/** One line for the list of trials. */
export const about: string =
  'what nobody honest sends to signet serve and signet gate docker: each answered clearly, in bounded time and memory [connections at a time, default 3000]';

/** Bounds of any one of them; the memory is what the chart gives a server. */
const maxMs = 15_000;
const maxMiB = 512;

/** `npm run trial -- serve-bad-input [CONNECTIONS]` */
export async function trial([connections = '3000']: readonly string[]): Promise<boolean> {
  const sizes = { connections: Number(connections), pipelined: 5_000, containers: 100_000, isPatient: true };
  const outcomes = await sendBadInput(sizes, (outcome) => console.log(line(outcome)));
  const faults = outcomes.filter(({ fault }) => fault !== undefined);
  const slowest = Math.max(...outcomes.filter(({ isSlow }) => !isSlow).map(({ ms }) => ms));
  const most = Math.max(...outcomes.map(({ memoryMiB }) => memoryMiB));
  console.log(
    `${outcomes.length} attacks, ${faults.length} faults; the slowest took ${slowest} ms; at most ${most} MiB`,
  );
  return faults.length === 0 && slowest <= maxMs && most <= maxMiB;
}

function line({ name, answers, ms, memoryMiB, fault }: Outcome): string {
  return `${fault === undefined ? 'ok    ' : 'FAULT '} ${name}: ${fault ?? answers.join(' ')}, ${ms} ms, at most ${memoryMiB} MiB so far`;
}
