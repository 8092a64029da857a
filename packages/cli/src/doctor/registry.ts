import {
  type Credential,
  type CredentialSource,
  type Probe,
  type RegistryClient,
  RegistryError,
  type RegistryReference,
} from '@signet/oci';
import { examineClock } from './clock.ts';
import { type DoctorFinding, problemOf } from './finding.ts';

/** What the registry says of itself, and what became of the login. Never throws for what a registry or a configuration does. */
export async function examineRegistry(
  reference: RegistryReference,
  client: RegistryClient,
  around: { readonly credentials: CredentialSource | undefined; readonly signal: AbortSignal },
): Promise<readonly DoctorFinding[]> {
  const { registry, repository } = reference;
  const [probe, kept] = await Promise.all([
    client.probe(registry, { signal: around.signal }),
    keptCredential(around.credentials, registry, repository),
  ]);
  if (!probe.isReachable) return [unreachable(probe)];
  return [reached(probe), examineClock(probe), authentication(probe, kept), catalogue(probe)];
}

function unreachable({ url, error }: Probe): DoctorFinding {
  const cause = error ?? new RegistryError('UNREACHABLE', `${url} does not answer`);
  return problemOf('registry', cause);
}

function reached({ url, server, apiVersion }: Probe): DoctorFinding {
  const named = [server, apiVersion].filter((text) => text !== undefined).join(', ');
  return { about: 'registry', state: 'good', text: `${url} answers${named === '' ? '' : ` (${named})`}` };
}

type Kept = Credential | RegistryError | undefined;

async function keptCredential(
  credentials: CredentialSource | undefined,
  registry: string,
  repository: string,
): Promise<Kept> {
  try {
    return await credentials?.get(registry, repository);
  } catch (error) {
    if (error instanceof RegistryError) return error;
    throw error;
  }
}

const kinds: Readonly<Record<Credential['kind'], string>> = {
  basic: 'user and password',
  refresh: 'an identity token',
  bearer: 'an access token',
  aad: 'an Entra ID token',
};

function authentication({ auth, isAuthorized, error }: Probe, kept: Kept): DoctorFinding {
  const about = 'authentication';
  if (kept instanceof RegistryError) return problemOf(about, kept);
  const login = kept === undefined ? 'no login is kept' : `${kinds[kept.kind]} kept`;
  if (auth === 'none' && isAuthorized) return { about, state: 'good', text: `none is asked for; ${login}` };
  const asked = auth === 'none' ? 'none' : auth === 'basic' ? 'Basic' : 'Bearer tokens';
  if (isAuthorized) return { about, state: 'good', text: `${asked}; ${login}, accepted` };
  const code = error?.code ?? 'UNAUTHORIZED';
  return { about, state: 'problem', code, text: `${asked}; ${login}; refused: ${error?.message ?? 'no reason given'}` };
}

function catalogue({ hasCatalog, isAuthorized }: Probe): DoctorFinding {
  const about = 'catalogue';
  if (hasCatalog) return { about, state: 'good', text: 'repositories can be listed' };
  const why = isAuthorized ? 'the registry does not show it to this account' : 'not without a login';
  return { about, state: 'note', text: `repositories cannot be listed: ${why}` };
}
