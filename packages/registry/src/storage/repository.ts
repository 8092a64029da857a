import { randomUUID } from 'node:crypto';
import { constants, copyFile, link, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Descriptor, type Digest, isDigest, type Manifest, makeFolders } from '@signet/oci';
import { ApiError } from '../errors.ts';
import type { ContentCache } from './content-cache.ts';
import {
  addManifest,
  blobPath,
  type Contents,
  emptyContents,
  loadContents,
  type Referrer,
  removeManifest,
} from './contents.ts';
import { createKeyLock, type KeyLock } from './key-lock.ts';
import { type LayoutWriter, openWriter } from './layout-writer.ts';

/** Whether a write may go through where the digest is `now` (undefined: nothing is there). */
export type WriteCondition = (now: Digest | undefined) => boolean;

export interface NewManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
  readonly tags: readonly string[];
  /** Of each tag or, where there is none, of the manifest itself. */
  readonly condition?: WriteCondition | undefined;
}

export interface RepositoryOptions {
  readonly name: string;
  /** The folder ROOT/<name>. */
  readonly dir: string;
  /** Whether there is a layout to read. */
  readonly exists: boolean;
  readonly cache: ContentCache;
  /** A tag that, once it is there, stays what it is. */
  readonly isImmutable: (tag: string) => boolean;
  /** Called once, when the layout was made for the first content. */
  readonly onCreated: () => void;
}

/** Opens a repository; one that does not exist yet gets its layout with its first content. */
export async function openRepository(options: RepositoryOptions): Promise<Repository> {
  const layoutDir = join(options.dir, '_layout');
  if (!options.exists) return new Repository(options, emptyContents(), undefined);
  const writer = await openWriter(layoutDir);
  return new Repository(options, await loadContents(layoutDir, writer), writer);
}

/** One repository. What is acknowledged is on disk; lookups of manifests, tags and referrers are in memory. */
export class Repository {
  readonly name: string;
  readonly #options: RepositoryOptions;
  readonly #layoutDir: string;
  readonly #contents: Contents;
  readonly #locked: KeyLock = createKeyLock();
  readonly #sortedReferrers = new Map<Digest, readonly Referrer[]>();
  #sortedTags: readonly string[] | undefined;
  #uploadsDir: Promise<string> | undefined;
  #writer: Promise<LayoutWriter> | undefined;

  constructor(options: RepositoryOptions, contents: Contents, writer: LayoutWriter | undefined) {
    this.name = options.name;
    this.#options = options;
    this.#layoutDir = join(options.dir, '_layout');
    this.#contents = contents;
    this.#writer = writer === undefined ? undefined : Promise.resolve(writer);
  }

  /** The folder of its unfinished uploads, made where it is missing. */
  uploadsDir(): Promise<string> {
    this.#uploadsDir ??= makeDir(join(this.#options.dir, '_uploads'));
    return this.#uploadsDir;
  }

  manifest(tagOrDigest: string): Descriptor | undefined {
    const digest = isDigest(tagOrDigest) ? tagOrDigest : this.#contents.tags.get(tagOrDigest);
    return digest === undefined ? undefined : this.#contents.manifests.get(digest);
  }

