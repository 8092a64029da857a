import { CliError } from '../errors.ts';
import { readInputFile, writeOutputFile } from '../files.ts';
import type { SigningKeys } from './signing-keys.ts';

/** A key in files that notation's list gets. */
export interface NewSigningKey {
  readonly name: string;
  readonly keyPath: string;
  readonly certPath: string;
  /** From now on it signs where none is named. */
  readonly isDefault: boolean;
}

/**
 * What the list would say, with everything else in it as it is. An entry of the same files is replaced; one that says something else is somebody's
 * key, and stays. `list`: the same file, read. Rule: wire-formats 9.1
 * @throws {CliError} FILE_EXISTS where the name is taken; FILE_UNREADABLE
 */
export async function withSigningKey(
  { name, keyPath, certPath, isDefault }: NewSigningKey,
  list: SigningKeys,
  isThere: boolean,
): Promise<string> {
  const same = list.keys.find((key) => key.name === name);
  if (same !== undefined && !(same.kind === 'files' && same.keyPath === keyPath && same.certPath === certPath))
    throw new CliError(
      'FILE_EXISTS',
      `${list.path}: there is a key ${JSON.stringify(name)} already, in another place`,
      {
        hint: 'choose another name, or remove it: notation key delete NAME',
      },
    );
  const { default: usual, keys = [], ...others } = isThere ? await rawList(list.path) : {};
  const entries = same === undefined ? [...(keys ?? []), { name, keyPath, certPath }] : keys;
  const first = isDefault ? { default: name } : usual === undefined ? {} : { default: usual };
  return JSON.stringify({ ...first, keys: entries, ...others }, null, 4);
}

/** As one file, for its owner alone. @throws {CliError} FILE_UNWRITABLE */
export async function writeSigningKeys(path: string, text: string): Promise<void> {
  await writeOutputFile(path, Buffer.from(text), { mode: 0o600, force: true });
}

interface RawList {
  readonly default?: unknown;
  readonly keys?: readonly unknown[] | null;
}

/** It was read before, by what knows its form. */
async function rawList(path: string): Promise<RawList> {
  return JSON.parse(Buffer.from(await readInputFile(path)).toString('utf8')) as RawList;
}
