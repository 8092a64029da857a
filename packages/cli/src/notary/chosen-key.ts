import type { NotaryForm } from '@signet/core';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { SigningKeyFlags } from '../options/keys.ts';
import { notationFolder } from './config-folder.ts';
import type { NotaryFlags } from './flags.ts';
import { parseSettings } from './plugin-settings.ts';

/** The key that the flags choose, wherever it is. */
export type ChosenKey = { readonly kind: 'files'; readonly keyPath?: string; readonly certPath?: string } | PluginKey;

/** A key that a plugin has. */
export interface PluginKey {
  readonly kind: 'plugin';
  readonly pluginName: string;
  readonly id: string;
  readonly pluginConfig: Readonly<Record<string, string>>;
}

/**
 * Which key signs: `--key`, `--plugin`, `--key-name`, or where none of them is given the one that signs by default with notation. The form of the
 * envelope is notation's own unless it is named, where its files are read anyway.
 * @throws {CliError} USAGE, KEY_STORE_INVALID, KEY_NOT_NAMED, FILE_UNREADABLE
 */
export async function chosenKey(
  flags: NotaryFlags & SigningKeyFlags,
  io: Io,
): Promise<{ readonly key: ChosenKey; readonly form: NotaryForm }> {
  const { key, cert, keyName, plugin, id, envelope: form = 'jws' } = flags;
  const ways = [key, keyName, plugin].filter((way) => way !== undefined);
  if (ways.length > 1)
    throw new CliError('USAGE', 'which key signs was said twice: --key, --key-name or --plugin is wanted');
  if (plugin === undefined && id !== undefined) throw new CliError('USAGE', '--id is for --plugin');
  if (plugin === undefined && key !== undefined && flags.pluginConfig !== undefined)
    throw new CliError('USAGE', '--plugin-config is for --plugin, and for a key of a plugin');
  if (plugin !== undefined) {
    if (id === undefined) throw new CliError('USAGE', '--plugin needs --id: which of its keys signs');
    return {
      form,
      key: { kind: 'plugin', pluginName: plugin, id, pluginConfig: parseSettings(flags.pluginConfig ?? []) },
    };
  }
  if (key !== undefined)
    return { form, key: { kind: 'files', keyPath: key, ...(cert === undefined ? {} : { certPath: cert }) } };
  return await fromStore(flags, io);
}

async function fromStore(flags: NotaryFlags, io: Io): Promise<{ readonly key: ChosenKey; readonly form: NotaryForm }> {
  const { findSigningKey, readNotationConfig, readSigningKeys } = await import('./signing-keys.ts');
  const folder = notationFolder(io.env);
  const keys = await readSigningKeys(folder);
  const { keyName, cert, envelope } = flags;
  // A chain says that a key file was forgotten: notation's own key has one.
  if (keyName === undefined && (keys.default === undefined || cert !== undefined))
    return { form: envelope ?? 'jws', key: withoutKey(cert) };
  const found = findSigningKey(keys, keyName);
  const form = envelope ?? (await readNotationConfig(folder)).signatureFormat ?? 'jws';
  if (found.kind === 'plugin')
    return {
      form,
      key: { ...found, pluginConfig: { ...found.pluginConfig, ...parseSettings(flags.pluginConfig ?? []) } },
    };
  if (flags.pluginConfig !== undefined)
    throw new CliError('USAGE', `--plugin-config is for a key of a plugin: ${found.name} is in files`);
  if (cert !== undefined) throw new CliError('USAGE', '--key-name and --cert were given: one of them is wanted');
  return { form, key: found };
}

function withoutKey(cert: string | undefined): ChosenKey {
  return { kind: 'files', ...(cert === undefined ? {} : { certPath: cert }) };
}
