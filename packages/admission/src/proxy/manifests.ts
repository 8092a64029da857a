import { type Digest, type Manifest, parseManifest, type Resolved, type Source } from '@signet/oci';
import { LRUCache } from 'lru-cache';
import { createSingleFlight } from '../cache/single-flight.ts';
import type { ContentCache } from './content-cache.ts';
import type { Target } from './upstreams.ts';

/** A manifest, and what is in it. */
export interface ReadManifest extends Resolved {
  readonly manifest: Manifest;
}

/** Manifests of the registries behind the proxy; those that were read lately are kept. */
export interface Manifests {
  /**
   * What is known to be there: another repository may have had the same bytes.
   * @throws {RegistryError} NOT_FOUND, and what the registry's answer is
   */
  read(target: Target, digest: Digest): Promise<ReadManifest>;
  /** What this very repository has. @throws {RegistryError} the same */
  ask(target: Target, digest: Digest): Promise<ReadManifest>;
  /** What a tag names now, by one request. @throws {RegistryError} the same */
  resolve(target: Target, tag: string): Promise<ReadManifest>;
}

/** Where manifests are read. */
export interface ManifestsOptions {
  readonly open: (target: Target) => Source;
  readonly cache?: ContentCache;
}

/** Bytes of manifests in memory. */
const maxBytes = 32 * 1024 * 1024;
/** Requests that are under way at the same time. */
const maxRunning = 1000;
/** The end of what goes on after its caller went away. */
const flightMs = 30_000;

export function createManifests({ open, cache }: ManifestsOptions): Manifests {
  const kept = new LRUCache<string, ReadManifest>({
    maxSize: maxBytes,
    sizeCalculation: ({ bytes }) => bytes.length + 1024,
  });
  const asking = createSingleFlight<ReadManifest>(maxRunning);
  const keep = (target: Target, read: ReadManifest): ReadManifest => {
    kept.set(`${target.image}@${read.descriptor.digest}`, read);
    return read;
  };
  const request = async (target: Target, tagOrDigest: string): Promise<ReadManifest> => {
    const resolved = await open(target).resolve(tagOrDigest, { signal: AbortSignal.timeout(flightMs) });
    await cache?.store(resolved);
    return keep(target, parsed(resolved));
  };
  const ask: Manifests['ask'] = async (target, digest) => {
    const key = `${target.image}@${digest}`;
    return kept.get(key) ?? (await asking.run(key, () => request(target, digest)));
  };
  return {
    ask,
    async read(target, digest) {
      const known = kept.get(`${target.image}@${digest}`);
      if (known !== undefined) return known;
      const stored = await cache?.manifest(digest);
      return stored === undefined ? await ask(target, digest) : keep(target, parsed(stored));
    },
    resolve: (target, tag) => asking.run(`${target.image}:${tag}`, () => request(target, tag)),
  };
}

function parsed({ descriptor, bytes }: Resolved): ReadManifest {
  return { descriptor, bytes, manifest: parseManifest(bytes, descriptor.mediaType) };
}
