import { randomUUID } from 'node:crypto';
import { type FileHandle, lstat, open, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Descriptor,
  type Digest,
  isDigest,
  type LayoutStore,
  makeFolders,
  openLayout,
  parseManifest,
  type Resolved,
  takeLockFile,
  unlessMissing,
} from '@signet/oci';
import type { ByteRange } from '@signet/registry';
import { AdmissionError } from '../errors.ts';
import type { Pieces } from './pieces.ts';

/** Checked content on disk, the least recently used dropped first. Where it fails it is as if it held nothing. */
export interface ContentCache {
  has(blob: Descriptor): boolean;
  /** Undefined where it is not here. The iteration fails where the file was damaged meanwhile. */
  open(blob: Descriptor, range?: ByteRange): Promise<Cached | undefined>;
  /** The same pieces, kept once they have ended well: who gives them has checked them then. */
  filling(blob: Descriptor, pieces: Pieces): Pieces;
  manifest(digest: Digest): Promise<Resolved | undefined>;
  store(manifest: Resolved): Promise<void>;
  /** Of all files. */
  readonly bytes: number;
  close(): Promise<void>;
}

/** What the cache gives: of a range its bytes alone where the file was checked before, else all of it, checked as it comes. */
export interface Cached {
  readonly pieces: Pieces;
  readonly isPart: boolean;
}

/** How a cache is opened. */
export interface ContentCacheOptions {
  /** All files together; what is larger than a half of it is not kept. */
  readonly maxBytes: number;
  /** Told of what went wrong with a file. */
  readonly onFailure: (error: unknown) => void;
}

/** One file. `isChecked`: its digest was, since the cache was opened. */
interface Entry {
  readonly size: number;
  readonly isChecked: boolean;
}

const marker = 'signet-cache';
const markerText = 'signet proxy serve keeps content here. It may be removed while no proxy uses it.\n';
const largestShare = 2;
/** Manifests too: their own type is in them. */
const mediaType = 'application/octet-stream';

/**
 * Opens the cache in a folder, which is made where it is missing. One process at a time.
 * @throws {AdmissionError} SERVER_INVALID for a folder that holds other things, and for one in use; {RegistryError} LAYOUT_INVALID, IO; what
 * node throws for a folder that is not to be had
 */
export async function openContentCache(dir: string, options: ContentCacheOptions): Promise<ContentCache> {
  await makeFolders(dir);
  await checkFolder(dir);
  const busy = (owner: string): Error => new AdmissionError('SERVER_INVALID', `the cache ${dir} is in use by ${owner}`);
  const release = await takeLockFile(join(dir, 'lock'), { waitMs: 2000, busy });
  try {
    const unfinished = join(dir, 'unfinished');
    await rm(unfinished, { recursive: true, force: true });
    await makeFolders(unfinished);
    const layout = await openLayout(join(dir, 'content'), { create: true, exclusive: true });
    return new FolderCache({ layout, unfinished, release, entries: await entriesOf(layout), ...options });
  } catch (error) {
    await release();
    throw error;
  }
}

/** A folder that is somebody's must not be cleared by a cache that gets too large. */
async function checkFolder(dir: string): Promise<void> {
  const names = (await readdir(dir)).filter((name) => name !== 'lost+found');
  if (names.length === 0) return await writeFile(join(dir, marker), markerText);
  if (names.includes(marker)) return;
  throw new AdmissionError('SERVER_INVALID', `${dir} holds something else than a cache: name an empty folder`);
}

/** What is there from before, the oldest first. */
async function entriesOf({ dir }: LayoutStore): Promise<Map<Digest, Entry>> {
  const found: { readonly digest: Digest; readonly size: number; readonly mtimeMs: number }[] = [];
  for (const algorithm of ['sha256', 'sha512']) {
    const folder = join(dir, 'blobs', algorithm);
    for (const name of await readdir(folder).catch(() => [])) {
      const digest = `${algorithm}:${name}`;
      const facts = await lstat(join(folder, name));
      if (isDigest(digest) && facts.isFile()) found.push({ digest, size: facts.size, mtimeMs: facts.mtimeMs });
    }
  }
  found.sort((one, other) => one.mtimeMs - other.mtimeMs);
  return new Map(found.map(({ digest, size }) => [digest, { size, isChecked: false }]));
}

interface Parts extends ContentCacheOptions {
  readonly layout: LayoutStore;
  readonly unfinished: string;
  readonly release: () => Promise<void>;
  readonly entries: Map<Digest, Entry>;
}

class FolderCache implements ContentCache {
  private readonly parts: Parts;
  /** The one that was unused for longest first: a Map keeps the order of insertion. */
  private readonly entries: Map<Digest, Entry>;
  private readonly writing = new Map<Digest, number>();
  private stored: number;

