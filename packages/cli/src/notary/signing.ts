import { createNotaryFormat, type Signer, type SignFormat } from '@signet/core';
import { type Certificate, CertificateError, checkChain, checkValidAt, readCertificateFile } from '@signet/core/x509';
import { CliError } from '../errors.ts';
import { readInputFile } from '../files.ts';
import type { Io } from '../io.ts';
import type { SigningKeyFlags } from '../options/keys.ts';
import { readSigner } from '../signing-key.ts';
import type { NotaryFlags } from './flags.ts';

/** A file with a chain is far shorter. */
const maxBytes = 1024 * 1024;

/** How an image is signed in the manner of the Notary Project, and by whom. */
export interface NotarySigner {
  readonly format: SignFormat;
  readonly signer: Signer;
}

/** The format where nothing is signed: what it would sign depends on no certificate. */
export function plannedNotary(): SignFormat {
  return createNotaryFormat();
}

/**
 * The format as the flags ask for it, and the signer with the certificates of `--cert`, which are held to the rules that every verifier
 * holds them to. Rule: wire-formats 8.7.
 * @throws {CliError} USAGE, FILE_UNREADABLE, PASSWORD_NEEDED, CERTIFICATES_UNFIT; {KeyError} naming the file
 */
export async function notarySigner(flags: NotaryFlags & SigningKeyFlags, io: Io): Promise<NotarySigner> {
  const { envelope = 'jws', expiry } = flags;
  const { cert, ...keyFlags } = await keyFiles(flags, io);
  const key = await readSigner(keyFlags, io);
  if (cert === undefined)
    throw new CliError('USAGE', '--format notary needs the certificates of the key', {
      hint: "name them: --cert FILE, or a key of notation's list: --key-name NAME",
    });
  const chain = await readChain(cert);
  checkSigner(chain, { file: cert, keyId: key.publicKey.id });
  const certificates = chain.map(({ der }) => der);
  const lifetime = expiry === undefined ? {} : { lifetimeMs: expiry };
  return {
    format: createNotaryFormat({ form: envelope, certificates, ...lifetime }),
    signer: { ...key, chain: certificates },
  };
}

/** By its name in notation's list, key and certificates are both told. @throws {CliError} USAGE, FILE_UNREADABLE */
async function keyFiles(
  flags: NotaryFlags & SigningKeyFlags,
  io: Io,
): Promise<SigningKeyFlags & Pick<NotaryFlags, 'cert'>> {
  const { keyName, key, cert } = flags;
  if (keyName === undefined) return flags;
  if (key !== undefined || cert !== undefined)
    throw new CliError(
      'USAGE',
      `--key-name and --${key === undefined ? 'cert' : 'key'} were given: one of them is wanted`,
    );
  const { readStoredKey } = await import('./stored-key.ts');
  return { ...flags, ...(await readStoredKey(keyName, io.env)) };
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
  { file, keyId }: { readonly file: string; readonly keyId: string },
): void {
  const unfit = (why: string) =>
    new CliError('CERTIFICATES_UNFIT', `${file}: ${why}`, { hint: 'nobody would verify the signature' });
  if (chain[0]?.keyId !== keyId) throw unfit('its first certificate is not that of the key');
  const problem = checkChain(chain, 'codeSigning') ?? checkValidAt(chain, Date.now());
  if (problem !== undefined) throw unfit(problem.message);
}
