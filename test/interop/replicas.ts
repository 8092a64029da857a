import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { copy, createRegistryClient, parseRegistryReference, type Resolved, type Store } from '@signet/oci';
import { HEAD_TAG } from '@signet/signed-tags';
import { admissionReview, pod } from '../admission/requests.ts';
import { makeKey, ok } from '../e2e/cli-world.ts';
import { signet, startSignet } from '../support/cli.ts';
import { startCountingProxy } from '../support/counting-proxy.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { HarnessError } from '../support/harness-error.ts';
import { tempDir } from '../support/temp.ts';
import { pushRunnable } from './policy-world.ts';

/** What the third region goes through while the first one publishes. */
const phases = ['normal', 'stale', 'cut off', 'rolled back', 'healed'] as const;
type Phase = (typeof phases)[number];

/** What those who ask were told, in one phase. */
export interface PhaseFigures {
  readonly phase: Phase;
  /** Answers with a digest, denials, and "could not decide", of those who remember. */
  readonly trusted: number;
  readonly denied: number;
  readonly undecided: number;
  /** Answers with an older image than had been published everywhere: who remembers nothing, in the third region. */
  readonly coldOlder: number;
  readonly cold: number;
}

/** What the trial came to. */
export interface Replicas {
  readonly phases: readonly PhaseFigures[];
  /** Answers of somebody who remembers with an older image than he had been given before: there must be none. */
  readonly faults: readonly string[];
  /** How long `signet verify --wait --receipt` took in each other region after the last publication, milliseconds. */
  readonly waitedMs: readonly number[];
}

interface Region {
  readonly name: string;
  /** Behind a proxy that can be shut. */
  readonly host: string;
  readonly store: Store;
  isCut: boolean;
  /** Milliseconds until something of the first region is here; undefined: nothing comes. */
  lagMs: number | undefined;
  stop(): Promise<void>;
}

/** Somebody who asks again and again what the tag is: gives the digest, or why not. */
interface Asker {
  readonly name: string;
  ask(): Promise<string | 'denied' | 'undecided'>;
}

/**
 * Three registries, the first of which is copied to the others with delay. A tag is published in the first, again and again; clients and
 * admission servers that remember ask in all three, and clients that do not. The third is stale, then cut off, then rolled back by somebody who can
 * write to it, then well again.
 */
export async function runReplicas({ publications }: { readonly publications: number }): Promise<Replicas> {
  const dir = tempDir('signet-replicas-');
  const client = createRegistryClient();
  const regions = await Promise.all(['first', 'second', 'third'].map((name) => startRegion(name, client)));
  const [, second, third] = regions;
  if (second === undefined || third === undefined) throw new HarnessError('three regions');
  const stops: (() => Promise<unknown>)[] = [() => client.close(), ...regions.map((region) => () => region.stop())];
  try {
    const world = await startPublishing(dir, regions);
    const askers = regions.map((region) => clientIn(region, world.policy, join(dir, `state ${region.name}`)));
    for (const region of regions) {
      const server = await serverIn(region, world.policy, join(dir, `server ${region.name}`));
      stops.unshift(server.stop);
      askers.push(server);
    }
    const tally = createTally(world.digests);
    const asking = { askers, cold: clientIn(third, world.policy, undefined), tally };
    const figures: PhaseFigures[] = [];
    let oldHead: Resolved | undefined;
    for (const phase of phases) {
      third.isCut = phase === 'cut off';
      second.lagMs = 100;
      third.lagMs = phase === 'normal' || phase === 'healed' ? 300 : undefined;
      if (phase === 'stale') oldHead = await third.store.resolve(HEAD_TAG);
      if (phase === 'rolled back' && oldHead !== undefined) await third.store.tag(oldHead, HEAD_TAG);
      figures.push(
        await askWhile(phase, asking, async () => {
          for (let count = 0; count < publications; count += 1) await world.publish();
          await sleep(500);
        }),
      );
    }
    const receipt = await world.publish();
    const waitedMs = await Promise.all(
      [second, third].map(({ host, name }) =>
        waitFor(receipt, `${host}/shop/api:v`, ['--policy', world.policy, '--state', join(dir, `waits ${name}`)]),
      ),
    );
    return { phases: figures, faults: tally.faults, waitedMs };
  } finally {
    for (const stop of stops) await stop();
  }
}

/** Milliseconds until what the receipt is of is there. */
async function waitFor(receipt: string, reference: string, how: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  await ok(['verify', ...how, '--receipt', receipt, '--wait', '30s', reference]);
  return performance.now() - startedMs;
}

/** Who was given what, and whether that was older than before. */
interface Tally {
  readonly faults: string[];
  readonly note: (phase: Phase, asker: Asker, digest: string) => void;
  /** What was published before the last but one is everywhere by now where nothing is wrong. */
  readonly isOlder: (digest: string) => boolean;
}

function createTally(digests: readonly string[]): Tally {
  const faults: string[] = [];
  const highest = new Map<string, number>();
  return {
    faults,
    note(phase, { name }, digest) {
      const [at, before] = [digests.indexOf(digest), highest.get(name) ?? -1];
      if (at < before) faults.push(`${phase}: ${name} was given ${at} after ${before}`);
      highest.set(name, Math.max(at, before));
    },
    isOlder: (digest) => digests.includes(digest) && digests.indexOf(digest) < digests.length - 2,
  };
}

