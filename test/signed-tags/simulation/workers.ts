import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root } from '../../../scripts/project.ts';

/** Seeds from `from` on. */
export interface Order {
  readonly from: number;
  readonly count: number;
}

export interface Answer {
  readonly count: number;
  readonly steps: number;
  /** A line each. */
  readonly failures: readonly string[];
  /** The first seed that failed. */
  readonly first?: number;
}

export interface Search extends Order {
  /** Name of a mutation of the sources; default: none. */
  readonly mutation?: string;
  /** No more than what is under way is run once a seed has failed. */
  readonly isFirstEnough?: boolean;
  readonly onAnswer?: (answer: Answer) => void;
}

/** Seeds that a worker is given at once. */
const batch = 50;

/** Runs seeds in as many processes as there are cores. @throws {Error} where a process ends before it is told to */
export async function searchSeeds({
  from,
  count,
  mutation = '',
  isFirstEnough = false,
  onAnswer,
}: Search): Promise<Answer> {
  let total: Answer = { count: 0, steps: 0, failures: [] };
  let next = from;
  const take = (): Order | undefined => {
    if (next >= from + count || (isFirstEnough && total.failures.length > 0)) return undefined;
    const order = { from: next, count: Math.min(batch, from + count - next) };
    next += order.count;
    return order;
  };
  const note = (answer: Answer): void => {
    const first = Math.min(total.first ?? Number.POSITIVE_INFINITY, answer.first ?? Number.POSITIVE_INFINITY);
    total = {
      count: total.count + answer.count,
      steps: total.steps + answer.steps,
      failures: [...total.failures, ...answer.failures],
      ...(first === Number.POSITIVE_INFINITY ? {} : { first }),
    };
    onAnswer?.(total);
  };
  const workers = Math.min(availableParallelism(), Math.ceil(count / batch));
  await Promise.all(Array.from({ length: workers }, () => runWorker(mutation, take, note)));
  return total;
}

/** Batches that a process runs: what programs that were killed in a world waited for stays in memory, and ends with the process. */
const batchesOfProcess = 40;

/** One process after the other until nothing is left to take. */
async function runWorker(
  mutation: string,
  take: () => Order | undefined,
  note: (answer: Answer) => void,
): Promise<void> {
  let isLeft = true;
  while (isLeft) {
    let taken = 0;
    const takeSome = (): Order | undefined => {
      if (taken >= batchesOfProcess) return undefined;
      const order = take();
      isLeft = order !== undefined;
      taken += 1;
      return order;
    };
    await runProcess(mutation, takeSome, note);
  }
}

/** One process until nothing is given. */
function runProcess(mutation: string, take: () => Order | undefined, note: (answer: Answer) => void): Promise<void> {
  const file = join(root, 'test/signed-tags/simulation/worker.ts');
  const child = fork(file, [mutation], { execArgv: ['-C', '@signet/source'] });
  return new Promise((resolve, reject) => {
    let isDone = false;
    child.on('message', (message: 'ready' | Answer) => {
      if (message !== 'ready') note(message);
      const order = take();
      if (order !== undefined) return child.send(order);
      isDone = true;
      return child.disconnect();
    });
    child.on('error', reject);
    child.on('exit', (code) => (isDone ? resolve() : reject(new Error(`a worker ended with ${code}`))));
  });
}
