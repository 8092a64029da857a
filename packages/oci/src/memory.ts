import { checkBound, checkedBytes, checkedStream, checkNotAborted, notFound } from './checked.ts';
import type { Descriptor } from './descriptor.ts';
import { type Digest, isDigest } from './digest.ts';
import { RegistryError } from './errors.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { parseManifest, toReferrerDescriptor } from './manifest.ts';
import { isManifestMediaType } from './media-types.ts';
import type { Pushed, ReadOptions, ReferrersPage, Resolved, ResolveOptions, Store, TagOptions } from './store.ts';
import { checkTag, checkTagCondition, checkTagOrDigest, mayHaveType, notAsBlob } from './store-rules.ts';

/** `limits`: default {@link defaultLimits}. */
export interface MemoryStoreOptions {
  readonly limits?: Limits;
}

interface Held {
  readonly limits: Limits;
  readonly manifests: Map<Digest, Resolved>;
  readonly blobs: Map<Digest, Uint8Array>;
  readonly tags: Map<string, Digest>;
  /** Listing entries by subject, in the order of pushing. */
  readonly referrers: Map<Digest, Map<Digest, Descriptor>>;
}

/** A repository in memory: for tests, examples and short-lived work. It is gone with the process; `mount` is always false. */
export function createMemoryStore({ limits = defaultLimits }: MemoryStoreOptions = {}): Store {
  const held: Held = { limits, manifests: new Map(), blobs: new Map(), tags: new Map(), referrers: new Map() };
  const begin = (options: { readonly signal?: AbortSignal } | undefined): Held => {
    checkNotAborted(options?.signal);
    return held;
  };
  return {
    resolve: async (tagOrDigest, options) => resolveIn(begin(options), tagOrDigest, options),
    fetch: async (target, options) => fetchFrom(begin(options), target, options),
    open: async (target, options) => checkedStream(pieces(bytesOf(begin(options), target)), target, options?.signal),
    exists: async (target, options) => holds(begin(options), target),
    referrers: async function* (subject, options) {
      yield* listIn(begin(options), subject, options?.artifactType);
    },
    tags: async function* (options) {
      for (const tag of [...held.tags.keys()]) {
        begin(options);
        yield tag;
      }
    },
    push: async (content, as, options) => pushInto(begin(options), content, as),
    pushStream: async (content, as, options) => {
      if (isManifestMediaType(as.mediaType)) throw notAsBlob(as);
      const kept: Uint8Array[] = [];
      for await (const piece of checkedStream(content, as, options?.signal)) kept.push(Uint8Array.from(piece));
      begin(options).blobs.set(as.digest, Buffer.concat(kept));
    },
    mount: async (_blob, _fromRepository, options) => {
      begin(options);
      return false;
    },
    tag: async (manifest, tag, options = {}) => tagIn(begin(options), { manifest, tag, options }),
    delete: async (target, options) => deleteFrom(begin(options), target),
    untag: async (tag, options) => {
      if (!begin(options).tags.delete(checkTag(tag))) throw notFound(`tag ${tag}`);
    },
  };
}

function resolveIn(held: Held, tagOrDigest: string, options: ResolveOptions | undefined): Resolved {
  const digest = isDigest(tagOrDigest) ? tagOrDigest : held.tags.get(checkTagOrDigest(tagOrDigest));
  const found = digest === undefined ? undefined : held.manifests.get(digest);
  if (found === undefined) throw notFound(`manifest ${tagOrDigest}`);
  const known = options?.known;
  if (known !== undefined && known.descriptor.digest === digest) return known;
  return { descriptor: found.descriptor, bytes: fetchFrom(held, found.descriptor, options) };
}

/** A copy: what the caller does with it cannot change what is held. */
function fetchFrom(held: Held, target: Descriptor, options: ReadOptions | undefined): Uint8Array {
  checkBound(target, options, held.limits);
  return Uint8Array.from(checkedBytes(bytesOf(held, target), target));
}

function* listIn(held: Held, subject: Descriptor, artifactType: string | undefined): Generator<ReferrersPage> {
  const all = [...(held.referrers.get(subject.digest)?.values() ?? [])];
  const wanted = all.filter((listed) => mayHaveType(listed, artifactType));
  yield { via: 'scan', descriptors: wanted.slice(0, held.limits.maxReferrers) };
  if (wanted.length > held.limits.maxReferrers)
    throw new RegistryError('LIMIT_REACHED', `more than ${held.limits.maxReferrers} referrers`);
}

function bytesOf(held: Held, target: Descriptor): Uint8Array {
  const bytes = isManifestMediaType(target.mediaType)
    ? held.manifests.get(target.digest)?.bytes
    : held.blobs.get(target.digest);
  if (bytes === undefined) throw notFound(target.digest);
  return bytes;
}

function holds(held: Held, target: Descriptor): boolean {
  return isManifestMediaType(target.mediaType) ? held.manifests.has(target.digest) : held.blobs.has(target.digest);
}

function pushInto(held: Held, content: Uint8Array, as: Descriptor): Pushed {
  const bytes = Uint8Array.from(checkedBytes(content, as));
  if (!isManifestMediaType(as.mediaType)) {
    held.blobs.set(as.digest, bytes);
    return {};
  }
  checkBound(as, undefined, held.limits);
  const manifest = parseManifest(bytes, as.mediaType);
  const descriptor = { mediaType: as.mediaType, digest: as.digest, size: bytes.length };
  held.manifests.set(as.digest, { descriptor, bytes });
  if (manifest.subject === undefined) return {};
  const listing = held.referrers.get(manifest.subject.digest) ?? new Map<Digest, Descriptor>();
  listing.set(as.digest, toReferrerDescriptor(manifest, descriptor));
  held.referrers.set(manifest.subject.digest, listing);
  return { referrers: 'scan' };
}

function tagIn(held: Held, what: { manifest: Resolved; tag: string; options: TagOptions }): Pushed {
  const { manifest, tag, options } = what;
  checkTag(tag);
  checkTagCondition(tag, held.tags.get(tag), options.condition);
  options.beforeWrite?.();
  const pushed = pushInto(held, manifest.bytes, manifest.descriptor);
  held.tags.set(tag, manifest.descriptor.digest);
  return pushed;
}

function deleteFrom(held: Held, target: Descriptor): void {
  const isManifest = isManifestMediaType(target.mediaType);
  const removed = isManifest ? held.manifests.delete(target.digest) : held.blobs.delete(target.digest);
  if (!removed) throw notFound(target.digest);
  if (!isManifest) return;
  for (const [tag, digest] of held.tags) if (digest === target.digest) held.tags.delete(tag);
  for (const listing of held.referrers.values()) listing.delete(target.digest);
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.slice(at, at + 65_536);
}
