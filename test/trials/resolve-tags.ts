import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRegistryClient, type Source, type Store } from '@signet/oci';
import { type Entry, fileStatePlace, memoryPlaces, type TagState, type TrustedTagsOptions } from '@signet/signed-tags';
import { at, entry, image, newClient, publish } from '../signed-tags/client/client-world.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';

/** One line for the list of trials. */
export const about: string =
  'trusted tags of a catalogue with 10,000 tags: time, requests and bytes of one answer, cold and warm';

const rounds = 60;

/** What one answer cost. */
interface Cost {
  readonly wallMs: number;
  /** Of the processor, the registry's own work included: it runs in this process. */
  readonly workMs: number;
  readonly bytes: number;
  readonly requests: number;
}

/** `npm run trial -- resolve-tags [TAGS] [BITS]`: default 10,000 tags in 256 shards. */
export async function trial([count = '10000', bits = '8']: readonly string[]): Promise<boolean> {
  const registry = await startEmbeddedRegistry();
  const client = createRegistryClient();
  const folder = mkdtempSync(join(tmpdir(), 'signet-resolve-tags-'));
  try {
    const store = client.repository({ registry: registry.host, repository: 'shop/api' });
    await publish(store, {
      issued: at(6),
      tags: await tagsOf(Number(count)),
      ...(bits === '0' ? {} : { bits: Number(bits) }),
    });
    const warm = memoryPlaces();
    const kinds: readonly (readonly [string, () => TrustedTagsOptions['placeOf'], boolean])[] = [
      ['cold', () => memoryPlaces(), true],
      ['warm, state in memory', () => warm, false],
      ['warm, state in a file', () => (where) => fileStatePlace({ folder, ...where }), false],
    ];
    const results = new Map<string, Cost[]>();
    // In turns, so that what else the machine does meets all of them.
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, placeOf, isCold] of kinds) {
        const cost = await costOf(store, placeOf(), isCold ? `v${round * 7}` : 'v1');
        // The first are what fills memory, and what the program is compiled in.
        if (round >= 10) results.set(name, [...(results.get(name) ?? []), cost]);
      }
    }
    return [...results].map(([name, costs]) => isWithin(name, costs)).every(Boolean);
  } finally {
    await client.close();
    await registry.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function tagsOf(count: number): Promise<Record<string, TagState>> {
  const all: [string, TagState][] = [];
  for (let index = 0; index < count; index += 1) {
    const own: Entry = await entry(`v${index}`, `image ${index % 10}`, at(0));
    all.push([`v${index}`, { entries: [own] }]);
  }
  return Object.fromEntries(all);
}

async function costOf(store: Store, placeOf: TrustedTagsOptions['placeOf'], tag: string): Promise<Cost> {
  let [bytes, requests] = [0, 0];
  const counted = <T extends Uint8Array>(read: T): T => {
    bytes += read.length;
    return read;
  };
  const source: Source = {
    ...store,
    async resolve(name, options) {
      requests += 1;
      const resolved = await store.resolve(name, options);
      if (resolved !== options?.known) counted(resolved.bytes);
      return resolved;
    },
    async fetch(target, options) {
      requests += 1;
      return counted(await store.fetch(target, options));
    },
  };
  const asking = newClient(store, placeOf === undefined ? {} : { placeOf });
  const [startMs, startWork] = [performance.now(), process.cpuUsage()];
  const answer = await asking.ask(`:${tag}`, { now: at(7), source: source as Store });
  const work = process.cpuUsage(startWork);
  const wallMs = performance.now() - startMs;
  if (answer.kind !== 'trusted' || answer.digest !== image(`image ${Number(tag.slice(1)) % 10}`).digest)
    throw new Error(`${tag}: ${JSON.stringify(answer)}`);
  return { wallMs, workMs: (work.user + work.system) / 1000, bytes, requests };
}

/** What issue and specification ask for: medians. */
const most = { cold: { workMs: 150, bytes: 150_000 }, warm: { workMs: 20, bytes: 150_000 } };

function isWithin(name: string, costs: readonly Cost[]): boolean {
  const median = (of: (cost: Cost) => number): number =>
    costs.map(of).toSorted((a, b) => a - b)[Math.floor(costs.length / 2)] ?? 0;
  const [wallMs, workMs] = [median((cost) => cost.wallMs), median((cost) => cost.workMs)];
  const [bytes, requests] = [median((cost) => cost.bytes), median((cost) => cost.requests)];
  const bound = name === 'cold' ? most.cold : most.warm;
  const isGood = workMs < bound.workMs && bytes <= bound.bytes;
  console.log(
    `${name.padEnd(22)} ${wallMs.toFixed(1)} ms, of work ${workMs.toFixed(1)} ms (at most ${bound.workMs}), ${bytes} bytes (at most ${bound.bytes}), ${requests} requests${isGood ? '' : ': TOO MUCH'}`,
  );
  return isGood;
}