/** All ask again and again until the work is done. */
async function askWhile(
  phase: Phase,
  { askers, cold, tally }: { readonly askers: readonly Asker[]; readonly cold: Asker; readonly tally: Tally },
  work: () => Promise<void>,
): Promise<PhaseFigures> {
  const counts = { trusted: 0, denied: 0, undecided: 0, cold: 0, coldOlder: 0 };
  let isOver = false;
  const repeat = async (once: () => Promise<void>): Promise<void> => {
    do await once();
    while (!isOver);
  };
  const asking = askers.map((asker) =>
    repeat(async () => {
      const answer = await asker.ask();
      const kind = answer === 'denied' || answer === 'undecided' ? answer : 'trusted';
      counts[kind] += 1;
      if (kind === 'trusted') tally.note(phase, asker, answer);
      if (kind === 'undecided') await sleep(200);
    }),
  );
  asking.push(
    repeat(async () => {
      counts.cold += 1;
      if (tally.isOlder(await cold.ask())) counts.coldOlder += 1;
      await sleep(100);
    }),
  );
  try {
    await work();
  } finally {
    isOver = true;
  }
  await Promise.all(asking);
  return { phase, ...counts };
}

async function startRegion(name: string, client: ReturnType<typeof createRegistryClient>): Promise<Region> {
  const registry = await startEmbeddedRegistry();
  let region: Region | undefined;
  const proxy = await startCountingProxy(registry.host, 0, () => (region?.isCut === true ? 503 : undefined));
  region = {
    name,
    host: proxy.host,
    store: client.repository(parseRegistryReference(`${registry.host}/shop/api`)),
    isCut: false,
    lagMs: 0,
    async stop() {
      await proxy.stop();
      await registry.stop();
    },
  };
  return region;
}

/** Keys, a policy for all regions, and the first catalogue. */
async function startPublishing(dir: string, regions: readonly Region[]) {
  const [first, ...others] = regions;
  if (first === undefined) throw new HarnessError('no region');
  const [release, publisher] = [await makeKey(join(dir, 'release')), await makeKey(join(dir, 'publisher'))];
  const policy = join(dir, 'policy.yaml');
  const patterns = (some: readonly Region[]): string => some.map(({ host }) => `"${host}/**"`).join(', ');
  writeFileSync(
    policy,
    `version: 1
trust: { release: { keys: [release.pub] }, publisher: { keys: [publisher.pub] } }
catalogues: { shop: { collections: ${patterns([first])}, mirrors: [${patterns(others)}], signedBy: publisher } }
rules: [{ images: [${patterns(regions)}], require: release, tag: trusted, catalogue: shop }]
`,
  );
  const how = ['--policy', policy, '--state', join(dir, 'publisher-state'), '--catalogue-key', publisher.key];
  const collection = `${first.host}/shop/api`;
  await ok(['tags', 'init', ...how, collection]);
  const client = createRegistryClient();
  const digests: string[] = [];
  const publish = async (): Promise<string> => {
    const name = `shop/api:i${digests.length}`;
    const digest = await pushRunnable(client, first.host, name);
    const image = await first.store.resolve(digest);
    await first.store.tag(image, 'v');
    digests.push(digest);
    const receipt = join(dir, `receipt-${digests.length}.json`);
    const args = ['sign', '--publish', '--key', release.key, ...how, '--receipt', receipt];
    await ok([...args, `${collection}:v@${digest}`]);
    const head = await first.store.resolve(HEAD_TAG);
    for (const region of others) void replicate(first.store, region, [image, head]);
    return receipt;
  };
  await publish();
  await sleep(400);
  return { policy, digests, publish };
}

/** Image first, the catalogue last, as they were when they were sent. */
async function replicate(
  from: Store,
  { store, lagMs }: Region,
  [image, head]: readonly [Resolved, Resolved],
): Promise<void> {
  if (lagMs === undefined) return;
  await sleep(lagMs);
  try {
    await copy(from, store, image, { tag: 'v' });
    await copy(from, store, head, { tag: HEAD_TAG, referrers: false });
  } catch (error) {
    // The trial is over, or the next copy brings it.
    if (!(error instanceof Error)) throw error;
  }
}

function clientIn({ name, host }: Region, policy: string, state: string | undefined): Asker {
  const how = state === undefined ? ['--no-state'] : ['--state', state];
  return {
    name: `a client in the ${name}`,
    async ask() {
      const args = ['resolve', '--policy', policy, '--timeout', '5s', ...how, `${host}/shop/api:v`];
      const { code, stdout } = await signet(args);
      return code === 0 ? (stdout.trim().split('@')[1] ?? '') : code === 1 ? 'denied' : 'undecided';
    },
  };
}

async function serverIn(
  { name, host }: Region,
  policy: string,
  state: string,
): Promise<Asker & { stop(): Promise<void> }> {
  const times = ['--fresh', '100ms', '--stale', '100ms', '--tags', '100ms', '--denied', '100ms'];
  const args = ['serve', '--policy', policy, '--port', '0', '--state', state, ...times];
  const server = await startSignet(args, { ready: /(http:\/\/127\.0\.0\.1:\d+)/ });
  const url = server.match[1] ?? '';
  return {
    name: `a server in the ${name}`,
    stop: () => server.stop('SIGKILL'),
    async ask() {
      await sleep(50);
      const response = await fetch(`${url}/mutate?timeout=5s`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(admissionReview(pod(`${host}/shop/api:v`))),
      });
      const { response: answer } = (await response.json()) as {
        readonly response: {
          readonly allowed: boolean;
          readonly patch?: string;
          readonly status?: { readonly message: string };
        };
      };
      const patch = Buffer.from(answer.patch ?? '', 'base64').toString();
      const digest = /@(sha256:[0-9a-f]{64})/.exec(patch)?.[1];
      if (answer.allowed && digest !== undefined) return digest;
      return answer.status?.message.includes('undecided') === true ? 'undecided' : 'denied';
    },
  };
}
