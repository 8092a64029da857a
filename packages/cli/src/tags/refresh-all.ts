import { formatReference, RegistryError } from '@signet/oci';
import { isUnder, parseRegistryScope } from '../audit/scope.ts';
import { connect } from '../connect.ts';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';
import { type OutputFlags, outputOptions } from '../options/output.ts';
import type { RegistryFlags } from '../options/registry.ts';
import { readAuthority } from './writer.ts';
import type { AuthorityFlags } from './writer-flags.ts';

/** Answers of registries that have no list of repositories, or none for this account. */
const noList: ReadonlySet<string> = new Set(['UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND', 'UNSUPPORTED']);

/**
 * The repositories of a namespace (`REGISTRY/NAMESPACE`, or a whole registry) for which the policy has a catalogue.
 * @throws {CliError} USAGE, also where there is none; NO_CATALOGUE; {RegistryError}; {PolicyError}
 */
export async function repositoriesOf(
  namespace: string,
  flags: AuthorityFlags & RegistryFlags & OutputFlags,
  io: Io,
): Promise<readonly string[]> {
  if (flags.policy === undefined)
    throw new CliError('USAGE', '--all needs --policy: it says which repositories have a catalogue');
  const { registry, prefix } = parseRegistryScope(namespace);
  const none = async (): Promise<readonly []> => [];
  const collectionFor = await readAuthority(flags, io, { tagKeys: none, publishers: none });
  const connection = await connect(flags, io, outputOptions(flags, io), { references: [] });
  const found: string[] = [];
  try {
    for await (const repository of connection.client.repositories(registry, { signal: io.signal })) {
      const name = formatReference({ kind: 'registry', registry, repository });
      if (isUnder(repository, prefix) && hasCollection(collectionFor, name)) found.push(name);
    }
  } catch (error) {
    if (!(error instanceof RegistryError) || !noList.has(error.code)) throw error;
    throw new CliError('NO_CATALOGUE', `${registry} does not list its repositories: ${error.message}`, {
      cause: error,
      hint: 'log in with an account that may list them, or name the repositories one by one',
    });
  } finally {
    await connection.close();
  }
  if (found.length > 0) return found;
  throw new CliError('USAGE', `no repository of ${namespace} has a catalogue by the policy: nothing was signed anew`, {
    hint: 'check the spelling and the login: the list may show only what the account may read',
  });
}

/** That several catalogues are for it is told when it is refreshed. */
function hasCollection(collectionFor: (repository: string) => unknown, repository: string): boolean {
  try {
    collectionFor(repository);
    return true;
  } catch (error) {
    if (error instanceof CliError && error.code === 'USAGE') return !error.message.startsWith('no catalogue');
    throw error;
  }
}
