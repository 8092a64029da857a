import type { Stats } from 'node:fs';
import { lstat, open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CliError } from '../errors.ts';
import { filePieces, systemReason } from '../files.ts';
import { badSource, maxPluginBytes, type Staging } from './staging.ts';

/**
 * Gathers the files of a plugin: of a folder, of an archive (`.tar.gz` or `.zip`, told by its first bytes), or a program alone. `name` is what the
 * file is called where that is not its path's end.
 * @throws {CliError} FILE_UNREADABLE, PLUGIN_SOURCE, FILE_UNWRITABLE
 */
export async function readPluginSource(path: string, staging: Staging, name: string = basename(path)): Promise<void> {
  const facts = await factsOf(path);
  if (facts.isDirectory()) return await readFolder(path, staging);
  if (!facts.isFile()) throw badSource(`${path} is neither a file nor a folder`);
  if (facts.size > maxPluginBytes) throw badSource(`${path} has more than ${maxPluginBytes} bytes`);
  switch (await kindOf(path)) {
    case 'gzip':
      return await (await import('./read-tar.ts')).readTarGz(path, staging);
    case 'zip':
      return await (await import('./read-zip.ts')).readZip(path, staging);
    default:
      return await staging.write(name, filePieces(path), true);
  }
}

/** The regular files of a folder; folders in it are left out, links fail it. */
async function readFolder(path: string, staging: Staging): Promise<void> {
  for (const entry of await entriesOf(path)) {
    const file = join(path, entry.name);
    if (entry.isDirectory()) staging.skip();
    else if (!entry.isFile()) throw badSource(`${file} is no regular file`);
    else await staging.write(entry.name, filePieces(file), ((await lstat(file)).mode & 0o111) !== 0);
  }
}

async function entriesOf(path: string) {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    throw new CliError('FILE_UNREADABLE', `cannot read ${path}: ${systemReason(error)}`, { cause: error });
  }
}

async function factsOf(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    throw new CliError('FILE_UNREADABLE', `cannot read ${path}: ${systemReason(error)}`, { cause: error });
  }
}

/** Rule: RFC 1952, 2.3.1; APPNOTE.TXT, 4.3.7. */
async function kindOf(path: string): Promise<'gzip' | 'zip' | 'other'> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    const start = buffer.subarray(0, bytesRead).toString('hex');
    if (start.startsWith('1f8b')) return 'gzip';
    return start === '504b0304' || start === '504b0506' ? 'zip' : 'other';
  } finally {
    await file.close();
  }
}
