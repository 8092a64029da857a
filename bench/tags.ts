import { longestChain, startCountingProxy } from '../test/support/counting-proxy.ts';
import { startDelayProxy } from '../test/support/delay-proxy.ts';
import type { Call } from './contestants.ts';
import { type DockerTrust, startDockerTrust } from './docker-trust.ts';
import type { PushedImage } from './images.ts';
import { measure, type Subject, timed } from './measure.ts';
import { type BenchRegistry, fallbackRegistry, referrersRegistry } from './registries.ts';
import { summarise, toTable } from './statistics.ts';
import { prepareTags, type TagsStage } from './tags-stage.ts';

/** How many tags the collections have. */
const sizes = [10, 1_000, 10_000];

/**
 * `npm run bench -- --tags`: signed tags. What one answer costs (resolve and verify; cold: nothing remembered; warm: the head has not changed) beside
 * `docker trust inspect` and the signature on the image alone; and what publishing one tag costs, by the size of the catalogue.
 */
export async function benchTags(dir: string, rounds: number): Promise<void> {
  const docker = await startDockerTrust();
  try {
    for (const start of [fallbackRegistry, () => referrersRegistry(dir)]) {
      const registry = await start();
      try {
        console.log(`${registry.name}\n`);
        const stages: TagsStage[] = [];
        for (const size of sizes)
          stages.push(await prepareTags(registry, `${dir}/${registry.name.replaceAll(/\W+/g, '-')}/${size}`, size));
        await benchReading(registry, stages, docker, rounds);
        await benchPublishing(registry, stages, rounds);
      } finally {
        await registry.stop();
      }
    }
  } finally {
    await docker.stop();
  }
}

/** A way to ask what a tag is. `host`: of the registry, or of a proxy in front of it. */
interface Way {
  readonly name: string;
  readonly call: (host: string, image: PushedImage) => Promise<Call> | Call;
}

function waysOf(stage: TagsStage): readonly Way[] {
  const commands = ['resolve', 'verify'] as const;
  return commands.flatMap((command): readonly Way[] => [
    {
      name: `${command}, ${stage.size} tags, cold`,
      call: (host, image) => stage.call(host, command, ['--no-state'], image),
    },
    { name: `${command}, ${stage.size} tags, warm`, call: (host, image) => stage.call(host, command, [], image) },
  ]);
}

async function benchReading(
  registry: BenchRegistry,
  stages: readonly TagsStage[],
  docker: DockerTrust,
  rounds: number,
): Promise<void> {
  const [first] = stages;
  if (first === undefined) return;
  const bound: Way = {
    name: 'verify --tag-bound, no catalogue',
    call: (host, image) => first.verifyBound(host, image),
  };
  const ways = [
    ...stages.flatMap((stage) => waysOf(stage).map((way) => ({ stage, way }))),
    { stage: first, way: bound },
  ];
  const rows = new Map<string, string[]>();
  for (const roundTripMs of [0, 20]) {
    const proxies = await Promise.all(
      [registry.host, docker.notary].map((host) =>
        roundTripMs === 0 ? undefined : startDelayProxy(host, roundTripMs),
      ),
    );
    const host = proxies[0]?.host ?? registry.host;
    const notary = proxies[1]?.host.replace('127.0.0.1', 'localhost') ?? docker.notary;
    const subjects: Subject[] = ways.map(({ stage, way }) => ({
      name: way.name,
      next: (round) => way.call(host, imageOf(stage, round)),
    }));
    for (const memory of ['cold', 'warm'] as const)
      subjects.push({ name: `docker trust inspect, 1 tag, ${memory}`, next: () => docker.inspect(notary, memory) });
    const figures = await measure(subjects, rounds);
    for (const [name, all] of figures) rows.set(name, [...(rows.get(name) ?? [name]), inMs(all)]);
    for (const proxy of proxies) await proxy?.stop();
  }
  for (const { stage, way } of ways) {
    const { requests, roundTrips, bytes } = await countOf(registry, (host) => way.call(host, imageOf(stage, 0)));
    rows.get(way.name)?.push(`${requests}`, `${roundTrips}`, `${bytes}`);
  }
  const head = ['one answer', 'ms', 'ms, +20 ms RTT', 'requests', 'round trips', 'bytes read'];
  console.log(`${toTable([head, ...rows.values()])}\n`);
}

function imageOf({ images }: TagsStage, round: number): PushedImage {
  const image = images[round % images.length];
  if (image === undefined) throw new TypeError('a stage without images');
  return image;
}

async function benchPublishing(registry: BenchRegistry, stages: readonly TagsStage[], rounds: number): Promise<void> {
  const subjects = stages.map((stage) => ({
    name: `sign --publish into ${stage.size} tags`,
    next: () => stage.publish(registry.host),
  }));
  const figures = await measure(subjects, rounds);
  const rows: string[][] = [];
  for (const [at, { name }] of subjects.entries()) {
    const counted = await countOf(registry, async (host) => (await stages[at]?.publish(host)) ?? expectStage());
    const { requests, roundTrips, bytes, methods } = counted;
    rows.push([name, inMs(figures.get(name) ?? []), `${requests}`, `${roundTrips}`, `${bytes}`, methods]);
  }
  const head = ['publishing one tag, warm', 'ms', 'requests', 'round trips', 'bytes read', 'methods'];
  console.log(`${toTable([head, ...rows])}\n`);
}

function expectStage(): never {
  throw new TypeError('a subject without its stage');
}

/** Requests that go out side by side overlap when each answer is held back this long. */
const holdMs = 200;

/** What one call asks of the registry, behind one that filled what is remembered. */
async function countOf(
  registry: BenchRegistry,
  next: (host: string) => Promise<Call> | Call,
): Promise<{
  readonly requests: number;
  readonly roundTrips: number;
  readonly bytes: number;
  readonly methods: string;
}> {
  const proxy = await startCountingProxy(registry.host, holdMs);
  try {
    await timed(await next(proxy.host));
    const call = await next(proxy.host);
    proxy.reset();
    await timed(call);
    const requests = proxy.requests();
    const methods = [...Map.groupBy(requests, ({ method }) => method)].map(
      ([method, all]) => `${method} ${all.length}`,
    );
    const bytes = requests.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0);
    return { requests: requests.length, roundTrips: longestChain(requests), bytes, methods: methods.join(', ') };
  } finally {
    await proxy.stop();
  }
}

function inMs(figures: readonly number[]): string {
  const { median, low, high } = summarise(figures);
  return `${median.toFixed(0)} (${low.toFixed(0)}–${high.toFixed(0)})`;
}
