import {
  findPlugin,
  listPluginNames,
  PluginError,
  type PluginMetadata,
  pluginMetadata,
  pluginProgram,
} from '@signet/core/notary-plugin';
import type { Io } from '../io.ts';
import { mapOrdered } from '../ordered.ts';
import { metadataTimeoutMs } from './staged-plugin.ts';

/** One plugin, or why it is none that can be used. */
export type ListedPlugin =
  | { readonly name: string; readonly path: string; readonly metadata: PluginMetadata }
  | { readonly name: string; readonly error: PluginError };

const sideBySide = 4;

/** Each plugin in notation's folder, asked who it is; by name. @throws {PluginError} PLUGIN_FILE_UNFIT where the folder cannot be read */
export async function* listPlugins(notation: string, io: Io): AsyncGenerator<ListedPlugin> {
  yield* mapOrdered(await listPluginNames(notation), sideBySide, (name) => look(notation, name, io));
}

async function look(notation: string, name: string, io: Io): Promise<ListedPlugin> {
  try {
    const place = await findPlugin(notation, name);
    const program = pluginProgram(place, { env: io.env, timeoutMs: metadataTimeoutMs });
    return { name, path: place.path, metadata: await pluginMetadata(program, { signal: io.signal }) };
  } catch (error) {
    if (error instanceof PluginError) return { name, error };
    throw error;
  }
}
