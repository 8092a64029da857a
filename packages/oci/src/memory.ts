import { checkedBytes, checkedStream } from './checked.ts';
import type { Descriptor } from './descriptor.ts';
import { type Digest, isDigest } from './digest.ts';
import { RegistryError } from './errors.ts';
import { defaultLimits } from './limits.ts';
import { parseManifest, toReferrerDescriptor } from './manifest.ts';
import { isManifestMediaType } from './media-types.ts';
import { isTag } from './reference.ts';
import type { Pushed, ReferrersPage, Resolved, Store, TagCondition } from './store.ts';

interface Held {
  readonly manifests: Map<Digest, Resolved>;
  readonly blobs: Map<Digest, Uint8Array>;
  readonly tags: Map<string, Digest>;
  /** Listing entries by subject, in the order of pushing. */
  readonly referrers: Map<Digest, Map<Digest, Descriptor>>;
}

/** A repository in memory: for tests, examples and short-lived work. It is gone with the process. */
export function createMemoryStore(): Store {
  const held: Held = { manifests: new Map(), blobs: new Map(), tags: new Map(), referrers: new Map() };
  return {
    resolve: async (tagOrDigest, options) => {
      options?.signal?.throwIfAborted();
      return resolveIn(held, tagOrDigest, options?.maxBytes ?? defaultLimits.maxManifestBytes);
    },
    fetch: async (target, options) => {
      options?.signal?.throwIfAborted();
      return checkedBytes(bytesOf(held, target), target, options?.maxBytes ?? defaultLimits.maxBlobBytes);
    },
    open: async (target, options) => {
      options?.signal?.throwIfAborted();
      return checkedStream(pieces(bytesOf(held, target)), target);
    },
    exists: async (target) => holds(held, target),
    referrers: async function* (subject): AsyncGenerator<ReferrersPage> {
      yield { via: 'scan', descriptors: [...(held.referrers.get(subject.digest)?.values() ?? [])] };
    },
    tags: async function* () {
      yield* [...held.tags.keys()];
    },
    push: async (content, as, options) => {
      options?.signal?.throwIfAborted();
      return pushInto(held, content, as);
    },
    pushStream: async (content, as, options) => {
      const kept: Uint8Array[] = [];
      for await (const piece of checkedStream(content, as)) {
        options?.signal?.throwIfAborted();
        kept.push(piece);
      }
      held.blobs.set(as.digest, Buffer.concat(kept));
    },
    mount: async () => false,
    tag: async (manifest, tag, options) => tagIn(held, { manifest, tag, condition: options?.condition }),
    delete: async (target) => deleteFrom(held, target),
    untag: async (tag) => {
      if (!held.tags.delete(tag)) throw notFound(tag);
    },
  };
}

function resolveIn(held: Held, tagOrDigest: string, maxBytes: number): Resolved {
  const digest = isDigest(tagOrDigest) ? tagOrDigest : held.tags.get(tagOrDigest);
  const found = digest === undefined ? undefined : held.manifests.get(digest);
  if (found === undefined) throw notFound(tagOrDigest);
  return { descriptor: found.descriptor, bytes: checkedBytes(found.bytes, found.descriptor, maxBytes) };
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
  const bytes = Uint8Array.from(checkedBytes(content, as, Number.POSITIVE_INFINITY));
  if (!isManifestMediaType(as.mediaType)) {
    held.blobs.set(as.digest, bytes);
    return {};
  }
  const manifest = parseManifest(bytes, as.mediaType);
  const descriptor = { mediaType: as.mediaType, digest: as.digest, size: bytes.length };
  held.manifests.set(as.digest, { descriptor, bytes });
  if (manifest.subject === undefined) return {};
  const listing = held.referrers.get(manifest.subject.digest) ?? new Map<Digest, Descriptor>();
  listing.set(as.digest, toReferrerDescriptor(manifest, descriptor));
  held.referrers.set(manifest.subject.digest, listing);
  return { referrers: 'scan' };
}

function tagIn(held: Held, what: { manifest: Resolved; tag: string; condition: TagCondition | undefined }): Pushed {
  const { manifest, tag, condition } = what;
  if (!isTag(tag)) throw new RegistryError('REFERENCE_INVALID', `not a tag: ${JSON.stringify(tag.slice(0, 140))}`);
  const now = held.tags.get(tag) ?? null;
  if (condition !== undefined && condition.expected !== now) {
    throw new RegistryError(
      'CONFLICT',
      `the tag ${tag} names ${now ?? 'nothing'}, expected ${condition.expected ?? 'nothing'}`,
    );
  }
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
  yield bytes;
}

function notFound(what: string): RegistryError {
  return new RegistryError('NOT_FOUND', `${what} is not there`);
}
