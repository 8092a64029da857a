import {
  isExampleKey,
  KeyError,
  type PublicKey,
  parsePrivateKey,
  parsePublicKeys,
  publicKeyOfCertificate,
} from '@signet/core';
import { CliError } from './errors.ts';
import { readInput } from './files.ts';
import type { Io } from './io.ts';
import type { ExampleKeyFlags, TrustedKeyFlags } from './options/keys.ts';
import { existingPassword, type PasswordSource } from './password.ts';

/** Bytes of a key file, at most. */
const maxKeyBytes = 1024 * 1024;

/** The bytes of a key file, or of standard input for `-`. @throws {CliError} FILE_UNREADABLE */
export async function readKeyFile(path: string, io: Io): Promise<Uint8Array> {
  return readInput(path, io, maxKeyBytes);
}

/** The trusted keys of all files that `--key` names. @throws {CliError} USAGE, FILE_UNREADABLE, EXAMPLE_KEY; {KeyError} naming the file */
export async function readTrustedKeys(flags: TrustedKeyFlags, io: Io): Promise<readonly PublicKey[]> {
  const paths = flags.key;
  if (paths === undefined || paths.length === 0) {
    throw new CliError('USAGE', 'which signers are trusted was not said', { hint: 'name a public key: --key FILE' });
  }
  const keys = await Promise.all(
    paths.map(async (path) => {
      const bytes = await readKeyFile(path, io);
      const found = await naming(path, () => parsePublicKeys(bytes));
      refuseExampleKeys(found, path, flags);
      return found;
    }),
  );
  return keys.flat();
}

/** The sample keys are in everybody's hands. @throws {CliError} EXAMPLE_KEY */
export function refuseExampleKeys(keys: readonly PublicKey[], path: string, flags: ExampleKeyFlags): void {
  if (flags.allowExampleKeys === true || !keys.some(isExampleKey)) return;
  throw new CliError('EXAMPLE_KEY', `${path} is a sample key of Signet: everybody has its private half`, {
    hint: 'make a key of your own: signet key generate (for tests: --allow-example-keys)',
  });
}

/** The public keys of a file of any kind: public, certificate, or private (its public half; the password is asked for where needed). */
export async function readAnyKeys(path: string, source: PasswordSource, io: Io): Promise<readonly PublicKey[]> {
  const bytes = await readKeyFile(path, io);
  return naming(path, async () => {
    const attempts = [
      () => parsePublicKeys(bytes),
      async () => [publicKeyOfCertificate(bytes)],
      async () => [(await parsePrivateKey(bytes, { password: existingPassword(source, io, path) })).publicKey],
    ];
    return firstOfKind(attempts);
  });
}

/** Lets an error about a key say which file it is about. */
export async function naming<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    throw new KeyError(error.code, `${path === '-' ? 'standard input' : path}: ${error.message}`, { cause: error });
  }
}

/** The first attempt that is not refused for being of another kind. */
async function firstOfKind<T>(attempts: readonly (() => Promise<T>)[]): Promise<T> {
  let last: unknown;
  for (const attempt of attempts) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof KeyError) || error.code !== 'KEY_WRONG_KIND') throw error;
      last = error;
    }
  }
  throw last;
}
