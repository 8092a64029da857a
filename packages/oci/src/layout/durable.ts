import { randomBytes } from 'node:crypto';
import { type FileHandle, lstat, open, readdir, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { isErrno } from '../errno.ts';
import { RegistryError } from '../errors.ts';
import { makeFolders } from '../make-folders.ts';
import { isAlive } from './processes.ts';

/** Unfinished files: in a folder of their own in the layout, named `<host>~<pid>~<random>` so that a later opener knows whose they were. */
const unfinishedFolder = '.unfinished';
const day = 24 * 60 * 60 * 1000;

/** A folder's way of making files that are whole or not there, also after a crash. */
export interface DurableFolder {
  /** Writes a file under a temporary name and makes it durable. */
  prepare(fill: (file: FileHandle) => Promise<void>): Promise<Prepared>;
  /** Writes a file under a temporary name, makes it durable, then gives it its name in place of what had it. */
  write(path: string, fill: (file: FileHandle) => Promise<void>): Promise<void>;
  /** Gives a finished file its name; file and folder are durable when this returns. */
  moveIn(finished: string, path: string): Promise<void>;
}

/** A durable file without its name. */
export interface Prepared {
  /** Gives it its name in place of what had it; file and folder are durable when this returns. @throws {RegistryError} IO */
  commit(path: string): Promise<void>;
  discard(): Promise<void>;
}

/** Durable writing below `dir`. @throws {RegistryError} IO */
export function createDurableFolder(dir: string): DurableFolder {
  const unfinished = join(dir, unfinishedFolder);
  const syncFolder = createFolderSync();
  const moveIn = async (finished: string, path: string): Promise<void> => {
    await rename(finished, path);
    await syncFolder(join(path, '..'));
  };
  const prepare: DurableFolder['prepare'] = async (fill) => {
    const temporary = unfinishedPath(dir);
    const discard = (): Promise<void> => rm(temporary, { force: true });
    try {
      const file = await openNew(temporary, unfinished);
      try {
        await fill(file);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (cause) {
      await discard();
      throw asIoError(cause, 'writing to the image layout');
    }
    const commit = async (path: string): Promise<void> => {
      try {
        await moveIn(temporary, path);
      } catch (cause) {
        await discard();
        throw asIoError(cause, `writing ${path}`);
      }
    };
    return { commit, discard };
  };
  return { prepare, moveIn, write: async (path, fill) => (await prepare(fill)).commit(path) };
}

/** Makes a folder and those above it; that they are there survives a crash. Nothing where it is there. */
export async function makeFolder(path: string): Promise<void> {
  const first = await makeFolders(path);
  if (first === undefined) return;
  const above = dirname(first);
  for (let at = dirname(path); ; at = dirname(at)) {
    // One that may be written and not be read cannot be opened for it.
    await syncFolder(at).catch((error: unknown) => {
      if (!isErrno(error, 'EACCES', 'EPERM')) throw error;
    });
    if (at === above || at === dirname(at)) return;
  }
}

/** Writes pieces one after the other, in few calls. */
export async function writePieces(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  const { bytesWritten } = await file.writev([...pieces]);
  // A disk that gets full takes a part; writing the rest tells why.
  let written = bytesWritten;
  for (const piece of pieces) {
    if (written < piece.length) await file.writeFile(piece.subarray(written));
    written = Math.max(0, written - piece.length);
  }
}

/** A new path in the folder of unfinished files, which may not be there yet. */
export function unfinishedPath(dir: string): string {
  return join(dir, unfinishedFolder, `${hostname()}~${process.pid}~${randomBytes(8).toString('hex')}`);
}

/**
 * Removes what earlier processes left unfinished. `all`: the caller is the only writer, so nothing there is in use; otherwise files of
 * living processes stay (of another host: until a day old), and so does all that this process may not remove: it may be a mere reader.
 * @throws {RegistryError} LAYOUT_INVALID where the folder is a link: what it leads to is not ours to remove, or to write to; IO
 */
export async function removeUnfinished(dir: string, all: boolean): Promise<void> {
  const unfinished = join(dir, unfinishedFolder);
  const facts = await lstat(unfinished).catch(() => undefined); // not made yet
  if (facts?.isDirectory() === false)
    throw new RegistryError(
      'LAYOUT_INVALID',
      `${unfinishedFolder} is no folder in this layout (links are not followed)`,
    );
  for (const name of await readdir(unfinished).catch(() => [])) {
    const path = join(unfinished, name);
    if (!all && !(await isAbandoned(name, path))) continue;
    await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
      if (!isErrno(error, 'EACCES', 'EPERM', 'EROFS')) throw asIoError(error, 'removing what was left unfinished');
    });
  }
}

/** A RegistryError as it is; an error of the file system as IO. */
export function asIoError(cause: unknown, doing: string): unknown {
  if (!(cause instanceof Error) || !('syscall' in cause)) return cause;
  return new RegistryError('IO', `${doing}: ${cause.message}`, { cause });
}

async function openNew(path: string, folder: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o644);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    await makeFolders(folder);
    return await open(path, 'wx', 0o644);
  }
}

/** fsync of folders; callers that come while one is under way share the next. */
function createFolderSync(): (folder: string) => Promise<void> {
  const running = new Map<string, Promise<void>>();
  const waiting = new Map<string, Promise<void>>();
  const start = (folder: string): Promise<void> => {
    const sync = syncFolder(folder).finally(() => running.delete(folder));
    running.set(folder, sync);
    return sync;
  };
  return (folder) => {
    const current = running.get(folder);
    if (current === undefined) return start(folder);
    const next = waiting.get(folder);
    if (next !== undefined) return next;
    const queued = current
      .catch(() => undefined)
      .then(() => {
        waiting.delete(folder);
        return start(folder);
      });
    waiting.set(folder, queued);
    return queued;
  };
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // a folder cannot be opened there
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function isAbandoned(name: string, path: string): Promise<boolean> {
  const [host, pid] = name.split('~');
  if (host === hostname() && Number(pid) !== process.pid && !isAlive(Number(pid))) return true;
  const facts = await lstat(path).catch(() => undefined);
  return facts !== undefined && Date.now() - facts.mtimeMs > day;
}
