import { lstat, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkPluginName, PluginError, pluginsFolder } from '@signet/core/notary-plugin';
import { unwritable } from '../files.ts';

/** The folder of a plugin, whatever is in it: one that is broken can be removed too. @throws {PluginError} PLUGIN_NAME_INVALID, PLUGIN_NOT_FOUND, PLUGIN_FILE_UNFIT */
export async function installedFolder(notation: string, name: string): Promise<string> {
  const folder = join(pluginsFolder(notation), checkPluginName(name));
  const facts = await lstat(folder).catch(() => undefined);
  if (facts === undefined)
    throw new PluginError('PLUGIN_NOT_FOUND', `there is no plugin ${name}: ${folder} is missing`);
  if (!facts.isDirectory())
    throw new PluginError('PLUGIN_FILE_UNFIT', `${folder} is no folder, or a link to one: nothing is removed`);
  return folder;
}

/** Takes it away in one step, then removes its files. @throws {CliError} FILE_UNWRITABLE */
export async function uninstallPlugin(notation: string, folder: string): Promise<void> {
  try {
    const aside = await mkdtemp(join(pluginsFolder(notation), '.signet-'));
    try {
      await rename(folder, join(aside, 'removed'));
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  } catch (error) {
    throw unwritable(folder, error);
  }
}
