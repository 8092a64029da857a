import { randomUUID } from 'node:crypto';
import { readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDigester, type Digest, type DigestAlgorithm, type Digester, digestAlgorithm } from '@signet/oci';
import { ApiError } from '../errors.ts';
import type { RegistryLimits } from '../options.ts';
import type { Repository } from '../storage/repository.ts';
import { appendToFile, digestFile } from './upload-file.ts';

/** An unfinished blob: a file beside the layout, named by the session's id. The file alone is enough to go on after a restart. */
export interface Upload {
  readonly id: string;
  readonly repository: Repository;
  readonly path: string;
  readonly algorithm: DigestAlgorithm;
  size: number;
  /** Hashes what was written by this process from the first byte on; undefined after a restart: the file is then read again. */
  digester: Digester | undefined;
  isBusy: boolean;
  usedMs: number;
}

export interface UploadsOptions {
  readonly limits: RegistryLimits;
  readonly now: () => number;
}

const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const retryAfterSeconds = 5;

/** The open upload sessions of a registry. Rule: distribution-spec 1.1, "Pushing a blob in chunks", "Cancel a blob upload". */
export class Uploads {
  readonly #open = new Map<string, Upload>();
  readonly #options: UploadsOptions;

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  /** Its file is made at once: a location that was told must be known to the next process too. @throws {ApiError} TOOMANYREQUESTS */
  async start(repository: Repository, algorithm: DigestAlgorithm): Promise<Upload> {
    const id = randomUUID();
    this.#checkRoom();
    const upload: Upload = {
      id,
      repository,
      path: join(await repository.uploadsDir(), id),
      algorithm,
      size: 0,
      digester: createDigester(algorithm),
      isBusy: false,
      usedMs: this.#options.now(),
    };
    this.#open.set(id, upload);
    await writeFile(upload.path, '', { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
      this.#open.delete(id);
      throw error;
    });
    return upload;
  }

  /** A session of this repository, also one that an earlier process began. @throws {ApiError} BLOB_UPLOAD_UNKNOWN */
  async find(repository: Repository | undefined, id: string): Promise<Upload> {
    const upload = repository && (this.#open.get(id) ?? (await this.#revive(repository, id)));
    if (upload === undefined || upload.repository !== repository) {
      throw new ApiError(404, 'BLOB_UPLOAD_UNKNOWN', 'no such upload');
    }
    upload.usedMs = this.#options.now();
    return upload;
  }

  /** Runs work alone on a session. @throws {ApiError} 409 when another request is at it */
  async alone<T>(upload: Upload, work: () => Promise<T>): Promise<T> {
    if (upload.isBusy) throw new ApiError(409, 'BLOB_UPLOAD_INVALID', 'another request is writing to this upload');
    upload.isBusy = true;
    try {
      return await work();
    } finally {
      upload.isBusy = false;
      upload.usedMs = this.#options.now();
    }
  }

  /**
   * Adds to the end. `length`: bytes that must come, where that was stated by a range; others are then taken back.
   * @throws {ApiError} SIZE_INVALID, BLOB_UPLOAD_INVALID (connection lost: what came is kept)
   */
  async append(upload: Upload, chunks: AsyncIterable<Buffer>, length?: number): Promise<void> {
    const start = upload.size;
    const maxBytes = Math.min(length ?? Number.POSITIVE_INFINITY, this.#options.limits.maxBlobBytes - start);
    const { path, digester } = upload;
    const appended = await appendToFile(chunks, { path, start, digester, maxBytes }).catch(async (error: unknown) => {
      await this.remove(upload);
      throw error;
    });
    upload.size = start + appended.bytes;
    if (appended.error instanceof ApiError && appended.error.status === 413) await this.#takeBack(upload, start);
    if (appended.error !== undefined) throw appended.error;
    if (length === undefined || appended.bytes === length) return;
    await this.#takeBack(upload, start);
    throw new ApiError(400, 'SIZE_INVALID', `the range has ${length} bytes, the body ${appended.bytes}`);
  }

  /** Makes the upload a blob, if it has this digest; the session ends either way. @throws {ApiError} DIGEST_INVALID */
  async finish(upload: Upload, digest: Digest): Promise<void> {
    const { repository, path, size } = upload;
    try {
      const actual = await digestOf(upload, digestAlgorithm(digest));
      if (actual !== digest) {
        throw new ApiError(400, 'DIGEST_INVALID', `the content has the digest ${actual}`, {
          detail: { digest: actual },
        });
      }
      await repository.adoptBlob(path, digest, size);
      this.#open.delete(upload.id);
    } catch (error) {
      await this.remove(upload);
      throw error;
    }
  }

  async remove(upload: Upload): Promise<void> {
    this.#open.delete(upload.id);
    await rm(upload.path, { force: true });
  }

  /** Removes sessions, and files of earlier processes, that nobody touched for the time of the limit. */
  async expire(uploadDirs: readonly string[]): Promise<void> {
    const before = this.#options.now() - this.#options.limits.uploadExpiryMs;
    for (const upload of [...this.#open.values()]) {
      if (!upload.isBusy && upload.usedMs < before) await this.remove(upload);
    }
    for (const dir of uploadDirs) await this.#expireFiles(dir, before);
  }

  async #expireFiles(dir: string, before: number): Promise<void> {
    const names = await readdir(dir).catch(() => []); // not made yet
    for (const name of names) {
      if (this.#open.has(name)) continue;
      const found = await stat(join(dir, name)).catch(() => undefined); // finished meanwhile
      if (found !== undefined && found.mtimeMs < before) await rm(join(dir, name), { force: true });
    }
  }

  async #revive(repository: Repository, id: string): Promise<Upload | undefined> {
    if (!idPattern.test(id)) return undefined;
    const path = join(await repository.uploadsDir(), id);
    const found = await stat(path).catch(() => undefined); // no such session
    if (found === undefined) return undefined;
    this.#checkRoom();
    const state = { size: found.size, digester: undefined, isBusy: false, usedMs: this.#options.now() };
    // Another request may have revived it while this one looked.
    const upload: Upload = this.#open.get(id) ?? { id, repository, path, algorithm: 'sha256', ...state };
    this.#open.set(id, upload);
    return upload;
  }

  async #takeBack(upload: Upload, size: number): Promise<void> {
    await truncate(upload.path, size);
    upload.size = size;
    upload.digester = undefined;
  }

  #checkRoom(): void {
    if (this.#open.size < this.#options.limits.maxUploads) return;
    const headers = { 'Retry-After': String(retryAfterSeconds) };
    throw new ApiError(429, 'TOOMANYREQUESTS', 'too many uploads are open', { headers });
  }
}

async function digestOf(upload: Upload, algorithm: DigestAlgorithm): Promise<Digest> {
  const { digester } = upload;
  upload.digester = undefined; // it can be asked once
  return digester !== undefined && upload.algorithm === algorithm
    ? digester.digest()
    : digestFile(upload.path, algorithm);
}
