import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRegistryClient } from '@signet/oci';
import { makeKey, ok } from '../e2e/cli-world.ts';
import { signet } from '../support/cli.ts';
import { type CountingProxy, startCountingProxy } from '../support/counting-proxy.ts';
import { HarnessError } from '../support/harness-error.ts';
import { tempDir } from '../support/temp.ts';
import { pushRunnable } from './policy-world.ts';

/** A repository of signed tags in which processes publish at once, each through a proxy of its own or the common one. */
export interface RaceWorld {
  /** `HOST/PATH`, through the common proxy. */
  readonly collection: string;
  readonly common: CountingProxy;
  /** What was told as published, and what was not: tags. */
  readonly acknowledged: Set<string>;
  readonly failed: Map<string, string>;
  /** Signs the image for a tag and publishes it, in a process of its own with the state of this writer. Gives its exit code. */
  publish(writer: string, tag: string, options?: PublishOptions): Promise<number>;
  /** Publishes what was recorded. */
  complete(): Promise<void>;
  /** Tags of the catalogue whose image is the right one, by who remembers nothing. */
  trusted(): Promise<ReadonlySet<string>>;
  stop(): Promise<void>;
}

interface PublishOptions {
  /** `HOST/PATH` of a mirror: through another proxy. */
  readonly repository?: string;
  readonly killWhen?: Promise<unknown>;
}

/** Sets one up at a registry. `victims`: the host of the proxy that those talk to who are killed. @throws {HarnessError} when a step fails */
export async function createRaceWorld(host: string, victims?: string): Promise<RaceWorld> {
  const dir = tempDir('signet-race-');
  const common = await startCountingProxy(host);
  const collection = `${common.host}/race/app`;
  const [release, publisher] = [await makeKey(join(dir, 'release')), await makeKey(join(dir, 'publisher'))];
  const policy = join(dir, 'policy.yaml');
  const mirrors = victims === undefined ? '' : `, mirrors: ["${victims}/**"]`;
  const images = [common.host, ...(victims === undefined ? [] : [victims])].map((each) => `"${each}/**"`).join(', ');
  writeFileSync(
    policy,
    `version: 1
trust: { release: { keys: [release.pub] }, publisher: { keys: [publisher.pub] } }
catalogues: { race: { collections: "${common.host}/**"${mirrors}, signedBy: publisher } }
rules: [{ images: [${images}], require: release, tag: trusted, catalogue: race }]
`,
  );
  const client = createRegistryClient();
  // Each tag has an image of its own: many signatures of one image would be another race.
  const digests = new Map<string, string>();
  const how = (writer: string): readonly string[] => {
    mkdirSync(join(dir, writer), { recursive: true });
    return ['--policy', policy, '--state', join(dir, writer)];
  };
  const keys = ['--catalogue-key', publisher.key];
  await ok(['tags', 'init', ...how('publisher'), ...keys, collection]);
  const [acknowledged, failed] = [new Set<string>(), new Map<string, string>()];
  return {
    collection,
    common,
    acknowledged,
    failed,
    async publish(writer, tag, { repository = collection, killWhen } = {}) {
      const digest = await pushRunnable(client, host, `race/app:${tag}`);
      digests.set(tag, digest);
      const reference = `${repository}:${tag}@${digest}`;
      // Its first run remembers nothing, as a build's does.
      const args = ['sign', '--publish', '--cold', '--key', release.key, ...keys, ...how(writer), reference];
      const done = await signet(args, { timeoutMs: 180_000, ...(killWhen === undefined ? {} : { killWhen }) });
      if (done.code === 0) acknowledged.add(tag);
      else failed.set(tag, done.stderr);
      return done.code;
    },
    async complete() {
      await ok(['tags', 'refresh', ...how('publisher'), ...keys, collection]);
    },
    async trusted() {
      const { stdout } = await ok(['tags', 'list', '--policy', policy, '-o', 'json', collection]);
      const { tags } = JSON.parse(stdout) as { readonly tags: readonly Readonly<Record<string, string>>[] };
      const wrong = tags.find((each) => each.digest !== digests.get(each.tag ?? '') || each.verdict !== 'verified');
      if (wrong !== undefined) throw new HarnessError(`the catalogue has a wrong tag: ${JSON.stringify(wrong)}`);
      return new Set(tags.map(({ tag = '' }) => tag));
    },
    async stop() {
      await common.stop();
      await client.close();
    },
  };
}

