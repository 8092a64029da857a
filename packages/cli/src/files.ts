import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { link, open, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CliError } from './errors.ts';
import type { Input, Io } from './io.ts';

/** Keys, payloads, envelopes, password files: nothing that is read whole is larger. */
export const MAX_FILE_BYTES: number = 16 * 1024 * 1024;
/** A file that is signed or verified is hashed in memory: no larger. */
export const MAX_BLOB_BYTES: number = 2 * 1024 ** 3 - 1;
/** Larger files are read piece by piece: Ctrl-C is heard meanwhile. */
const maxAtOnce = 1024 * 1024;

/** A file whole, at most `maxBytes`. @throws {CliError} FILE_UNREADABLE */
export async function readInputFile(path: string, maxBytes: number = MAX_FILE_BYTES): Promise<Uint8Array> {
  try {
    return readRegular(path, maxBytes) ?? (await readOther(path, maxBytes));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError('FILE_UNREADABLE', `cannot read ${path}: ${systemReason(error)}`, { cause: error });
  }
}

/** Regular files are small and near: reading them at once is quicker than asking another thread. Undefined for a pipe or device. */
function readRegular(path: string, maxBytes: number): Uint8Array | undefined {
  const facts = statSync(path);
  if (!facts.isFile() || facts.size === 0) return undefined; // files of /proc say 0
  if (facts.size > maxBytes) throw tooLarge(path, maxBytes);
  if (facts.size > maxAtOnce) return undefined;
  const bytes = readFileSync(path);
  if (bytes.length > maxBytes) throw tooLarge(path, maxBytes);
  return bytes;
}

async function readOther(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    return await readBounded(path, file.createReadStream({ autoClose: false }), maxBytes);
  } finally {
    await file.close();
  }
}

const claimed = new WeakSet<Input>();

/**
 * Who reads standard input to its end says so first: whoever came second would read nothing, and take that for an empty file or list.
 * @throws {CliError} USAGE
 */
export function claimStdin(stdin: Input): Input {
  if (claimed.has(stdin))
    throw new CliError('USAGE', 'standard input (-) is named twice: it can be read once', {
      hint: 'name a file for one of the two',
    });
  claimed.add(stdin);
  return stdin;
}

/** Standard input whole, at most `maxBytes`. @throws {CliError} FILE_UNREADABLE, USAGE where it was read before */
export async function readStdin(stdin: Input, maxBytes: number = MAX_FILE_BYTES): Promise<Uint8Array> {
  return readBounded('standard input', claimStdin(stdin), maxBytes);
}

/** Where standard input comes from: asking for it opens it, so it is asked for only when it is read. */
export type WithStdin = Pick<Io, 'stdin'>;

/** A file, or standard input for `-`. @throws {CliError} FILE_UNREADABLE, USAGE */
export async function readInput(path: string, io: WithStdin, maxBytes: number = MAX_FILE_BYTES): Promise<Uint8Array> {
  return path === '-' ? readStdin(io.stdin, maxBytes) : readInputFile(path, maxBytes);
}

/** A file, or standard input for `-`, piece by piece. @throws {CliError} FILE_UNREADABLE, while it is read */
export async function* inputPieces(path: string, io: WithStdin): AsyncGenerator<Uint8Array> {
  yield* path === '-' ? claimStdin(io.stdin) : filePieces(path);
}

/** A file piece by piece. @throws {CliError} FILE_UNREADABLE, while it is read */
export async function* filePieces(path: string): AsyncGenerator<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      yield* file.createReadStream({ autoClose: false });
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new CliError('FILE_UNREADABLE', `cannot read ${path}: ${systemReason(error)}`, { cause: error });
  }
}

/**
 * Writes a file as a whole or not at all (beside it, then moved); content that comes in pieces is never in memory as a whole. Without `force` an existing file is refused.
 * @throws {CliError} FILE_EXISTS, FILE_UNWRITABLE
 */
export async function writeOutputFile(
  path: string,
  content: Uint8Array | AsyncIterable<string>,
  options: { readonly mode?: number; readonly force?: boolean } = {},
): Promise<void> {
  const beside = await writeBeside(path, content, options.mode ?? 0o666);
  try {
    if (options.force === true) await rename(beside, path);
    else await linkNew(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw unwritable(path, error);
  }
}

/** A new file beside the path, on the disk when this returns; its name begins with a dot. @throws {CliError} FILE_UNWRITABLE: nothing is left */
export async function writeBeside(
  path: string,
  content: Uint8Array | AsyncIterable<string>,
  mode: number,
): Promise<string> {
  const beside = join(dirname(path), `.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(beside, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    return beside;
  } catch (error) {
    await rm(beside, { force: true });
    throw unwritable(path, error);
  }
}

/** Why a file cannot be written; an error that says so already stays as it is. */
export function unwritable(path: string, error: unknown): CliError {
  if (error instanceof CliError) return error;
  const reason = isErrno(error) && error.code === 'ENOENT' ? 'there is no such folder' : systemReason(error);
  return new CliError('FILE_UNWRITABLE', `cannot write ${path}: ${reason}`, { cause: error });
}

/** Looked at before a password is asked for; writing looks again. @throws {CliError} FILE_EXISTS, FILE_UNWRITABLE for a folder */
export async function refuseExisting(paths: readonly string[], force: boolean): Promise<void> {
  for (const path of paths) {
    const facts = await stat(path).catch(() => undefined);
    if (facts?.isDirectory() === true) throw new CliError('FILE_UNWRITABLE', `cannot write ${path}: it is a folder`);
    if (facts !== undefined && !force) throw exists(path);
  }
}

/** Whether there is something at the path. */
export async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** A hard link fails where the name is taken: no other process's file is replaced between a look and a rename. */
async function linkNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
    await unlink(from);
  } catch (error) {
    if (isErrno(error) && error.code === 'EEXIST') throw exists(to);
    if (!isErrno(error) || (error.code !== 'EPERM' && error.code !== 'ENOTSUP' && error.code !== 'ENOSYS')) throw error;
    if (await isThere(to)) throw exists(to); // a file system without hard links
    await rename(from, to);
  }
}

function exists(path: string): CliError {
  return new CliError('FILE_EXISTS', `${path} is there already`, { hint: '--force overwrites it' });
}

async function readBounded(name: string, stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(name, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(name: string, maxBytes: number): CliError {
  return new CliError('FILE_UNREADABLE', `${name} is larger than ${maxBytes} bytes`);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EEXIST: 'something else of that name is there already',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOSPC: 'no space left',
  EROFS: 'the file system is read-only',
  EFBIG: 'files may not become that large here (ulimit -f)',
  EDQUOT: 'the disk quota is used up',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'links lead in a circle',
};

/** What the operating system said, in words. */
export function systemReason(error: unknown): string {
  const code = isErrno(error) ? error.code : undefined;
  if (code === undefined) return error instanceof Error ? error.message : String(error);
  return reasons[code] ?? code;
}

function isErrno(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
