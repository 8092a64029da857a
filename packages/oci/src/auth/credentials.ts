import { statSync } from 'node:fs';
import { RegistryError } from '../errors.ts';
import {
  type AuthConfig,
  type ConfigPlaces,
  configPaths,
  credentialIn,
  helperFor,
  readAuthConfig,
  serverKey,
} from './config-file.ts';
import type { Credential, CredentialSource } from './credential.ts';
import { askHelper, type HelperOptions } from './helper.ts';

/** Where credentials are looked for. With `configFile` that file alone is read, and it must be there. */
export interface LoadCredentialsOptions extends ConfigPlaces {
  /** For credential helpers, default 30,000. */
  readonly helperTimeoutMs?: number;
}

/** Credentials from files that can be looked at before any registry is asked. */
export interface ConfiguredCredentials extends CredentialSource {
  /** That all files that are there can be read. `mayBeMissing`: `configFile` too (a login makes it). @throws {RegistryError} CREDENTIALS */
  check(options?: { readonly mayBeMissing?: boolean }): Promise<void>;
}

/**
 * Credentials from docker's configuration, then podman's. In each file: the registry's helper, the common helper, the entries. Files are
 * read when a registry asks, so a login made meanwhile counts.
 */
export function loadCredentials(options: LoadCredentialsOptions): ConfiguredCredentials {
  const read = createReader();
  return {
    async check({ mayBeMissing = false } = {}) {
      for (const path of configPaths(options)) {
        const config = await read(path);
        if (config === undefined && !mayBeMissing) refuseMissing(path, options);
      }
    },
    async get(registry, repository) {
      for (const path of configPaths(options)) {
        const credential = await credentialFrom(path, { registry, repository, options, read });
        if (credential !== undefined) return credential;
      }
      return undefined;
    },
  };
}

/** How helpers are run with these options. */
export function helperOptions({ env, helperTimeoutMs }: LoadCredentialsOptions): HelperOptions {
  return { env, ...(helperTimeoutMs === undefined ? {} : { timeoutMs: helperTimeoutMs }) };
}

/** A pipe (`<(…)` of a shell) gives what it has once. */
function createReader(): typeof readAuthConfig {
  const fromPipes = new Map<string, AuthConfig>();
  return async (path) => {
    const known = fromPipes.get(path);
    if (known !== undefined) return known;
    const config = await readAuthConfig(path);
    if (config !== undefined && statSync(path, { throwIfNoEntry: false })?.isFile() === false)
      fromPipes.set(path, config);
    return config;
  };
}

interface Wanted {
  readonly registry: string;
  readonly repository: string | undefined;
  readonly options: LoadCredentialsOptions;
  readonly read: typeof readAuthConfig;
}

async function credentialFrom(path: string, wanted: Wanted): Promise<Credential | undefined> {
  const { registry, repository, options, read } = wanted;
  const config = await read(path);
  if (config === undefined) return refuseMissing(path, options);
  const helper = helperFor(config, registry);
  const kept = helper && (await askHelper(helper, serverKey(registry), helperOptions(options)));
  return kept || credentialIn(config, registry, repository);
}

/** A file that was named is meant; the usual places may be empty. @throws {RegistryError} CREDENTIALS */
function refuseMissing(path: string, { configFile }: LoadCredentialsOptions): undefined {
  if (path === configFile) throw new RegistryError('CREDENTIALS', `${path} does not exist`);
}
