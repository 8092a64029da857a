import { constants, type Stats } from 'node:fs';
import { access, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PluginError } from '../errors.ts';
import { checkPluginName, type PluginPlace, pluginFileName } from './plugin-name.ts';

/** More than anybody has. */
const maxPlugins = 1000;

/** The folder of plugins within notation's own folder. Rule: wire-formats 9.1. */
export function pluginsFolder(notationFolder: string): string {
  return join(notationFolder, 'plugins');
}

/**
 * The plugin of this name in notation's folder: a real folder, in it a regular file that may be run; links are not followed.
 * Rule: wire-formats 10.
 * @throws {PluginError} PLUGIN_NAME_INVALID, PLUGIN_NOT_FOUND, PLUGIN_FILE_UNFIT
 */
export async function findPlugin(notationFolder: string, name: string): Promise<PluginPlace> {
  const folder = join(pluginsFolder(notationFolder), checkPluginName(name));
  const path = join(folder, pluginFileName(name, process.platform));
  if (!(await factsOf(folder, name)).isDirectory()) throw unfit(name, `${folder} is no folder, or a link to one`);
  if (!(await factsOf(path, name)).isFile()) throw unfit(name, `${path} is no regular file`);
  try {
    await access(path, constants.X_OK);
  } catch (cause) {
    throw unfit(name, `${path} may not be run`, cause);
  }
  return { name, folder, path };
}

/** The names of the folders of plugins, sorted; what is in them is not looked at. None where there is no folder. @throws {PluginError} PLUGIN_FILE_UNFIT */
export async function listPluginNames(notationFolder: string): Promise<readonly string[]> {
  const folder = pluginsFolder(notationFolder);
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
    return names.sort().slice(0, maxPlugins);
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw new PluginError('PLUGIN_FILE_UNFIT', `${folder} cannot be read`, { cause });
  }
}

async function factsOf(path: string, name: string): Promise<Stats> {
  try {
    return await lstat(path);
  } catch (cause) {
    if (isMissing(cause))
      throw new PluginError('PLUGIN_NOT_FOUND', `there is no plugin ${name}: ${path} is missing`, { cause });
    throw unfit(name, `${path} cannot be looked at`, cause);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function unfit(name: string, why: string, cause?: unknown): PluginError {
  return new PluginError('PLUGIN_FILE_UNFIT', `the plugin ${name} is not run: ${why}`, { cause });
}
