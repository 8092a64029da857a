import { CliError } from './errors.ts';
import { readInputFile } from './files.ts';
import type { Io } from './io.ts';
import { promptHidden } from './prompt.ts';

/** Where the password of a private key comes from: `--password-file`, the environment, the terminal. In this order. */
export interface PasswordSource {
  /** `--password-file` */
  readonly file?: string | undefined;
}

/**
 * The password of an encrypted key, asked for only when the key turns out to be encrypted.
 * @throws {CliError} PASSWORD_NEEDED, FILE_UNREADABLE
 */
export function existingPassword(source: PasswordSource, io: Io, keyName: string): () => Promise<string> {
  return async () => {
    const password = (await givenPassword(source, io)) ?? (await promptHidden(`Password of ${keyName}: `, io));
    if (password !== undefined) return password;
    throw new CliError('PASSWORD_NEEDED', `${keyName} is encrypted, and no password was given`, {
      hint: 'set SIGNET_PASSWORD, or use --password-file FILE',
    });
  };
}

/**
 * The password for a new key file; on a terminal it is asked for twice. An empty one means that the key is not encrypted.
 * @throws {CliError} PASSWORD_NEEDED when nobody can be asked, FILE_UNREADABLE
 */
export async function newPassword(source: PasswordSource, io: Io): Promise<string> {
  const given = await givenPassword(source, io);
  if (given !== undefined) return given;
  const first = await promptHidden('Password for the new key (empty: not encrypted): ', io);
  if (first === undefined) {
    throw new CliError('PASSWORD_NEEDED', 'no password for the new key was given', {
      hint: 'set SIGNET_PASSWORD (SIGNET_PASSWORD= for a key that is not encrypted), or use --password-file FILE',
    });
  }
  const second = await promptHidden('Once more: ', io);
  if (first !== second) throw new CliError('PASSWORD_NEEDED', 'the two passwords differ');
  return first;
}

async function givenPassword(source: PasswordSource, io: Io): Promise<string | undefined> {
  return source.file === undefined ? io.secrets.keyPassword : readPasswordFile(source.file);
}

/** A file whole, but for the line end that editors add: it is no part of the password. @throws {CliError} FILE_UNREADABLE */
export async function readPasswordFile(path: string): Promise<string> {
  const bytes = await readInputFile(path, 64 * 1024);
  return Buffer.from(bytes)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