  constructor(parts: Parts) {
    this.parts = parts;
    this.entries = parts.entries;
    this.stored = [...parts.entries.values()].reduce((sum, { size }) => sum + size, 0);
  }

  get bytes(): number {
    return this.stored;
  }

  has({ digest, size }: Descriptor): boolean {
    return this.entries.get(digest)?.size === size;
  }

  async open(blob: Descriptor, range?: ByteRange): Promise<Cached | undefined> {
    const { digest, size } = blob;
    const entry = this.entries.get(digest);
    if (entry?.size !== size) return undefined;
    this.put(digest, entry);
    try {
      if (range === undefined || !entry.isChecked) return { pieces: await this.checked(blob), isPart: false };
      const part = { start: range.start, end: range.end + 1 };
      return { pieces: await this.parts.layout.openRange(digest, part), isPart: true };
    } catch (error) {
      await this.drop(digest, error);
      return undefined;
    }
  }

  filling(blob: Descriptor, pieces: Pieces): Pieces {
    const { digest, size } = blob;
    const isKept = this.has(blob) || this.writing.has(digest);
    return isKept || size * largestShare > this.parts.maxBytes ? pieces : this.writingAlong(blob, pieces);
  }

  async manifest(digest: Digest): Promise<Resolved | undefined> {
    const size = this.entries.get(digest)?.size;
    if (size === undefined) return undefined;
    try {
      const bytes = await this.parts.layout.fetch({ mediaType, digest, size });
      this.put(digest, { size, isChecked: true });
      return { bytes, descriptor: { mediaType: parseManifest(bytes).mediaType, digest, size } };
    } catch (error) {
      await this.drop(digest, error);
      return undefined;
    }
  }

  async store({ bytes, descriptor: { digest } }: Resolved): Promise<void> {
    const size = bytes.length;
    if (this.entries.get(digest)?.size === size || size * largestShare > this.parts.maxBytes) return;
    try {
      await this.makeRoom(size);
      await this.parts.layout.push(bytes, { mediaType, digest, size });
      this.put(digest, { size, isChecked: true });
    } catch (error) {
      this.parts.onFailure(error);
    }
  }

  async close(): Promise<void> {
    await this.parts.release();
  }

  private async checked({ digest, size }: Descriptor): Promise<Pieces> {
    const pieces = await this.parts.layout.open({ mediaType, digest, size });
    const note = (): void => this.put(digest, { size, isChecked: true });
    const drop = (error: unknown): Promise<void> => this.drop(digest, error);
    return (async function* () {
      try {
        yield* pieces;
        note();
      } catch (error) {
        await drop(error);
        throw error;
      }
    })();
  }

  /** A file beside the others, which becomes one of them in the end. A disk that is full ends the keeping, not the pieces. */
  private async *writingAlong({ digest, size }: Descriptor, pieces: Pieces): AsyncGenerator<Uint8Array> {
    const path = join(this.parts.unfinished, randomUUID());
    this.writing.set(digest, size);
    let file = await this.attempt(async () => {
      await this.makeRoom(0);
      return await open(path, 'wx', 0o600);
    });
    try {
      for await (const piece of pieces) {
        file = file && (await this.append(file, piece));
        yield piece;
      }
      if (file !== undefined)
        await this.attempt(async () => {
          await this.parts.layout.adopt(path, { mediaType, digest, size });
          this.put(digest, { size, isChecked: true });
        });
    } finally {
      await file?.close();
      await rm(path, { force: true });
      this.writing.delete(digest);
    }
  }

  private async append(file: FileHandle, piece: Uint8Array): Promise<FileHandle | undefined> {
    const isWritten = await this.attempt(async () => {
      await file.writeFile(piece);
      return true;
    });
    if (isWritten === true) return file;
    await file.close();
    return undefined;
  }

  private async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.parts.onFailure(error);
      return undefined;
    }
  }

  /** For so many bytes more than what is being written already. */
  private async makeRoom(bytes: number): Promise<void> {
    const wanted = bytes + [...this.writing.values()].reduce((sum, size) => sum + size, 0);
    for (const [digest, { size }] of this.entries) {
      if (this.stored + wanted <= this.parts.maxBytes) return;
      this.forget(digest);
      await this.parts.layout.delete({ mediaType, digest, size });
    }
  }

  private put(digest: Digest, entry: Entry): void {
    this.forget(digest);
    this.entries.set(digest, entry);
    this.stored += entry.size;
  }

  private forget(digest: Digest): void {
    this.stored -= this.entries.get(digest)?.size ?? 0;
    this.entries.delete(digest);
  }

  /** A file that is damaged or gone. */
  private async drop(digest: Digest, error: unknown): Promise<void> {
    this.parts.onFailure(error);
    const size = this.entries.get(digest)?.size ?? 0;
    this.forget(digest);
    await unlessMissing(this.parts.layout.delete({ mediaType, digest, size })).catch(this.parts.onFailure);
  }
}
