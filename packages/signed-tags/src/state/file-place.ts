import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolders, takeLockFile } from '@signet/oci';
import { maxStateBytes, maxStoredShards } from '../catalogue/limits.ts';
import { TagsError } from '../errors.ts';
import { encodeState, parseState } from './codec.ts';
import { mergeStates, type StatePlace, type TagsState } from './state.ts';

/** Where a state's file lies. */
export interface FilePlaceOptions {
  /** Of all states, such as `$XDG_STATE_HOME/signet/tags`; it is made where it is not there. */
  readonly folder: string;
  /** `REGISTRY/REPOSITORY`, folded. */
  readonly collection: string;
  /** Name of the catalogue in the policy: under another policy nothing is taken over by mistake. */
  readonly catalogue: string;
  /** How long others who write are waited for, milliseconds; default 5,000. */
  readonly lockMs?: number;
}

/** State in a file. */
export interface FilePlace extends StatePlace {
  readonly path: string;
  /** Removes what is remembered, whatever it is. False: there was nothing. @throws {Error} of the file system */
  reset(): Promise<boolean>;
}

/**
 * State in the file `FOLDER/<sha256 of the collection>/<catalogue>/state.json`: whole or not there, also where processes are killed or the disk
 * is full; of this user alone. What others have written meanwhile is merged. Rule: signed-tags.md 4.2.
 */
export function fileStatePlace({ folder, collection, catalogue, lockMs = 5000 }: FilePlaceOptions): FilePlace {
  const outer = join(folder, sha256(collection));
  const inner = join(outer, isPlainName(catalogue) ? catalogue : sha256(catalogue));
  const path = join(inner, 'state.json');
  const read = async (): Promise<TagsState | undefined> => {
    try {
      for (const each of [outer, inner]) if (!(await isOwnFolder(each))) return undefined;
      const bytes = await readOwn(path);
      return bytes === undefined ? undefined : parseOwn(bytes, { path, collection });
    } catch (error) {
      if (!isSystemError(error)) throw error;
      throw refused(path, error.message, { cause: error });
    }
  };
  const update = async (state: TagsState): Promise<boolean> => {
    await makeFolders(inner, { mode: 0o700 });
    const lock = join(inner, 'lock');
    const unlock = await takeLockFile(lock, { waitMs: lockMs, busy: () => new Busy() });
    try {
      const before = await read();
      const bytes = encodeState(trimmed(before === undefined ? state : mergeStates(before, state)));
      if (bytes.length > maxStateBytes) return false;
      // A name of the lock's own: what a killed process left of it, the next owner removes.
      await replace({ path, temporary: `${lock}.new`, folder: inner, bytes });
      return true;
    } finally {
      await unlock();
    }
  };
  return {
    path,
    read,
    async merge(state) {
      try {
        const before = await read();
        return (before !== undefined && addsNothing(state, before)) || (await update(state));
      } catch (error) {
        if (error instanceof Busy || isSystemError(error)) return false;
        throw error;
      }
    },
    async reset() {
      const facts = await lstat(path).catch(() => undefined);
      await rm(path, { force: true });
      return facts !== undefined;
    },
  };
}

class Busy extends Error {}

/** Names that are themselves on every file system. */
function isPlainName(name: string): boolean {
  return /^[a-z0-9][a-z0-9._-]{0,99}$/.test(name) && !name.endsWith('.');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function addsNothing(state: TagsState, before: TagsState): boolean {
  return Buffer.compare(encodeState(trimmed(mergeStates(before, state))), encodeState(before)) === 0;
}

/** With as many shards as are kept: those that were read last. */
function trimmed(state: TagsState): TagsState {
  const { newest } = state;
  if (newest === undefined || newest.shards.size <= maxStoredShards) return state;
  return { ...state, newest: { ...newest, shards: new Map([...newest.shards].slice(-maxStoredShards)) } };
}

function parseOwn(
  bytes: Uint8Array,
  { path, collection }: { readonly path: string; readonly collection: string },
): TagsState {
  try {
    const state = parseState(bytes);
    if (state.collection === collection) return state;
    throw new TagsError('STATE_INVALID', `it is of the collection ${JSON.stringify(state.collection.slice(0, 200))}`);
  } catch (cause) {
    if (!(cause instanceof TagsError)) throw cause;
    throw new TagsError('STATE_INVALID', `${path}: ${cause.message}`, { cause });
  }
}

/** False where it is not there. @throws {TagsError} STATE_REFUSED: who else may write there says what was seen */
async function isOwnFolder(path: string): Promise<boolean> {
  const facts = await lstat(path).catch(unlessMissing);
  if (facts === undefined) return false;
  if (!facts.isDirectory()) throw refused(path, 'it is no folder (links are not followed)');
  checkOwner(path, facts);
  return true;
}

async function readOwn(path: string): Promise<Uint8Array | undefined> {
  // Without waiting for the writer of a named pipe, and not through a link.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW).catch(
    (error: unknown) => {
      if (errorCode(error) === 'ELOOP') throw refused(path, 'it is a link');
      return unlessMissing(error);
    },
  );
  if (file === undefined) return undefined;
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw refused(path, 'it is no regular file');
    checkOwner(path, facts);
    if (facts.size > maxStateBytes)
      throw new TagsError('STATE_INVALID', `${path} has ${facts.size} bytes: at most ${maxStateBytes} are read`);
    return await readBytes(file, facts.size);
  } finally {
    await file.close();
  }
}

/** No more than it had: it may grow meanwhile. */
async function readBytes(file: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(size);
  const { bytesRead } = await file.read(bytes, 0, size, 0);
  return bytes.subarray(0, bytesRead);
}

function checkOwner(path: string, { uid, mode }: Stats): void {
  if (process.getuid === undefined) return; // Windows: what is in a profile is its user's
  if (uid !== process.getuid()) throw refused(path, `it belongs to the user ${uid}`);
  if ((mode & 0o022) !== 0) throw refused(path, 'others may write to it');
}

interface Replacement {
  readonly path: string;
  readonly temporary: string;
  readonly folder: string;
  readonly bytes: Uint8Array;
}

/** A reader sees the old file or the new one. */
async function replace({ path, temporary, folder, bytes }: Replacement): Promise<void> {
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // a folder cannot be opened there
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function refused(path: string, why: string, options?: ErrorOptions): TagsError {
  return new TagsError('STATE_REFUSED', `what is remembered of signed tags in ${path} is not used: ${why}`, options);
}

function unlessMissing(error: unknown): undefined {
  if (errorCode(error) === 'ENOENT') return undefined;
  throw error;
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
