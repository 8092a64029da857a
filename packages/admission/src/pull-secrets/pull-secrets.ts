import { createHmac, randomBytes } from 'node:crypto';
import { type AuthConfig, type Credential, credentialIn, RegistryError, type RegistryReference } from '@signet/oci';
import { AdmissionError } from '../errors.ts';
import type { FoundLogins, Login, Logins } from '../judge/logins.ts';
import { type BriefReads, createBriefReads, type Read, whenAll, whenThere } from './brief-reads.ts';
import type { ClusterApi } from './cluster-api.ts';
import { isObjectName, type NamedSecrets, namedSecrets } from './named-secrets.ts';
import { type Auths, authsFor, parsePullSecret, parseServiceAccount } from './parse-secret.ts';

/** Who asks: the namespace of a review, and the object under review, where there is one. */
export interface Asker {
  readonly namespace: string;
  readonly object?: unknown;
}

/** The pull secrets of a cluster. */
export interface PullSecrets {
  /** Those that this one's pods would pull with. Nothing is read before somebody wants a login. */
  loginsOf(asker: Asker): Logins;
}

/** How pull secrets are read. */
export interface PullSecretsOptions {
  readonly api: Pick<ClusterApi, 'get'>;
  /** Milliseconds for which a secret is not read again. Default 60,000. */
  readonly keepMs?: number;
  /** The same where it could not be read. Default 5000. */
  readonly failedMs?: number;
  /** Milliseconds since 1970 UTC. */
  readonly now?: () => number;
  /** Told of each secret or account that could not be read; holds nothing of what is in it. */
  readonly onFailed?: (what: { readonly namespace: string; readonly name: string; readonly reason: string }) => void;
}

/** Secrets, and accounts, that are kept, those that are not there too; characters of all of them. */
const [maxKept, maxKeptSize] = [5000, 32 * 1024 * 1024];
/** Secrets of one asker. */
const maxSecrets = 20;
/** Logins that are tried for one image. */
const maxLogins = 5;

export function createPullSecrets({
  api,
  keepMs = 60_000,
  failedMs = 5000,
  now = Date.now,
  onFailed,
}: PullSecretsOptions): PullSecrets {
  const sizeOf = (value: unknown): number => JSON.stringify(value).length;
  const limits = { max: maxKept, maxSize: maxKeptSize, sizeOf, keepMs, failedMs, now, explain: reasonOf };
  const secrets = createBriefReads<Auths>(limits);
  const accounts = createBriefReads<readonly string[]>(limits);
  // Names of logins are of this process alone: nobody can tell by one what a login is.
  const idKey = randomBytes(32);
  const read = <T>(reads: BriefReads<T>, { kind, namespace, name }: Place, parse: (object: unknown) => T) =>
    reads.get(`${namespace}/${name}`, async () => {
      try {
        const object = await api.get(`/api/v1/namespaces/${namespace}/${kind}/${name}`);
        return object === undefined ? undefined : parse(object);
      } catch (error) {
        onFailed?.({ namespace, name: `${kind}/${name}`, reason: reasonOf(error) });
        throw error;
      }
    });
  const reader: Reader = {
    secret: (namespace, name) => read(secrets, { kind: 'secrets', namespace, name }, parsePullSecret),
    account: (namespace, name) => read(accounts, { kind: 'serviceaccounts', namespace, name }, parseServiceAccount),
    idOf: (registry, credential) =>
      createHmac('sha256', idKey)
        .update(JSON.stringify([registry, credential]))
        .digest('base64url'),
  };
  return { loginsOf: (asker) => loginsOf(asker, reader) };
}

interface Place {
  readonly kind: 'secrets' | 'serviceaccounts';
  readonly namespace: string;
  readonly name: string;
}

interface Reader {
  secret(namespace: string, name: string): Read<Auths> | Promise<Read<Auths>>;
  account(namespace: string, name: string): Read<readonly string[]> | Promise<Read<readonly string[]>>;
  idOf(registry: string, credential: Credential): string;
}

const noLogins: FoundLogins = { logins: [] };

function loginsOf({ namespace, object }: Asker, reader: Reader): Logins {
  let named: NamedSecrets | undefined;
  return {
    find(reference) {
      // What is no name of a namespace has no place in an address.
      if (!isObjectName(namespace) || namespace.includes('.')) return noLogins;
      named ??= namedSecrets(object);
      const { secrets, accounts } = named;
      const ofAccounts = whenAll(accounts.map((name) => reader.account(namespace, name)));
      return whenThere(ofAccounts, (lists) => {
        const names = [
          ...new Set([...secrets, ...lists.flatMap((list) => ('value' in list ? (list.value ?? []) : []))]),
        ];
        const read = whenAll(names.slice(0, maxSecrets).map((name) => reader.secret(namespace, name)));
        return whenThere(read, (found) => {
          const failed = [...found, ...lists].find((each) => 'failed' in each);
          const logins = found.flatMap((each) => ('value' in each ? loginIn(each.value, reference, reader) : []));
          const unread = failed === undefined ? {} : { unread: unreadText(namespace, failed.failed) };
          return { logins: distinct(logins).slice(0, maxLogins), ...unread };
        });
      });
    },
  };
}

/** The login of a secret for this repository, where it has one. An entry that cannot be read is none: it is not the server's to mend. */
function loginIn(
  auths: Auths | undefined,
  { registry, repository }: RegistryReference,
  reader: Reader,
): readonly Login[] {
  // The kubelet passes over secrets that are not there, too.
  if (auths === undefined) return [];
  const config: AuthConfig = { auths: authsFor(auths, registry), credHelpers: {} };
  try {
    const credential = credentialIn(config, registry, repository);
    return credential === undefined ? [] : [{ id: reader.idOf(registry, credential), registry, credential }];
  } catch (error) {
    if (error instanceof RegistryError) return [];
    throw error;
  }
}

function distinct(logins: readonly Login[]): readonly Login[] {
  return [...new Map(logins.map((login) => [login.id, login])).values()];
}

function unreadText(namespace: string, reason: string): string {
  return `the pull secrets of namespace ${namespace} could not be read: ${reason}`;
}

/** What is thrown here quotes nothing of a secret. */
function reasonOf(error: unknown): string {
  return error instanceof AdmissionError ? error.message : 'it failed';
}
