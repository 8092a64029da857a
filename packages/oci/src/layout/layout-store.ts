import { checkBound, checkedBytes, checkNotAborted, notFound } from '../checked.ts';
import type { Descriptor } from '../descriptor.ts';
import { type Digest, isDigest } from '../digest.ts';
import { RegistryError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { artifactTypeOf, type Manifest, parseManifest } from '../manifest.ts';
import { isManifestMediaType } from '../media-types.ts';
import { isTag } from '../reference.ts';
import type {
  Pushed,
  ReadOptions,
  ReferrersOptions,
  ReferrersPage,
  Resolved,
  ResolveOptions,
  Store,
  TagOptions,
  WriteOptions,
} from '../store.ts';
import { checkTag, checkTagCondition, checkTagOrDigest, mayHaveType, notAsBlob } from '../store-rules.ts';
import type { BlobFiles } from './blobs.ts';
import { entryNamed, hasEntry, nameEntry, putEntry, removeEntries, unnameEntry } from './index-entries.ts';
import type { ManifestFacts } from './manifest-facts.ts';
import type { LayoutState } from './state.ts';

/** The opened parts of a layout. */
export interface LayoutParts {
  readonly dir: string;
  readonly limits: Limits;
  readonly blobs: BlobFiles;
  readonly facts: ManifestFacts;
  readonly state: LayoutState;
}

/** The Store over an opened layout; made by `openLayout`. */
export class LayoutFolder implements Store {
  readonly dir: string;
  readonly #limits: Limits;
  readonly #blobs: BlobFiles;
  readonly #facts: ManifestFacts;
  readonly #state: LayoutState;

  constructor(parts: LayoutParts) {
    this.dir = parts.dir;
    this.#limits = parts.limits;
    this.#blobs = parts.blobs;
    this.#facts = parts.facts;
    this.#state = parts.state;
  }

  async resolve(tagOrDigest: string, options?: ResolveOptions): Promise<Resolved> {
    checkNotAborted(options?.signal);
    const found = isDigest(tagOrDigest)
      ? (await this.#state.catalogue()).find(tagOrDigest)
      : entryNamed(await this.#state.index(), checkTagOrDigest(tagOrDigest))?.descriptor;
    if (found === undefined) throw notFound(`manifest ${JSON.stringify(tagOrDigest)}`);
    if (!isManifestMediaType(found.mediaType))
      throw new RegistryError('MANIFEST_INVALID', `${JSON.stringify(tagOrDigest)} names no manifest in this layout`);
    if (options?.known?.descriptor.digest === found.digest) return options.known;
    const descriptor = { mediaType: found.mediaType, digest: found.digest, size: found.size };
    return { descriptor, bytes: await this.fetch(descriptor, options) };
  }

  async fetch(target: Descriptor, options?: ReadOptions): Promise<Uint8Array> {
    checkNotAborted(options?.signal);
    checkBound(target, options, this.#limits);
    return await this.#blobs.read(target);
  }

  async open(target: Descriptor, options?: ReadOptions): Promise<AsyncIterable<Uint8Array>> {
    checkNotAborted(options?.signal);
    return await this.#blobs.open(target, options?.signal);
  }

  async exists(target: Descriptor, options?: ReadOptions): Promise<boolean> {
    checkNotAborted(options?.signal);
    if ((await this.#blobs.sizeOf(target.digest)) === undefined) return false;
    // A manifest's file that no index leads to (a crash before its entry was written) has still to be pushed.
    return !isManifestMediaType(target.mediaType) || (await this.#isManifest(target.digest));
  }

  async *referrers(subject: Descriptor, options?: ReferrersOptions): AsyncGenerator<ReferrersPage, void, undefined> {
    checkNotAborted(options?.signal);
    const catalogue = await this.#state.catalogue();
    const all = catalogue.referrersOf(subject.digest);
    const wanted = all.filter((listed) => mayHaveType(listed, options?.artifactType));
    yield { via: 'scan', descriptors: wanted.slice(0, this.#limits.maxReferrers) };
    if (wanted.length > this.#limits.maxReferrers)
      throw new RegistryError('LIMIT_REACHED', `more than ${this.#limits.maxReferrers} referrers`);
    if (catalogue.gap !== undefined) throw catalogue.gap;
  }

  async *tags(options?: ReadOptions): AsyncGenerator<string, void, undefined> {
    for (const name of [...(await this.#state.index()).named.keys()]) {
      checkNotAborted(options?.signal);
      if (isTag(name)) yield name;
    }
  }

  async push(content: Uint8Array, as: Descriptor, options?: WriteOptions): Promise<Pushed> {
    checkNotAborted(options?.signal);
    checkedBytes(content, as);
    if (isManifestMediaType(as.mediaType)) return await this.#pushManifest({ descriptor: as, bytes: content });
    await this.#blobs.write(content, as);
    return {};
  }

  async pushStream(content: AsyncIterable<Uint8Array>, as: Descriptor, options?: WriteOptions): Promise<void> {
    checkNotAborted(options?.signal);
    if (isManifestMediaType(as.mediaType)) throw notAsBlob(as);
    await this.#blobs.writeStream(content, as, options?.signal);
  }

  async adopt(path: string, as: Descriptor): Promise<void> {
    if (isManifestMediaType(as.mediaType)) throw notAsBlob(as);
    await this.#blobs.adopt(path, as);
  }

  async mount(_blob: Descriptor, _fromRepository: string, options?: WriteOptions): Promise<boolean> {
    checkNotAborted(options?.signal);
    return false;
  }

  async tag(manifest: Resolved, tag: string, options: TagOptions = {}): Promise<Pushed> {
    checkNotAborted(options.signal);
    checkedBytes(manifest.bytes, manifest.descriptor);
    return await this.#pushManifest(manifest, { ...options, tag: checkTag(tag) });
  }

  async delete(target: Descriptor, options?: WriteOptions): Promise<void> {
    checkNotAborted(options?.signal);
    const { digest } = target;
    if (!isManifestMediaType(target.mediaType)) return await this.#deleteBlob(digest);
    const isNested = (await this.#state.catalogue()).find(digest) !== undefined;
    await this.#state.change({
      apply: (draft) => {
        if (!removeEntries(draft, digest) && !isNested) throw notFound(digest);
        return true;
      },
      update: (catalogue) => catalogue.remove(digest),
      after: async (index) => {
        if (hasEntry(index, digest)) return; // pushed again in the same batch
        this.#facts.forget(digest);
        await this.#blobs.remove(digest);
      },
    });
  }

  async untag(tag: string, options?: WriteOptions): Promise<void> {
    checkNotAborted(options?.signal);
    checkTag(tag);
    await this.#state.change({
      apply: (draft) => {
        if (!unnameEntry(draft, tag)) throw notFound(`tag ${tag}`);
        return true;
      },
      update: async () => true,
    });
  }

  sizeOf(digest: Digest): Promise<number | undefined> {
    return this.#blobs.sizeOf(digest);
  }

  openRange(
    digest: Digest,
    range: { readonly start: number; readonly end: number },
  ): Promise<AsyncIterable<Uint8Array>> {
    return this.#blobs.openRange(digest, range);
  }

  async #isManifest(digest: Digest): Promise<boolean> {
    return hasEntry(await this.#state.index(), digest) || (await this.#state.catalogue()).find(digest) !== undefined;
  }

  async #deleteBlob(digest: Digest): Promise<void> {
    if ((await this.#isManifest(digest)) || !(await this.#blobs.remove(digest))) throw notFound(`blob ${digest}`);
  }

  async #pushManifest(pushed: Resolved, named?: TagOptions & { readonly tag: string }): Promise<Pushed> {
    const { descriptor, bytes } = pushed;
    checkBound(descriptor, undefined, this.#limits);
    const manifest = parseManifest(bytes, descriptor.mediaType);
    const entry = toIndexDescriptor(manifest, descriptor);
    const written = this.#blobs.write(bytes, descriptor);
    written.catch(() => {}); // told by `before`
    await this.#state.change({
      apply: (draft) => {
        if (named?.condition !== undefined)
          checkTagCondition(named.tag, entryNamed(draft, named.tag)?.descriptor.digest, named.condition);
        if (named === undefined) return putEntry(draft, entry);
        named.beforeWrite?.();
        return nameEntry(draft, named.tag, entry);
      },
      before: async () => {
        await written;
        // A deletion may have come between.
        if ((await this.#blobs.sizeOf(descriptor.digest)) === undefined) await this.#blobs.write(bytes, descriptor);
      },
      update: async (catalogue) => {
        this.#facts.learn(manifest, descriptor);
        await catalogue.add(descriptor);
        return true;
      },
    });
    return manifest.subject === undefined ? {} : { referrers: 'scan' };
  }
}

/** The entry of `index.json`: the artifact type is the manifest's own, so that other programs find it by it. Rule: wire-formats 2.9. */
function toIndexDescriptor(manifest: Manifest, { mediaType, digest, size }: Descriptor): Descriptor {
  const isArtifact = manifest.artifactType !== undefined || manifest.subject !== undefined;
  const artifactType = isArtifact ? artifactTypeOf(manifest) : undefined;
  return { mediaType, digest, size, ...(artifactType === undefined ? {} : { artifactType }) };
}
