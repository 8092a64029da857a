import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  comparePluginVersions,
  findPlugin,
  PluginError,
  type PluginMetadata,
  pluginMetadata,
  pluginProgram,
  pluginsFolder,
} from '@signet/core/notary-plugin';
import { CliError } from '../errors.ts';
import { isThere, unwritable } from '../files.ts';
import type { Io } from '../io.ts';
import { checkDigest, download } from './download.ts';
import { readPluginSource } from './read-source.ts';
import { metadataTimeoutMs, readStaged } from './staged-plugin.ts';
import { withStaging } from './staging.ts';

/** Where a plugin comes from. */
export type PluginSource =
  | { readonly kind: 'file'; readonly path: string; readonly sha256?: string }
  | { readonly kind: 'url'; readonly url: string; readonly sha256: string; readonly ca?: string };

/** What was installed. */
export interface InstalledPlugin {
  readonly metadata: PluginMetadata;
  /** The folder of the plugin. */
  readonly folder: string;
  /** The version that was there before; `unknown` where that plugin did not say. */
  readonly replaced?: string;
}

/**
 * Gathers a plugin's files, lets it say who it is, and puts its folder in place in one step. One that is there already is replaced by a newer
 * version alone, unless `force`.
 * @throws {CliError} PLUGIN_SOURCE, PLUGIN_INSTALLED, PLUGIN_DIGEST, PLUGIN_DOWNLOAD, FILE_UNREADABLE, FILE_UNWRITABLE; {PluginError}
 */
export async function installPlugin(
  source: PluginSource,
  { notation, force, io }: { readonly notation: string; readonly force: boolean; readonly io: Io },
): Promise<InstalledPlugin> {
  const plugins = pluginsFolder(notation);
  return await withStaging(plugins, (outer) =>
    withStaging(outer.folder, async (staging) => {
      if (source.kind === 'file') {
        if (source.sha256 !== undefined) await checkDigest(source.path, source.sha256);
        await readPluginSource(source.path, staging);
      } else {
        const fetched = join(outer.folder, 'download');
        await readPluginSource(fetched, staging, await download({ ...source, io }, fetched));
      }
      const metadata = await readStaged(staging, io);
      const folder = join(plugins, metadata.name);
      const before = await versionBefore(notation, metadata, { force, io });
      await putInPlace(staging.folder, folder, join(outer.folder, 'replaced'));
      return { metadata, folder, ...(before === undefined ? {} : { replaced: before }) };
    }),
  );
}

/** Undefined where there is none. @throws {CliError} PLUGIN_INSTALLED */
async function versionBefore(
  notation: string,
  { name, version }: PluginMetadata,
  { force, io }: { readonly force: boolean; readonly io: Io },
): Promise<string | undefined> {
  if (!(await isThere(join(pluginsFolder(notation), name)))) return undefined;
  const before = await versionOf(notation, name, io);
  if (force) return before ?? 'unknown';
  const hint = '--force replaces it all the same';
  const refuse = (why: string): CliError => new CliError('PLUGIN_INSTALLED', `the plugin ${name} ${why}`, { hint });
  if (before === undefined) throw refuse('is there already, and does not say which version it is');
  const order = comparePluginVersions(version, before);
  if (order === undefined) throw refuse(`is there already, in the version ${before}`);
  if (order === 0) throw refuse(`is there already, in the same version ${before}`);
  if (order < 0) throw refuse(`is there already, in the newer version ${before}: ${version} would be a step back`);
  return before;
}

async function versionOf(notation: string, name: string, io: Io): Promise<string | undefined> {
  try {
    const place = await findPlugin(notation, name);
    const program = pluginProgram(place, { env: io.env, timeoutMs: metadataTimeoutMs });
    return (await pluginMetadata(program, { signal: io.signal })).version;
  } catch (error) {
    if (error instanceof PluginError) return undefined;
    throw error;
  }
}

/** The old folder goes aside first: no system renames over a folder that has something in it. It comes back where the new one cannot take its place. */
async function putInPlace(staged: string, folder: string, aside: string): Promise<void> {
  const hadOne = await isThere(folder);
  try {
    if (hadOne) await rename(folder, aside);
    await rename(staged, folder).catch(async (error: unknown) => {
      if (hadOne) await rename(aside, folder);
      throw error;
    });
  } catch (error) {
    throw unwritable(folder, error);
  }
  await rm(aside, { recursive: true, force: true });
}