/** What a race came to. */
export interface PublishRace {
  readonly expected: number;
  readonly acknowledged: number;
  /** Acknowledged, and not in the catalogue in the end. */
  readonly lost: readonly string[];
  readonly requestsEach: number;
  readonly wallMs: number;
}

/** So many processes at once, each publishing so many tags, one after the other. */
export async function racePublishers(host: string, processes: number, tags: number): Promise<PublishRace> {
  const world = await createRaceWorld(host);
  try {
    world.common.reset();
    const startedMs = performance.now();
    await Promise.all(
      Array.from({ length: processes }, async (_, writer) => {
        for (let tag = 0; tag < tags; tag += 1) await world.publish(`writer${writer}`, `w${writer}-t${tag}`);
      }),
    );
    const wallMs = performance.now() - startedMs;
    const requests = world.common.requests().length;
    const trusted = await world.trusted();
    return {
      expected: processes * tags,
      acknowledged: world.acknowledged.size,
      lost: [...world.acknowledged].filter((tag) => !trusted.has(tag)),
      requestsEach: requests / (processes * tags),
      wallMs,
    };
  } finally {
    await world.stop();
  }
}

/** What killing came to. */
export interface KilledPublishers {
  readonly kills: number;
  /** Killed, and all the same in the catalogue at once; only after somebody completed it; not at all. */
  readonly published: number;
  readonly completed: number;
  readonly absent: number;
  /** Of others, who went on meanwhile. */
  readonly acknowledged: number;
  readonly lost: readonly string[];
}

/**
 * Kills a writer at its first request, the next at its second, and so on, until one ends by itself; once before the request goes on, once
 * after. Others publish meanwhile. `from`, `step`: at which requests.
 */
export async function killPublishers(
  host: string,
  { from, step, others }: { readonly from: number; readonly step: number; readonly others: number },
): Promise<KilledPublishers> {
  let kill: { at: number; forward: boolean; seen: number; now: () => void } | undefined;
  const victims = await startCountingProxy(host, 0, () => {
    if (kill === undefined) return undefined;
    kill.seen += 1;
    if (kill.seen < kill.at) return undefined;
    kill.now();
    return kill.forward ? undefined : 503;
  });
  const world = await createRaceWorld(host, victims.host);
  const repository = world.collection.replace(world.common.host, victims.host);
  const killed: string[] = [];
  let isOver = false;
  try {
    const going = Array.from({ length: others }, async (_, writer) => {
      for (let tag = 0; !isOver; tag += 1) await world.publish(`other${writer}`, `o${writer}-t${tag}`);
    });
    for (let at = from; !isOver; at += step) {
      for (const forward of [false, true]) {
        const tag = `k${at}-${forward ? 'after' : 'before'}`;
        const killWhen = new Promise<void>((resolve) => {
          kill = { at, forward, seen: 0, now: resolve };
        });
        const code = await world.publish('victim', tag, { repository, killWhen });
        if (code === -1) killed.push(tag);
        else isOver = true;
      }
    }
    await Promise.all(going);
    const before = await world.trusted();
    await world.complete();
    const after = await world.trusted();
    return {
      kills: killed.length,
      published: killed.filter((tag) => before.has(tag)).length,
      completed: killed.filter((tag) => !before.has(tag) && after.has(tag)).length,
      absent: killed.filter((tag) => !after.has(tag)).length,
      acknowledged: world.acknowledged.size,
      lost: [...world.acknowledged].filter((tag) => !after.has(tag)),
    };
  } finally {
    isOver = true;
    await world.stop();
    await victims.stop();
  }
}
