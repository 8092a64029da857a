import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cursor, readJson } from '@signet/policy-import';
import { PolicyError } from '@signet/verifier';
import { CliError } from '../errors.ts';
import { readInputFile, systemReason } from '../files.ts';

/** A key as notation's `signingkeys.json` names it: in files, or kept by a plugin. */
export type SigningKey =
  | { readonly kind: 'files'; readonly name: string; readonly keyPath: string; readonly certPath: string }
  | {
      readonly kind: 'plugin';
      readonly name: string;
      readonly id: string;
      readonly pluginName: string;
      readonly pluginConfig: Readonly<Record<string, string>>;
    }
  /** Half an entry keeps nobody from the other keys, as with notation. `why`: with file, line and column. */
  | { readonly kind: 'unusable'; readonly name: string; readonly why: string };

/** A key that can sign. */
export type UsableKey = Exclude<SigningKey, { readonly kind: 'unusable' }>;

/** All keys that notation knows. */
export interface SigningKeys {
  /** The file, whether it is there or not. */
  readonly path: string;
  /** Name of the key that signs where none is named. */
  readonly default?: string;
  readonly keys: readonly SigningKey[];
}

/** What of notation's `config.json` matters here. */
export interface NotationConfig {
  /** The form of envelopes where none is named. */
  readonly signatureFormat?: 'jws' | 'cose';
}

/** Both files are a few lines. */
const maxBytes = 1024 * 1024;

/**
 * notation's keys; none where it has no such file. Members that nobody knows are left alone, as notation does.
 * Rule: wire-formats 9.1.
 * @throws {CliError} KEY_STORE_INVALID with file, line and column; FILE_UNREADABLE
 */
export async function readSigningKeys(folder: string): Promise<SigningKeys> {
  const path = join(folder, 'signingkeys.json');
  const text = await textOf(path);
  if (text === undefined) return { path, keys: [] };
  return placed(() => {
    const root = readJson({ file: path, text });
    const keys = (root.field('keys')?.items() ?? []).map(readKey);
    checkNames(root, keys);
    const usual = root.fields().find(([name]) => name === 'default')?.[1];
    if (usual === undefined || usual.isEmpty) return { path, keys };
    const name = usual.text();
    if (!keys.some((key) => key.name === name)) throw usual.invalid(`there is no key ${quoted(name)}`);
    return { path, default: name, keys };
  });
}

/**
 * The key of this name, or the one that signs by default.
 * @throws {CliError} KEY_NOT_NAMED where there is none, KEY_STORE_INVALID where its entry is not whole
 */
export function findSigningKey(
  { path, keys, default: usual }: SigningKeys,
  name: string | undefined = usual,
): UsableKey {
  const found = keys.find((key) => key.name === name);
  if (found?.kind === 'unusable') throw new CliError('KEY_STORE_INVALID', found.why);
  if (found !== undefined) return found;
  const why = name === undefined ? 'no key signs by default' : `there is no key ${quoted(name)}`;
  const names = keys.slice(0, 20).map((key) => key.name);
  const hint = names.length === 0 ? 'notation key add makes one' : `there are: ${names.join(', ')}`;
  throw new CliError('KEY_NOT_NAMED', `${path}: ${why}`, { hint });
}

/** notation's own settings; none where it has no such file. @throws as {@link readSigningKeys} */
export async function readNotationConfig(folder: string): Promise<NotationConfig> {
  const path = join(folder, 'config.json');
  const text = await textOf(path);
  if (text === undefined) return {};
  return placed(() => {
    const format = readJson({ file: path, text }).field('signatureFormat');
    return format === undefined || format.text() === '' ? {} : { signatureFormat: format.oneOf(['jws', 'cose']) };
  });
}

function readKey(entry: Cursor): SigningKey {
  const name = wholeText(entry.needField('name'));
  try {
    return readUsable(entry, name);
  } catch (error) {
    if (error instanceof PolicyError) return { kind: 'unusable', name, why: error.message };
    throw error;
  }
}

function readUsable(entry: Cursor, name: string): UsableKey {
  const given = (member: string): boolean => entry.field(member) !== undefined;
  const isPlugin = given('id') || given('pluginName');
  if (isPlugin && (given('keyPath') || given('certPath')))
    throw entry.invalid('either keyPath and certPath, or id and pluginName are expected: both are there');
  if (!isPlugin)
    return {
      kind: 'files',
      name,
      keyPath: wholeText(entry.needField('keyPath')),
      certPath: wholeText(entry.needField('certPath')),
    };
  const settings = entry.field('pluginConfig')?.fields() ?? [];
  return {
    kind: 'plugin',
    name,
    id: wholeText(entry.needField('id')),
    pluginName: wholeText(entry.needField('pluginName')),
    pluginConfig: Object.fromEntries(settings.map(([key, value]) => [key, value.text()])),
  };
}

function checkNames(root: Cursor, keys: readonly SigningKey[]): void {
  const twice = keys.findIndex(({ name }, at) => keys.findIndex((other) => other.name === name) < at);
  const entry = root.field('keys')?.items()[twice];
  if (entry !== undefined) throw entry.invalid(`the key ${quoted(keys[twice]?.name ?? '')} is there twice`);
}

function wholeText(cursor: Cursor): string {
  const text = cursor.text();
  if (text === '') throw cursor.invalid('a text is expected, and it is empty');
  return text;
}

/** Undefined where there is no file. notation follows no link either. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    if (!(await lstat(path)).isFile()) throw new CliError('FILE_UNREADABLE', `${path} is no regular file`);
  } catch (error) {
    if (error instanceof CliError) throw error;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new CliError('FILE_UNREADABLE', `cannot read ${path}: ${systemReason(error)}`, { cause: error });
  }
  return Buffer.from(await readInputFile(path, maxBytes)).toString('utf8');
}

function placed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof PolicyError) throw new CliError('KEY_STORE_INVALID', error.message, { cause: error });
    throw error;
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
