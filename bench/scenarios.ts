import { longestChain, startCountingProxy } from '../test/support/counting-proxy.ts';
import { startDelayProxy } from '../test/support/delay-proxy.ts';
import type { Contestant, ContestantName } from './contestants.ts';
import { type PushedImage, pushImage, type ReferenceForm, referenceTo } from './images.ts';
import { type Figures, measure, type Subject, timed } from './measure.ts';
import type { BenchRegistry } from './registries.ts';

/** What is measured; `many` is one call (or four processes) for all images. */
export type TaskName = 'verify one by digest' | 'verify one by tag' | 'verify many by digest' | 'sign one';

/** All tasks, in the order of the tables. */
export const taskNames: readonly TaskName[] = [
  'verify one by digest',
  'verify one by tag',
  'verify many by digest',
  'sign one',
];

/** A registry with signed images of every contestant in it. */
export interface Stage {
  readonly registry: BenchRegistry;
  readonly contestants: readonly Contestant[];
  readonly signed: ReadonlyMap<ContestantName, readonly PushedImage[]>;
}

/** Pushes and signs `count` images for each contestant that signs, each with its own program and format. @throws {HarnessError} when a step fails. */
export async function prepareStage(
  registry: BenchRegistry,
  contestants: readonly Contestant[],
  count: number,
): Promise<Stage> {
  const signed = new Map<ContestantName, readonly PushedImage[]>();
  for (const contestant of contestants.filter(({ signedBy }) => signedBy === undefined)) {
    const images: PushedImage[] = [];
    for (let at = 0; at < count; at++)
      images.push(await pushImage(registry.host, `bench/${repositoryOf(contestant)}`, `v${at}`));
    await timed(contestant.signMany(images.map((image) => referenceTo(image, registry.host, 'digest'))));
    signed.set(contestant.name, images);
  }
  return { registry, contestants, signed };
}

/** Who takes part in a task: all, but for those that sign nothing where it is signed. */
export function contestantsOf({ contestants }: Stage, task: TaskName): readonly Contestant[] {
  return task === 'sign one' ? contestants.filter(({ signedBy }) => signedBy === undefined) : contestants;
}

/** Measures a task for all who take part in it, with so much added round-trip time. At 0 there is no proxy in between. */
export async function measureTask(
  stage: Stage,
  task: TaskName,
  at: { readonly roundTripMs: number; readonly rounds: number },
): Promise<Figures> {
  const proxy = at.roundTripMs === 0 ? undefined : await startDelayProxy(stage.registry.host, at.roundTripMs);
  const host = proxy?.host ?? stage.registry.host;
  try {
    return await measure(
      contestantsOf(stage, task).map((contestant) => subjectFor(stage, contestant, { task, host })),
      at.rounds,
    );
  } finally {
    await proxy?.stop();
  }
}

/** What one call of a task asks of the registry. */
export interface RequestCount {
  readonly requests: number;
  readonly connections: number;
  /** On the critical path: the longest row of requests each of which began after the answer of the one before. Opening connections is not counted. */
  readonly roundTrips: number;
  /** Such as `GET 3, PUT 2`. */
  readonly methods: string;
}

/** Requests that go out side by side overlap when each answer is held back this long. */
const holdMs = 200;

/** Runs the task once through a counting proxy that holds answers back. */
export async function countRequests(stage: Stage, contestant: Contestant, task: TaskName): Promise<RequestCount> {
  const proxy = await startCountingProxy(stage.registry.host, holdMs);
  try {
    const call = await subjectFor(stage, contestant, { task, host: proxy.host }).next(0);
    proxy.reset();
    await timed(call);
    const requests = proxy.requests();
    const methods = [...Map.groupBy(requests, ({ method }) => method)].map(
      ([method, all]) => `${method} ${all.length}`,
    );
    return {
      requests: requests.length,
      connections: proxy.connections(),
      roundTrips: longestChain(requests),
      methods: methods.join(', '),
    };
  } finally {
    await proxy.stop();
  }
}

let fresh = 0;

function subjectFor(
  stage: Stage,
  contestant: Contestant,
  to: { readonly task: TaskName; readonly host: string },
): Subject {
  const images = stage.signed.get(contestant.signedBy ?? contestant.name) ?? [];
  const references = (form: ReferenceForm): readonly string[] =>
    images.map((image) => referenceTo(image, to.host, form));
  const one = (form: ReferenceForm, round: number): string => references(form)[round % images.length] ?? '';
  const unsigned = async (): Promise<string> => {
    fresh += 1;
    return referenceTo(
      await pushImage(stage.registry.host, `sign/${repositoryOf(contestant)}`, `n${fresh}`),
      to.host,
      'digest',
    );
  };
  const next: Readonly<Record<TaskName, Subject['next']>> = {
    'verify one by digest': (round) => contestant.verify(one('digest', round)),
    'verify one by tag': (round) => contestant.verify(one('tag', round)),
    'verify many by digest': () => contestant.verifyMany(references('digest')),
    'sign one': async () => contestant.sign(await unsigned()),
  };
  return { name: contestant.name, next: next[to.task] };
}

function repositoryOf({ name }: Contestant): string {
  return name.replaceAll(' ', '-');
}
