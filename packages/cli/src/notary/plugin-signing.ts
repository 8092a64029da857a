import type { NotaryForm, NotarySigning } from '@signet/core';
import { notaryPluginFormat, openPluginSigner } from '@signet/core/notary-plugin';
import type { Io } from '../io.ts';
import type { PluginKey } from './chosen-key.ts';
import { notationFolder } from './config-folder.ts';
import type { NotarySigner } from './notary-signer.ts';

/** How a plugin's key signs. */
export interface PluginSigningOptions {
  readonly form: NotaryForm;
  readonly lifetimeMs?: number;
  /** Confirms when it was signed. */
  readonly timestamp?: NotarySigning['timestamp'];
  /** DER of the certificates that it has to sign with. */
  readonly chain?: readonly Uint8Array[];
  readonly io: Io;
}

/** The signer that a plugin is, and the format that lets it seal. @throws {PluginError}; {CliError} USAGE where notation's folder cannot be found */
export async function pluginSigner(
  { pluginName, id, pluginConfig }: PluginKey,
  { form, lifetimeMs, timestamp, chain, io }: PluginSigningOptions,
): Promise<NotarySigner> {
  const signer = await openPluginSigner({
    folder: notationFolder(io.env),
    name: pluginName,
    keyId: id,
    config: pluginConfig,
    env: io.env,
    atMs: Date.now(),
    signal: io.signal,
    ...(chain === undefined ? {} : { chain }),
  });
  const signing = {
    form,
    ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
    ...(timestamp === undefined ? {} : { timestamp }),
  };
  return {
    format: notaryPluginFormat(signer, signing),
    signer,
    signsAnew: !signer.isKnown,
    forFiles: () => ({ key: signer.envelopeKey(), signing }),
  };
}