  /** @throws {RegistryError} DIGEST_MISMATCH where the file on disk was damaged */
  async readManifest(descriptor: Descriptor): Promise<Uint8Array> {
    const { cache } = this.#options;
    const key = this.#key(descriptor.digest);
    const cached = cache.get(key);
    if (cached !== undefined) return cached;
    const bytes = await (await this.#layout()).fetch(descriptor);
    if (this.#contents.manifests.has(descriptor.digest)) cache.set(key, bytes);
    return bytes;
  }

  /** Sorted by code unit. */
  tags(): readonly string[] {
    this.#sortedTags ??= [...this.#contents.tags.keys()].sort();
    return this.#sortedTags;
  }

  /** Sorted by digest. */
  referrers(subject: Digest): readonly Referrer[] {
    const known = this.#sortedReferrers.get(subject);
    if (known !== undefined) return known;
    const list = this.#contents.referrers.get(subject);
    if (list === undefined) return [];
    const sorted = [...list.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
    this.#sortedReferrers.set(subject, sorted);
    return sorted;
  }

  /** Size in bytes of a blob (or manifest), undefined where it is not there. */
  async blobSize(digest: Digest): Promise<number | undefined> {
    return (await this.#writer)?.sizeOf(digest);
  }

  /** A whole small blob, checked. @throws {RegistryError} DIGEST_MISMATCH where the file on disk was damaged */
  async readBlob(digest: Digest, size: number): Promise<Uint8Array> {
    return (await this.#layout()).fetch(blobDescriptor(digest, size));
  }

  /** Bytes `start` to `end` (not included) as they come. */
  async openBlob(
    digest: Digest,
    range: { readonly start: number; readonly end: number },
  ): Promise<AsyncIterable<Uint8Array>> {
    return (await this.#layout()).openRange(digest, range);
  }

  /** Takes a finished file, whose digest was checked, for a blob. */
  async adoptBlob(path: string, digest: Digest, size: number): Promise<void> {
    const to = await this.#layout();
    await this.#locked([digest], () => to.adopt(path, blobDescriptor(digest, size)));
  }

  /** Takes a blob over from another repository by a hard link, else a copy; false where that one lacks it. */
  async mountBlob(from: Repository, digest: Digest): Promise<boolean> {
    const size = await from.blobSize(digest);
    const temporary = join(await this.uploadsDir(), `mount-${randomUUID()}`);
    if (size === undefined || !(await linkOrCopy(blobPath(from.#layoutDir, digest), temporary))) return false;
    await this.adoptBlob(temporary, digest, size);
    // Renaming a link to a name of the same file does nothing and leaves it (POSIX).
    await rm(temporary, { force: true });
    return true;
  }

  /** False where it is not there. */
  deleteBlob(digest: Digest): Promise<boolean> {
    return this.#locked([digest], async () => {
      const size = await this.blobSize(digest);
      if (size === undefined) return false;
      await (await this.#layout()).delete(blobDescriptor(digest, size));
      return true;
    });
  }

  /** @throws {ApiError} 412 where the condition does not hold, DENIED where a tag that is immutable names another manifest */
  async putManifest(added: NewManifest): Promise<void> {
    const { descriptor, bytes, manifest, tags, condition } = added;
    const { digest } = descriptor;
    const to = await this.#layout();
    await this.#locked([digest, ...tags], async () => {
      this.#checkImmutable(tags.filter((tag) => this.#contents.tags.get(tag) !== digest));
      for (const reference of tags.length === 0 ? [digest] : tags) this.#check(condition, reference);
      const [first, ...others] = tags;
      if (first === undefined) await to.push(bytes, descriptor);
      else await to.tag({ descriptor, bytes }, first);
      // Side by side: the layout writes them in one go.
      await Promise.all(others.map((tag) => to.tag({ descriptor, bytes }, tag)));
      addManifest(this.#contents, manifest, descriptor);
      for (const tag of tags) this.#contents.tags.set(tag, digest);
      this.#changed(digest);
      this.#options.cache.set(this.#key(digest), bytes);
    });
  }

  /** The tags that name it go with it. False where it is not there. @throws {ApiError} 412, DENIED as for a push */
  deleteManifest(digest: Digest, condition?: WriteCondition): Promise<boolean> {
    return this.#locked([digest], async () => {
      const descriptor = this.#contents.manifests.get(digest);
      if (descriptor === undefined) return false;
      this.#checkImmutable([...this.#contents.tags.keys()].filter((tag) => this.#contents.tags.get(tag) === digest));
      this.#check(condition, digest);
      await (await this.#layout()).delete(descriptor);
      this.#changed(digest);
      removeManifest(this.#contents, digest);
      this.#options.cache.delete(this.#key(digest));
      return true;
    });
  }

  /** False where it is not there. @throws {ApiError} 412, DENIED as for a push */
  untag(tag: string, condition?: WriteCondition): Promise<boolean> {
    return this.#locked([tag], async () => {
      if (!this.#contents.tags.has(tag)) return false;
      this.#checkImmutable([tag]);
      this.#check(condition, tag);
      await (await this.#layout()).untag(tag);
      this.#contents.tags.delete(tag);
      this.#sortedTags = undefined;
      return true;
    });
  }

  /** The layout for writing, made when it is first needed. */
  #layout(): Promise<LayoutWriter> {
    this.#writer ??= this.#create();
    return this.#writer;
  }

  async #create(): Promise<LayoutWriter> {
    try {
      const writer = await openWriter(this.#layoutDir);
      this.#options.onCreated();
      return writer;
    } catch (error) {
      this.#writer = undefined;
      throw error;
    }
  }

  /** Docker Hub answers a push to such a tag with this status. @throws {ApiError} DENIED for those that are there and are to change */
  #checkImmutable(tags: readonly string[]): void {
    const tag = tags.find((each) => this.#contents.tags.has(each) && this.#options.isImmutable(each));
    if (tag !== undefined) throw new ApiError(403, 'DENIED', `the tag ${tag} is immutable`, { detail: { tag } });
  }

  /** Rule: RFC 9110, 13.1. @throws {ApiError} 412 */
  #check(holds: WriteCondition | undefined, reference: string): void {
    const now = this.manifest(reference)?.digest;
    if (holds === undefined || holds(now)) return;
    const found = now === undefined ? 'is not there' : `is ${now}`;
    throw new ApiError(412, 'MANIFEST_INVALID', `the condition does not hold: ${reference} ${found}`);
  }

  #changed(digest: Digest): void {
    this.#sortedTags = undefined;
    const subject = this.#contents.subjects.get(digest);
    if (subject !== undefined) this.#sortedReferrers.delete(subject);
  }

  #key(digest: Digest): string {
    return `${this.name}@${digest}`;
  }
}

function blobDescriptor(digest: Digest, size: number): Descriptor {
  return { mediaType: 'application/octet-stream', digest, size };
}

async function makeDir(path: string): Promise<string> {
  await makeFolders(path);
  return path;
}

/** False where the source went away meanwhile. */
async function linkOrCopy(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to).catch(() => copyFile(from, to, constants.COPYFILE_FICLONE));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
