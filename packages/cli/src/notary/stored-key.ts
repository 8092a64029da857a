import { join } from 'node:path';
import { asObject, parseJson, RegistryError } from '@signet/oci';
import { CliError } from '../errors.ts';
import { readInputFile } from '../files.ts';
import { type FolderEnv, notationFolder } from './config-folder.ts';

/** Files of a key and of its certificates. */
export interface StoredKey {
  readonly key: string;
  readonly cert: string;
}

/** A list of keys is far shorter. */
const maxBytes = 1024 * 1024;

/**
 * A key of notation's own list, `signingkeys.json`, by its name; read and never changed. Rule: wire-formats 9.1
 * @throws {CliError} USAGE where there is none of this name, or it is kept by a plugin; FILE_UNREADABLE
 */
export async function readStoredKey(name: string, env: FolderEnv): Promise<StoredKey> {
  const path = join(notationFolder(env), 'signingkeys.json');
  const keys = keysIn(await readInputFile(path, maxBytes), path);
  const found = keys.find((each) => each.name === name);
  if (found === undefined) {
    const names = keys.flatMap((each) => (typeof each.name === 'string' ? [each.name] : []));
    const hint = names.length === 0 ? 'notation key add' : `there are: ${names.slice(0, 20).join(', ')}`;
    throw new CliError('USAGE', `${path} has no key named ${JSON.stringify(name)}`, { hint });
  }
  const { keyPath, certPath, pluginName } = found;
  if (typeof keyPath === 'string' && typeof certPath === 'string') return { key: keyPath, cert: certPath };
  if (typeof pluginName === 'string')
    throw new CliError(
      'USAGE',
      `the key ${JSON.stringify(name)} is kept by the plugin ${JSON.stringify(pluginName)}: plugins are not run here`,
      {
        hint: 'sign with notation; signet verifies that signature',
      },
    );
  throw malformed(path, `the key ${JSON.stringify(name)} has no keyPath and certPath`);
}

function keysIn(bytes: Uint8Array, path: string): readonly Readonly<Record<string, unknown>>[] {
  try {
    const { keys } = asObject(parseJson(bytes), path);
    if (!Array.isArray(keys)) throw malformed(path, 'it lists no keys');
    return keys.map((each) => asObject(each, path));
  } catch (error) {
    if (error instanceof RegistryError) throw malformed(path, error.message);
    throw error;
  }
}

function malformed(path: string, why: string): CliError {
  return new CliError('FILE_UNREADABLE', `${path} is not what notation writes: ${why}`);
}
