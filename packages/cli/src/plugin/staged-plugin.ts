import { chmod, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  isPluginVersion,
  type PluginMetadata,
  pluginMetadata,
  pluginNameOfFile,
  pluginProgram,
} from '@signet/core/notary-plugin';
import type { Io } from '../io.ts';
import { badSource, type Staging } from './staging.ts';

/** Long enough for a program that says who it is. */
export const metadataTimeoutMs = 15_000;

/**
 * The plugin among the files that were gathered: one program `notation-NAME`, which is asked who it is before it is put in place.
 * @throws {CliError} PLUGIN_SOURCE; {PluginError} where it does not answer by the contract
 */
export async function readStaged({ folder, names }: Staging, io: Pick<Io, 'env' | 'signal'>): Promise<PluginMetadata> {
  const file = await programAmong(folder, [...names]);
  const path = join(folder, file);
  await chmod(path, 0o755);
  const name = pluginNameOfFile(file, process.platform) ?? '';
  const program = pluginProgram({ name, folder, path }, { env: io.env, timeoutMs: metadataTimeoutMs });
  const metadata = await pluginMetadata(program, { signal: io.signal });
  if (!isPluginVersion(metadata.version))
    throw badSource(`its version is ${JSON.stringify(metadata.version.slice(0, 80))}, and not one like 1.2.3`);
  return metadata;
}

/** One by its name; where several have such a name, the one that may be run. */
async function programAmong(folder: string, names: readonly string[]): Promise<string> {
  const named = names.filter((name) => pluginNameOfFile(name, process.platform) !== undefined);
  const runnable: string[] = [];
  for (const name of named) if (((await stat(join(folder, name))).mode & 0o111) !== 0) runnable.push(name);
  const [only, ...more] = named.length === 1 ? named : runnable;
  if (only === undefined) throw badSource('it has no program notation-NAME');
  if (more.length > 0) throw badSource(`it has several programs: ${[only, ...more].slice(0, 5).join(', ')}`);
  return only;
}
