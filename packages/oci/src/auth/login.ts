import { RegistryError } from '../errors.ts';
import { createRegistryClient } from '../remote/client.ts';
import type { ClientOptions } from '../remote/options.ts';
import type { ReadOptions } from '../store.ts';
import type { Credential } from './credential.ts';

/**
 * Whether a registry takes this credential, before it is kept. `none`: the registry asks for no credentials, so nothing was proven.
 * @throws {RegistryError} UNAUTHORIZED, UNREACHABLE, ABORTED, …
 */
export async function verifyLogin(
  registry: string,
  credential: Credential,
  options: ClientOptions & Pick<ReadOptions, 'signal'> = {},
): Promise<'none' | 'basic' | 'bearer'> {
  const client = createRegistryClient({ ...options, credentials: { get: () => Promise.resolve(credential) } });
  try {
    const { auth, isAuthorized, error } = await client.probe(
      registry,
      options.signal === undefined ? {} : { signal: options.signal },
    );
    if (isAuthorized) return auth;
    throw error ?? new RegistryError('UNAUTHORIZED', `${registry} does not take the credentials`);
  } finally {
    await client.close();
  }
}
