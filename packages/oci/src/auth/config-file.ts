import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { asObject } from '../descriptor.ts';
import { RegistryError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { type Credential, credentialOf } from './credential.ts';

/** The parsed content of a Docker `config.json` or podman `auth.json`. Rule: wire-formats 2.10, "Credential sources". */
export interface AuthConfig {
  readonly auths: Readonly<Record<string, unknown>>;
  readonly credHelpers: Readonly<Record<string, unknown>>;
  readonly credsStore?: string;
}

/** Where to look: `configFile` alone, or the usual places by the environment. */
export interface ConfigPlaces {
  readonly configFile?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir?: string;
}

const maxConfigBytes = 4 * 1024 * 1024;

/** Docker's own file: `configFile`, `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`. */
export function dockerConfigPath({ configFile, env, homeDir }: ConfigPlaces): string | undefined {
  if (configFile !== undefined) return configFile;
  if (env.DOCKER_CONFIG !== undefined && env.DOCKER_CONFIG !== '') return join(env.DOCKER_CONFIG, 'config.json');
  const home = homeDir ?? env.HOME ?? env.USERPROFILE;
  return home === undefined || home === '' ? undefined : join(home, '.docker', 'config.json');
}

/** The files to read, in order. */
export function configPaths(places: ConfigPlaces): readonly string[] {
  const docker = dockerConfigPath(places);
  const { configFile, env } = places;
  const runtime = env.XDG_RUNTIME_DIR;
  const podman = env.REGISTRY_AUTH_FILE || (runtime ? join(runtime, 'containers', 'auth.json') : undefined);
  const both = configFile === undefined ? [docker, podman] : [docker];
  return both.filter((path) => path !== undefined);
}

/** The file, or undefined where there is none. @throws {RegistryError} CREDENTIALS, never quoting what is in it */
export async function readAuthConfig(path: string): Promise<AuthConfig | undefined> {
  const bytes = readIfThere(path);
  return bytes === undefined ? undefined : parseAuthConfig(bytes, path);
}

/** A small file, read once a client: at once is quicker than by another thread. No more than it may have, from a device without end too. */
function readIfThere(path: string): Uint8Array | undefined {
  try {
    const file = openSync(path, 'r');
    try {
      return readUpTo(file, maxConfigBytes + 1);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new RegistryError('CREDENTIALS', `${path} cannot be read`, { cause });
  }
}

function readUpTo(file: number, maxBytes: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  // Files of /proc and pipes say 0.
  const pieceBytes = Math.min(fstatSync(file).size + 1, maxBytes);
  for (let length = 0; length < maxBytes; ) {
    const piece = Buffer.alloc(Math.max(pieceBytes, 4096));
    const count = readSync(file, piece, 0, Math.min(piece.length, maxBytes - length), null);
    if (count === 0) break;
    pieces.push(piece.subarray(0, count));
    length += count;
  }
  return Buffer.concat(pieces);
}

/** @throws {RegistryError} CREDENTIALS */
export function parseAuthConfig(bytes: Uint8Array, path: string): AuthConfig {
  if (bytes.length > maxConfigBytes) throw new RegistryError('CREDENTIALS', `${path} is too large for a configuration`);
  try {
    const config = asObject(parseJson(bytes, { allowDuplicateKeys: true }), 'config');
    return {
      auths: asObject(config.auths ?? {}, 'auths'),
      credHelpers: asObject(config.credHelpers ?? {}, 'credHelpers'),
      ...(typeof config.credsStore === 'string' && config.credsStore !== '' ? { credsStore: config.credsStore } : {}),
    };
  } catch {
    // Without the cause: a JSON error quotes the text around it, which may be a password.
    throw new RegistryError('CREDENTIALS', `${path} is not a registry configuration`);
  }
}

/** The helper for this registry, if one is configured. */
export function helperFor(config: AuthConfig, registry: string): string | undefined {
  const own = Object.entries(config.credHelpers).find(([key]) => normalKey(key) === foldHub(registry))?.[1];
  return typeof own === 'string' && own !== '' ? own : config.credsStore;
}

/**
 * The entry of `auths` with the longest key that names the repository or its registry.
 * Rule: containers-auth.json.5: `host/ns/repo` counts for what lies below it.
 * @throws {RegistryError} CREDENTIALS for an `auth` that cannot be decoded
 */
export function credentialIn(config: AuthConfig, registry: string, repository?: string): Credential | undefined {
  const name = repository === undefined ? foldHub(registry) : `${foldHub(registry)}/${repository}`;
  const matches = Object.entries(config.auths)
    .map(([key, entry]) => ({ key: normalKey(key), entry }))
    .filter(({ key }) => name === key || name.startsWith(`${key}/`))
    .sort((a, b) => b.key.length - a.key.length);
  for (const { entry } of matches) {
    const credential = readEntry(entry, registry);
    if (credential !== undefined) return credential;
  }
  return undefined;
}

/** All keys of `auths` that mean this registry as a whole. */
export function keysFor(auths: Readonly<Record<string, unknown>>, registry: string): readonly string[] {
  return Object.keys(auths).filter((key) => normalKey(key) === foldHub(registry));
}

/** The key under which docker keeps a registry, and the name that it gives to helpers. */
export function serverKey(registry: string): string {
  return foldHub(registry) === 'docker.io' ? 'https://index.docker.io/v1/' : registry;
}

function readEntry(value: unknown, registry: string): Credential | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { auth, identitytoken, registrytoken, username, password } = value as Record<string, unknown>;
  if (isText(registrytoken)) return { kind: 'bearer', token: registrytoken };
  const [user, secret] = isText(auth) ? decodeAuth(auth, registry) : [username, password];
  if (isText(identitytoken)) {
    return { kind: 'refresh', token: identitytoken, ...(isText(user) ? { username: user } : {}) };
  }
  return isText(user) && typeof secret === 'string' ? credentialOf(user, secret) : undefined;
}

/** The password may hold colons; docker has padded it with NUL in the past. */
function decodeAuth(auth: string, registry: string): readonly [string, string] {
  const plain = /^[A-Za-z0-9+/]+={0,2}$/.test(auth) ? Buffer.from(auth, 'base64').toString('utf8') : '';
  const colon = plain.indexOf(':');
  if (colon < 0) {
    throw new RegistryError('CREDENTIALS', `the "auth" entry for ${registry} is not base64 of user:password`);
  }
  return [plain.slice(0, colon), plain.slice(colon + 1).replace(/\0+$/, '')];
}

/** `https://host/v1/` and `host` mean the registry; without a scheme a path is a namespace. */
function normalKey(key: string): string {
  const hasScheme = /^https?:\/\//.test(key);
  const bare = key.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  const slash = bare.indexOf('/');
  if (slash === -1) return foldHub(bare);
  const host = foldHub(bare.slice(0, slash));
  const path = bare.slice(slash + 1);
  return hasScheme || /^v[12]$/.test(path) ? host : `${host}/${path}`;
}

function foldHub(host: string): string {
  const folded = host.toLowerCase();
  const isHub = ['index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com'].includes(folded);
  return isHub ? 'docker.io' : folded;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR');
}
