import { constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { checkedBytes, checkedStream, checkNotAborted, notFound } from '../checked.ts';
import { closable } from '../closable.ts';
import type { Descriptor } from '../descriptor.ts';
import { type Digest, type DigestAlgorithm, digestAlgorithm, digestHex } from '../digest.ts';
import { isErrno } from '../errno.ts';
import { RegistryError } from '../errors.ts';
import { asIoError, type DurableFolder, makeFolder } from './durable.ts';
import { readFlags, readWhole, regularSize } from './regular-file.ts';

const pieceBytes = 256 * 1024;

/** The files of `blobs/`, by digest. A file that is no regular file (a link, say) is refused: it could lead outside. */
export interface BlobFiles {
  sizeOf(digest: Digest): Promise<number | undefined>;
  /** All bytes, checked. @throws {RegistryError} NOT_FOUND, SIZE_MISMATCH, DIGEST_MISMATCH, LAYOUT_INVALID, IO */
  read(target: Descriptor): Promise<Uint8Array>;
  /** A stream that is checked at its end. @throws {RegistryError} as `read` */
  open(target: Descriptor, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** Bytes `start` to `end` (not included), unchecked. @throws {RegistryError} NOT_FOUND, LAYOUT_INVALID, IO */
  openRange(
    digest: Digest,
    range: { readonly start: number; readonly end: number },
  ): Promise<AsyncIterable<Uint8Array>>;
  /** Stores what is not there, or is there with other bytes. The caller has checked the content. */
  write(content: Uint8Array, as: Descriptor): Promise<void>;
  /** @throws {RegistryError} SIZE_MISMATCH, DIGEST_MISMATCH: nothing is stored */
  writeStream(content: AsyncIterable<Uint8Array>, as: Descriptor, signal?: AbortSignal): Promise<void>;
  /** Moves a finished file in; its size is checked, its digest is the caller's word. @throws {RegistryError} SIZE_MISMATCH, IO */
  adopt(path: string, as: Descriptor): Promise<void>;
  /** False where there was none. */
  remove(digest: Digest): Promise<boolean>;
}

/** @throws {RegistryError} LAYOUT_INVALID when a folder of `blobs/` leads out of `dir` */
export async function openBlobFiles(dir: string, files: DurableFolder): Promise<BlobFiles> {
  for (const folder of ['blobs', join('blobs', 'sha256'), join('blobs', 'sha512')]) await checkInside(dir, folder);
  return new Blobs(dir, files);
}

class Blobs implements BlobFiles {
  readonly #dir: string;
  readonly #files: DurableFolder;
  readonly #made = new Set<DigestAlgorithm>();

  constructor(dir: string, files: DurableFolder) {
    this.#dir = dir;
    this.#files = files;
  }

  async sizeOf(digest: Digest): Promise<number | undefined> {
    try {
      return regularSize(await lstat(this.#path(digest)), digest);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw asIoError(error, `looking at ${digest}`);
    }
  }

  async read(target: Descriptor): Promise<Uint8Array> {
    await using file = await this.#open(target.digest);
    checkSize(target, file.size);
    const bytes = await readWhole(file.handle, target.size).catch((cause: unknown) => {
      throw asIoError(cause, `reading ${target.digest}`);
    });
    return checkedBytes(bytes, target);
  }

  async open(target: Descriptor, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const pieces = await this.openRange(target.digest, { start: 0, end: target.size + 1 });
    return checkedStream(pieces, target, signal);
  }

  async openRange(digest: Digest, range: { start: number; end: number }): Promise<AsyncIterable<Uint8Array>> {
    const file = await this.#open(digest);
    return closable(readPieces(file, range, digest), async () => file[Symbol.asyncDispose]());
  }

  async write(content: Uint8Array, as: Descriptor): Promise<void> {
    if (await this.#has(content, as)) return;
    await this.#writeFile(as.digest, (file) => file.writeFile(content));
  }

  async writeStream(content: AsyncIterable<Uint8Array>, as: Descriptor, signal?: AbortSignal): Promise<void> {
    await this.#writeFile(as.digest, async (file) => {
      for await (const piece of checkedStream(content, as, signal)) await file.writeFile(piece);
      checkNotAborted(signal);
    });
  }

  async adopt(path: string, as: Descriptor): Promise<void> {
    try {
      const file = await open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
      try {
        checkSize(as, regularSize(await file.stat(), as.digest));
        await file.sync();
      } finally {
        await file.close();
      }
      await this.#makeFolder(digestAlgorithm(as.digest));
      await this.#files.moveIn(path, this.#path(as.digest));
    } catch (cause) {
      throw asIoError(cause, `taking over ${as.digest}`);
    }
  }

  async remove(digest: Digest): Promise<boolean> {
    try {
      await rm(this.#path(digest));
      return true;
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false;
      throw asIoError(error, `removing ${digest}`);
    }
  }

  /** The file is opened without following a link at its end. */
  async #open(digest: Digest): Promise<OpenFile> {
    try {
      const handle = await open(this.#path(digest), readFlags | (constants.O_NOFOLLOW ?? 0));
      return await asOpenFile(handle, digest);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) throw notFound(digest, error);
      if (isErrno(error, 'ELOOP')) throw notRegular(digest);
      throw asIoError(error, `opening ${digest}`);
    }
  }

  async #has(content: Uint8Array, as: Descriptor): Promise<boolean> {
    if ((await this.sizeOf(as.digest)) !== content.length) return false;
    try {
      return Buffer.compare(await this.read(as), content) === 0;
    } catch (error) {
      if (error instanceof RegistryError && error.code !== 'IO') return false; // damaged: written again
      throw error;
    }
  }

  async #writeFile(digest: Digest, fill: (file: FileHandle) => Promise<void>): Promise<void> {
    await this.#makeFolder(digestAlgorithm(digest));
    await this.#files.write(this.#path(digest), fill);
  }

  async #makeFolder(algorithm: DigestAlgorithm): Promise<void> {
    if (this.#made.has(algorithm)) return;
    await makeFolder(join(this.#dir, 'blobs', algorithm)).catch((cause: unknown) => {
      throw asIoError(cause, 'making blobs/');
    });
    this.#made.add(algorithm);
  }

  /** Digest is a checked type: two known algorithm names, hex digits. */
  #path(digest: Digest): string {
    return join(this.#dir, 'blobs', digestAlgorithm(digest), digestHex(digest));
  }
}

interface OpenFile extends AsyncDisposable {
  readonly handle: FileHandle;
  readonly size: number;
}

async function asOpenFile(handle: FileHandle, digest: Digest): Promise<OpenFile> {
  try {
    const size = regularSize(await handle.stat(), digest);
    return { handle, size, [Symbol.asyncDispose]: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function* readPieces(
  file: OpenFile,
  range: { readonly start: number; readonly end: number },
  digest: Digest,
): AsyncGenerator<Uint8Array, void, undefined> {
  await using held = file;
  for (let at = range.start; at < range.end; ) {
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, range.end - at));
    const { bytesRead } = await held.handle.read(piece, 0, piece.length, at).catch((cause: unknown) => {
      throw asIoError(cause, `reading ${digest}`);
    });
    if (bytesRead === 0) return;
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

async function checkInside(dir: string, folder: string): Promise<void> {
  try {
    const real = await realpath(join(dir, folder));
    if (!real.startsWith(dir + sep)) throw new RegistryError('LAYOUT_INVALID', `${folder} leads out of the layout`);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw asIoError(error, `looking at ${folder}`);
  }
}

function notRegular(digest: Digest): RegistryError {
  return new RegistryError('LAYOUT_INVALID', `${digest} is not a regular file in this layout (links are not followed)`);
}

function checkSize(target: Descriptor, size: number): void {
  if (size !== target.size)
    throw new RegistryError('SIZE_MISMATCH', `${target.digest} should have ${target.size} bytes, it has ${size}`);
}
