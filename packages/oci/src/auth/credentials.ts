import { RegistryError } from '../errors.ts';
import { type ConfigPlaces, configPaths, credentialIn, helperFor, readAuthConfig, serverKey } from './config-file.ts';
import type { Credential, CredentialSource } from './credential.ts';
import { askHelper, type HelperOptions } from './helper.ts';

/** Where credentials are looked for. With `configFile` that file alone is read, and it must be there. */
export interface LoadCredentialsOptions extends ConfigPlaces {
  /** For credential helpers, default 30,000. */
  readonly helperTimeoutMs?: number;
}

/**
 * Credentials from docker's configuration, then podman's. In each file: the registry's helper, the common helper, the entries. Files are
 * read when a registry asks, so a login made meanwhile counts.
 */
export function loadCredentials(options: LoadCredentialsOptions): CredentialSource {
  return {
    async get(registry, repository) {
      for (const path of configPaths(options)) {
        const credential = await credentialFrom(path, { registry, repository, options });
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

interface Wanted {
  readonly registry: string;
  readonly repository: string | undefined;
  readonly options: LoadCredentialsOptions;
}

async function credentialFrom(path: string, wanted: Wanted): Promise<Credential | undefined> {
  const { registry, repository, options } = wanted;
  const config = await readAuthConfig(path);
  if (config === undefined) {
    if (path === options.configFile) throw new RegistryError('CREDENTIALS', `${path} does not exist`);
    return undefined;
  }
  const helper = helperFor(config, registry);
  const kept = helper && (await askHelper(helper, serverKey(registry), helperOptions(options)));
  return kept || credentialIn(config, registry, repository);
}
