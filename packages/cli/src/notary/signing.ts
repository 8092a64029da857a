import { createNotaryFormat, envelopeKeyOf, type NotarySigning, type SignFormat } from '@signet/core';
import { type Certificate, CertificateError, checkChain, checkValidAt, readCertificateFile } from '@signet/core/x509';
import { CliError } from '../errors.ts';
import { readInputFile } from '../files.ts';
import type { Io } from '../io.ts';
import type { SigningKeyFlags } from '../options/keys.ts';
import { readSigner } from '../signing-key.ts';
import { chosenKey } from './chosen-key.ts';
import type { NotaryFlags } from './flags.ts';
import type { NotarySigner } from './notary-signer.ts';

/** A file with a chain is far shorter. */
const maxBytes = 1024 * 1024;

/** What the flags of `signet sign` may say of a key. */
export type NotaryKeyFlags = NotaryFlags & SigningKeyFlags;

/** The format where nothing is signed: what it would sign depends on no certificate. */
export function plannedNotary(): SignFormat {
  return createNotaryFormat();
}

/**
 * The format as the flags ask for it, and who signs: a key file with `--cert`, a key of a plugin, or one that notation's `signingkeys.json` names.
 * @throws {CliError} USAGE, FILE_UNREADABLE, CERTIFICATES_UNFIT, KEY_STORE_INVALID, KEY_NOT_NAMED; {KeyError}; {PluginError}
 */
export async function readNotarySigner(flags: NotaryKeyFlags, io: Io): Promise<NotarySigner> {
  const { form, key } = await chosenKey(flags, io);
  const signing = { form, ...(await lifetimeAndTime(flags, io)) };
  if (key.kind === 'plugin') {
    const { pluginSigner } = await import('./plugin-signing.ts');
    const chain = flags.cert === undefined ? undefined : await readSigningChain(flags.cert);
    return await pluginSigner(key, { ...signing, io, ...(chain === undefined ? {} : { chain }) });
  }
  const { keyPath, certPath } = key;
  if (keyPath === undefined)
    throw new CliError('USAGE', 'which key signs was not said', {
      hint: 'name a private key, --key FILE; or a key of notation, --key-name NAME; or of a plugin, --plugin NAME --id KEY',
    });
  if (certPath === undefined)
    throw new CliError('USAGE', '--format notary needs the certificates of the key', {
      hint: "name them: --cert FILE, or a key of notation's list: --key-name NAME",
    });
  const own = await readSigner({ ...flags, key: keyPath }, io);
  const chain = await readSigningChain(certPath, own.publicKey.id);
  const signer = { ...own, chain };
  return {
    format: createNotaryFormat({ ...signing, certificates: chain }),
    signer,
    signsAnew: false,
    forFiles: () => ({ key: envelopeKeyOf(signer), signing }),
  };
}

/** How long it counts, and who confirms when it was made. */
async function lifetimeAndTime(
  flags: NotaryKeyFlags,
  io: Io,
): Promise<Pick<NotarySigning, 'lifetimeMs' | 'timestamp'>> {
  const { expiry, tsa, tsaRoot } = flags;
  const lifetime = expiry === undefined ? {} : { lifetimeMs: expiry };
  if (tsa === undefined && tsaRoot === undefined) return lifetime;
  const timestamp = await (await import('./time-authority.ts')).timeAuthority(flags, io);
  return { ...lifetime, ...(timestamp === undefined ? {} : { timestamp }) };
}

/** DER, held to the rules that every verifier holds them to. Rule: wire-formats 8.7. @throws {CliError} FILE_UNREADABLE, CERTIFICATES_UNFIT */
async function readSigningChain(file: string, keyId?: string): Promise<readonly Uint8Array[]> {
  const chain = await readChain(file);
  checkSigner(chain, { file, ...(keyId === undefined ? {} : { keyId }) });
  return chain.map(({ der }) => der);
}

async function readChain(file: string): Promise<readonly Certificate[]> {
  const bytes = await readInputFile(file, maxBytes);
  try {
    return readCertificateFile(bytes);
  } catch (error) {
    if (error instanceof CertificateError) throw new CliError('CERTIFICATES_UNFIT', `${file}: ${error.message}`);
    throw error;
  }
}

/** @throws {CliError} CERTIFICATES_UNFIT */
function checkSigner(
  chain: readonly Certificate[],
  { file, keyId }: { readonly file: string; readonly keyId?: string },
): void {
  const unfit = (why: string) =>
    new CliError('CERTIFICATES_UNFIT', `${file}: ${why}`, { hint: 'nobody would verify the signature' });
  if (keyId !== undefined && chain[0]?.keyId !== keyId) throw unfit('its first certificate is not that of the key');
  const problem = checkChain(chain, 'codeSigning') ?? checkValidAt(chain, Date.now());
  if (problem !== undefined) throw unfit(problem.message);
}
