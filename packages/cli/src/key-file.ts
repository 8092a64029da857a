import { KeyError, type PublicKey, parsePrivateKey, parsePublicKeys, publicKeyOfCertificate } from '@signet/core';
import { CliError } from './errors.ts';
import { readInput } from './files.ts';
import type { Io } from './io.ts';
import { existingPassword, type PasswordSource } from './password.ts';

/** Bytes of a key file, at most. */
const maxKeyBytes = 1024 * 1024;

/** The bytes of a key file, or of standard input for `-`. @throws {CliError} FILE_UNREADABLE */
export async function readKeyFile(path: string, io: Io): Promise<Uint8Array> {
  return readInput(path, io.stdin, maxKeyBytes);
}

/** The trusted keys of all files that `--key` names. @throws {CliError} USAGE, FILE_UNREADABLE; {KeyError} what is wrong with a key, naming its file */
export async function readTrustedKeys(paths: readonly string[] | undefined, io: Io): Promise<readonly PublicKey[]> {
  if (paths === undefined || paths.length === 0) {
    throw new CliError('USAGE', 'which signers are trusted was not said', { hint: 'name a public key: --key FILE' });
  }
  const keys = await Promise.all(
    paths.map(async (path) => {
      const bytes = await readKeyFile(path, io);
      return naming(path, () => parsePublicKeys(bytes));
    }),
  );
  return keys.flat();
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
