import { randomBytes } from 'node:crypto';
import { open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asObject } from '../descriptor.ts';
import { RegistryError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { makeFolders } from '../make-folders.ts';
import { type AuthConfig, dockerConfigPath, helperFor, keysFor, parseAuthConfig, serverKey } from './config-file.ts';
import type { Credential } from './credential.ts';
import { helperOptions, type LoadCredentialsOptions } from './credentials.ts';
import { eraseFromHelper, storeInHelper } from './helper.ts';

/**
 * Keeps a credential where docker looks for it: in the configured helper, else in the file (0600, all other content kept). Gives the place.
 * @throws {RegistryError} CREDENTIALS, UNSUPPORTED for a kind that docker has no place for
 */
export async function saveCredential(
  registry: string,
  credential: Credential,
  options: LoadCredentialsOptions,
): Promise<string> {
  const { username, secret, entry } = toEntry(credential);
  const file = await openConfig(options);
  const server = serverKey(registry);
  const helper = helperFor(file.config, registry);
  if (helper !== undefined) await storeInHelper(helper, { server, username, secret }, helperOptions(options));
  await writeConfig(file, { ...without(file, registry), [server]: helper === undefined ? entry : {} });
  return helper === undefined ? file.path : `docker-credential-${helper}`;
}

/** Forgets what is kept for a registry; false where nothing was. @throws {RegistryError} CREDENTIALS */
export async function eraseCredential(registry: string, options: LoadCredentialsOptions): Promise<boolean> {
  const file = await openConfig(options);
  const helper = helperFor(file.config, registry);
  if (helper !== undefined) await eraseFromHelper(helper, serverKey(registry), helperOptions(options));
  if (keysFor(file.config.auths, registry).length === 0) return helper !== undefined;
  await writeConfig(file, without(file, registry));
  return true;
}

interface Entry {
  readonly username: string;
  readonly secret: string;
  readonly entry: Readonly<Record<string, string>>;
}

function toEntry(credential: Credential): Entry {
  if (credential.kind === 'basic') {
    const { username, password } = credential;
    if (username.includes(':')) throw new RegistryError('CREDENTIALS', 'a user name cannot hold a colon');
    return { username, secret: password, entry: { auth: Buffer.from(`${username}:${password}`).toString('base64') } };
  }
  if (credential.kind === 'refresh') {
    return { username: '<token>', secret: credential.token, entry: { identitytoken: credential.token } };
  }
  throw new RegistryError('UNSUPPORTED', 'an access token is not kept: it ends soon');
}

interface ConfigFile {
  readonly path: string;
  readonly config: AuthConfig;
  /** All members of the file, for writing back. */
  readonly document: Readonly<Record<string, unknown>>;
}

function without({ config }: ConfigFile, registry: string): Record<string, unknown> {
  const keys = keysFor(config.auths, registry);
  return Object.fromEntries(Object.entries(config.auths).filter(([key]) => !keys.includes(key)));
}

async function openConfig(options: LoadCredentialsOptions): Promise<ConfigFile> {
  const named = dockerConfigPath(options);
  if (named === undefined) throw new RegistryError('CREDENTIALS', 'no home folder to keep a registry configuration in');
  // A link stays one: what it leads to is written. A file that is not there yet has no real path.
  const path = await realpath(named).catch(() => named);
  const bytes = await readFile(path).catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return Buffer.from('{}');
    throw new RegistryError('CREDENTIALS', `${path} cannot be read`, { cause });
  });
  const config = parseAuthConfig(bytes, path);
  return { path, config, document: asObject(parseJson(bytes, { allowDuplicateKeys: true }), 'config') };
}

/** Beside it, then over it: a reader sees the old file or the new one. */
async function writeConfig({ path, document }: ConfigFile, auths: Record<string, unknown>): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await makeFolders(dirname(path), { mode: 0o700 });
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify({ ...document, auths }, undefined, '\t')}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new RegistryError('CREDENTIALS', `${path} cannot be written`, { cause });
  }
}
