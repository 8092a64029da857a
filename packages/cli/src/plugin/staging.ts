import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeFolders } from '@signet/oci';
import { CliError } from '../errors.ts';
import { unwritable } from '../files.ts';

/** Bytes of a source, and of what comes out of it. Rule: wire-formats 12. */
export const maxPluginBytes: number = 256 * 1024 * 1024;
/** A plugin is one program with a licence beside it. */
const maxEntries = 1000;

/** Where the files of a plugin are gathered before it is put in place: a folder of its own beside the plugins, which nobody lists. */
export interface Staging {
  readonly folder: string;
  /** Names of the files that are there. */
  readonly names: ReadonlySet<string>;
  /** Counts something of an archive that is not written. @throws {CliError} PLUGIN_SOURCE for too many */
  skip(): void;
  /** @throws {CliError} PLUGIN_SOURCE for too much, too many, or a name twice; FILE_UNWRITABLE */
  write(name: string, content: AsyncIterable<Uint8Array>, isExecutable: boolean): Promise<void>;
}

/** Makes the folder, lets something be done with it, and removes what is left of it. @throws {CliError} FILE_UNWRITABLE; what `work` throws */
export async function withStaging<T>(plugins: string, work: (staging: Staging) => Promise<T>): Promise<T> {
  const folder = await makeStaging(plugins);
  try {
    return await work(stagingIn(folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeStaging(plugins: string): Promise<string> {
  try {
    await makeFolders(plugins, { mode: 0o700 });
    return await mkdtemp(join(plugins, '.signet-'));
  } catch (error) {
    throw unwritable(plugins, error);
  }
}

function stagingIn(folder: string): Staging {
  const names = new Set<string>();
  let entries = 0;
  let bytes = 0;
  const skip = (): void => {
    entries += 1;
    if (entries > maxEntries) throw badSource(`more than ${maxEntries} files`);
  };
  const bounded = async function* (content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      bytes += chunk.length;
      if (bytes > maxPluginBytes) throw badSource(`more than ${maxPluginBytes} bytes`);
      yield chunk;
    }
  };
  return {
    folder,
    names,
    skip,
    async write(name, content, isExecutable) {
      skip();
      // Whoever names it: nothing is written beside the folder.
      if (!isPlainName(name)) throw badSource(`a file cannot be called ${JSON.stringify(name.slice(0, 200))}`);
      if (names.has(name)) throw badSource(`${JSON.stringify(name)} is there twice`);
      names.add(name);
      const path = join(folder, name);
      try {
        await pipeline(bounded(content), createWriteStream(path, { flags: 'wx', mode: isExecutable ? 0o755 : 0o644 }));
      } catch (error) {
        throw isErrno(error) ? unwritable(path, error) : error;
      }
    },
  };
}

function isPlainName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);
}

/** The source is no plugin, or none that is taken. */
export function badSource(why: string, cause?: unknown): CliError {
  return new CliError('PLUGIN_SOURCE', `the source is not taken for a plugin: ${why}`, { cause });
}

function isErrno(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
