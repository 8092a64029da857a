import { type Authorizer, createAuthorizer } from '../auth/authorizer.ts';
import type { CredentialSource } from '../auth/credential.ts';
import { makeRoom } from '../bounded-map.ts';
import { RegistryError } from '../errors.ts';
import { isRepositoryName, type RegistryReference } from '../reference.ts';
import type { ReadOptions, Store } from '../store.ts';
import { type Caller, createCaller } from './caller.ts';
import type { ReferrersSupport, SupportMemory } from './context.ts';
import { type DocumentRequest, fetchDocument } from './document.ts';
import { baseUrl } from './endpoint.ts';
import { createFallbackWriter, type FallbackWriter } from './fallback-writer.ts';
import { listRepositories } from './lists.ts';
import { type ClientOptions, type Settings, toSettings } from './options.ts';
import { type Probe, probeRegistry } from './probe.ts';
import { createRepository } from './repository.ts';
import { createTokenHttp } from './token-http.ts';
import { createTransport, type Transport } from './transport.ts';

/** The way to registries: connections, tokens and what was learned of each registry are shared by all repositories. */
export interface RegistryClient {
  /** @throws {RegistryError} REFERENCE_INVALID */
  repository(reference: Pick<RegistryReference, 'registry' | 'repository'>): Store;
  /** The same connections with other credentials: tokens, and what was learned of registries, are of these alone. */
  withCredentials(credentials: CredentialSource): Pick<RegistryClient, 'repository'>;
  /** The catalogue, where the registry shows it. @throws {RegistryError} UNSUPPORTED, NOT_FOUND, UNAUTHORIZED, … */
  repositories(registry: string, options?: ReadOptions): AsyncIterable<string>;
  /** A file of a server beside the registry, such as a trust server. @throws {RegistryError} NOT_FOUND, UNAUTHORIZED, REFERENCE_INVALID, … */
  document(request: DocumentRequest, options?: ReadOptions): Promise<Uint8Array>;
  /** What the registry says about itself. Never throws for what a registry does. */
  probe(registry: string, options?: ReadOptions): Promise<Probe>;
  /** Ends all connections, requests in flight included. */
  close(): Promise<void>;
}

/** Opens nothing yet: connections are made when something is asked. */
export function createRegistryClient(options: ClientOptions = {}): RegistryClient {
  const settings = toSettings(options);
  const transport = createTransport(settings);
  const { authorizer, shared } = speakAs(options.credentials, settings, transport);
  const { caller } = shared;
  return {
    repository: (reference) => openRepository(reference, shared),
    withCredentials(credentials) {
      const other = speakAs(credentials, settings, transport);
      return { repository: (reference) => openRepository(reference, other.shared) };
    },
    repositories: (registry, read) =>
      listRepositories({ settings, caller, registry, base: baseUrl(registry, options) }, read),
    document: (request, read) => fetchDocument(shared, request, read),
    probe: (registry, read) =>
      probeRegistry({ settings, caller, authorizer, registry, base: baseUrl(registry, options) }, read),
    close: () => transport.close(),
  };
}

/** All that depends on who speaks. */
function speakAs(
  credentials: CredentialSource | undefined,
  settings: Settings,
  transport: Transport,
): { readonly authorizer: Authorizer; readonly shared: Shared } {
  const authorizer = createAuthorizer({
    credentials,
    http: createTokenHttp(settings, transport),
    now: settings.now,
  });
  const caller = createCaller({ settings, transport, authorizer });
  const shared: Shared = { settings, caller, fallback: createFallbackWriter(), memories: new Map() };
  return { authorizer, shared };
}

interface Shared {
  readonly settings: Settings;
  readonly caller: Caller;
  readonly fallback: FallbackWriter;
  readonly memories: Map<string, SupportMemory>;
}

function openRepository(
  { registry, repository }: Pick<RegistryReference, 'registry' | 'repository'>,
  shared: Shared,
): Store {
  const { settings, caller, fallback, memories } = shared;
  if (!isRepositoryName(repository)) {
    throw new RegistryError('REFERENCE_INVALID', `not a repository name: ${JSON.stringify(repository.slice(0, 80))}`);
  }
  const base = baseUrl(registry, settings.options);
  const memory = memories.get(base.href) ?? createMemory(settings.now);
  if (!memories.has(base.href)) makeRoom(memories);
  memories.set(base.href, memory);
  return createRepository({ settings, caller, fallback, memory, registry, base, repository });
}

/** A registry may get the referrers API while a server runs: what was seen is asked anew after so long. */
const memoryMs = 10 * 60_000;
const maxRemembered = 10_000;

function createMemory(now: () => number): SupportMemory {
  const seen = new Map<string, { readonly support: ReferrersSupport; readonly atMs: number }>();
  return {
    get(key) {
      const known = seen.get(key);
      return known === undefined || now() - known.atMs > memoryMs ? undefined : known.support;
    },
    set(key, support) {
      if (seen.get(key)?.support === support && now() - (seen.get(key)?.atMs ?? 0) < memoryMs) return;
      if (seen.size >= maxRemembered) seen.clear();
      seen.set(key, { support, atMs: now() });
    },
  };
}
