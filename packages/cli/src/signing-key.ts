import { createSoftwareSigner, parsePrivateKey, type Signer } from '@signet/core';
import { CliError } from './errors.ts';
import type { Io } from './io.ts';
import { naming, readKeyFile, refuseExampleKeys } from './key-file.ts';
import type { SigningKeyFlags } from './options/keys.ts';
import { existingPassword } from './password.ts';

/** The signer that `--key` names. @throws {CliError} USAGE, FILE_UNREADABLE, PASSWORD_NEEDED, EXAMPLE_KEY; {KeyError} naming the file */
export async function readSigner(flags: SigningKeyFlags, io: Io): Promise<Signer> {
  const path = flags.key;
  if (path === undefined)
    throw new CliError('USAGE', 'which key signs was not said', { hint: 'name a private key: --key FILE' });
  const bytes = await readKeyFile(path, io);
  const password = existingPassword({ file: flags.passwordFile }, io, path);
  const key = await naming(path, () => parsePrivateKey(bytes, { password }));
  refuseExampleKeys([key.publicKey], path, flags);
  return createSoftwareSigner(key);
}
