import { makeRoom } from '../bounded-map.ts';
import { RegistryError } from '../errors.ts';
import { type Deadline, withinDeadline } from '../remote/deadline.ts';
import type { Challenge } from './challenge.ts';
import type { Credential, CredentialSource } from './credential.ts';
import { trustRealm } from './realm.ts';
import { coversScopes, formatScopes, parseScopes } from './scope.ts';
import { basic, type TokenHttp } from './token.ts';
import { createTokenCache, type TokenCache } from './token-cache.ts';

/** What a request needs: at which registry (its base address), for which repository, with which scopes. */
export interface AuthNeed {
  readonly registry: string;
  readonly base: URL;
  readonly repository?: string;
  readonly scopes: readonly string[];
  /** The server is another one than the registry: what opens more than the registry is not for it. */
  readonly isBeside?: boolean;
  readonly deadline: Deadline;
}

/** Finds the Authorization header of each request, and learns from each refusal. */
export interface Authorizer {
  /** The header to send, as far as it is known what the registry wants. @throws {RegistryError} UNAUTHORIZED, CREDENTIALS, … */
  header(need: AuthNeed): Promise<string | undefined>;
  /** Learns from a 401; true when another try with {@link header} makes sense. @throws {RegistryError} UNAUTHORIZED */
  refused(need: AuthNeed, challenges: readonly Challenge[], sent: string | undefined): Promise<boolean>;
  /** How the registry wants to be asked, as far as this is known. */
  schemeOf(base: URL): 'basic' | 'bearer' | undefined;
}

type Mode = { readonly kind: 'basic' } | { readonly kind: 'bearer'; readonly realm: URL; readonly service?: string };

/** What is known of one registry. */
interface State {
  mode?: Mode;
  readonly tokens: TokenCache;
  /** By {@link ownerOf}. */
  readonly credentials: Map<string, Promise<Credential | undefined>>;
  /** Scopes that the registry named beyond those that a need began with. */
  readonly learned: Map<string, readonly string[]>;
}

export function createAuthorizer(parts: {
  readonly credentials: CredentialSource | undefined;
  readonly http: TokenHttp;
  readonly now: () => number;
}): Authorizer {
  const states = new Map<string, State>();
  const stateOf = (base: URL): State => {
    const known = states.get(base.origin);
    if (known !== undefined) return known;
    const state: State = { tokens: createTokenCache(parts), credentials: new Map(), learned: new Map() };
    makeRoom(states);
    states.set(base.origin, state);
    return state;
  };
  const context: Context = { credentials: parts.credentials, now: parts.now, stateOf };
  return {
    header: (need) => headerFor(need, context),
    refused: (need, challenges, sent) => learn(need, { challenges, sent }, context),
    schemeOf: (base) => states.get(base.origin)?.mode?.kind,
  };
}

interface Context {
  readonly credentials: CredentialSource | undefined;
  readonly now: () => number;
  readonly stateOf: (base: URL) => State;
}

async function headerFor(need: AuthNeed, context: Context): Promise<string | undefined> {
  const state = context.stateOf(need.base);
  if (state.mode === undefined) return undefined;
  const { mode } = state;
  const found = await withinDeadline(credentialFor(need, state, context), need.deadline);
  const credential = need.isBeside === true && found?.kind === 'aad' ? undefined : found;
  if (mode.kind === 'basic')
    return credential?.kind === 'basic' ? basic(credential.username, credential.password) : undefined;
  if (credential?.kind === 'bearer') return bearer(credential.token);
  const { base: registry, repository, deadline } = need;
  const wanted = { registry, scopes: scopesOf(need, state), credential, deadline, realm: mode.realm };
  const named = {
    ...(mode.service === undefined ? {} : { service: mode.service }),
    ...(repository === undefined ? {} : { repository }),
  };
  const token = await state.tokens.get({ ...wanted, ...named }).catch((error: unknown) => {
    state.credentials.clear(); // Another login may have been made meanwhile: they are read anew.
    throw error;
  });
  return bearer(token.value);
}

async function learn(
  need: AuthNeed,
  refusal: { readonly challenges: readonly Challenge[]; readonly sent: string | undefined },
  context: Context,
): Promise<boolean> {
  const { challenges, sent } = refusal;
  const state = context.stateOf(need.base);
  const wanted =
    challenges.find(({ scheme }) => scheme === 'bearer') ?? challenges.find(({ scheme }) => scheme === 'basic');
  if (wanted === undefined) return false;
  if (wanted.scheme === 'basic') {
    state.mode = { kind: 'basic' };
    // Another process may have logged in since the credential was read.
    if (sent !== undefined) state.credentials.clear();
    const next = await headerFor(need, context);
    return next !== undefined && next !== sent;
  }
  const isNew = learnBearer(need, wanted, state);
  if (sent === undefined) return true;
  const dropped = state.tokens.drop(sent.slice(bearer('').length));
  // Another request may have learned it meanwhile; or Basic was sent, and the registry now wants tokens.
  return dropped || isNew || (await headerFor(need, context)) !== sent;
}

/** Takes realm, service and scope over; true when there are scopes that were not asked for before. */
function learnBearer(need: AuthNeed, challenge: Challenge, state: State): boolean {
  const text = challenge.parameters.get('realm') ?? '';
  const realm = URL.parse(text);
  if (realm === null || trustRealm(realm, need.base) === 'refused') {
    const why = realm?.protocol === 'http:' ? 'it is not encrypted, the registry is' : 'it is no usable address';
    throw new RegistryError('UNAUTHORIZED', `${need.base.origin} names a token server that is not asked: ${why}`, {
      status: 401,
    });
  }
  const service = challenge.parameters.get('service');
  state.mode = { kind: 'bearer', realm, ...(service === undefined ? {} : { service }) };
  const scope = challenge.parameters.get('scope');
  const before = parseScopes(scopesOf(need, state));
  if (scope === undefined || coversScopes(before, parseScopes([scope]))) return false;
  makeRoom(state.learned);
  state.learned.set(keyOf(need), formatScopes(parseScopes([...need.scopes, scope])));
  return true;
}

function credentialFor(need: AuthNeed, state: State, context: Context): Promise<Credential | undefined> {
  const known = state.credentials.get(ownerOf(need));
  if (known === undefined) return askCredential(need, state, context);
  return known.then((credential) => {
    const until = credential?.kind === 'aad' ? credential.expiresAtMs : undefined;
    return until !== undefined && until <= context.now() ? askCredential(need, state, context) : credential;
  });
}

function askCredential(need: AuthNeed, state: State, context: Context): Promise<Credential | undefined> {
  const key = ownerOf(need);
  const asked = context.credentials?.get(need.registry, need.repository) ?? Promise.resolve(undefined);
  makeRoom(state.credentials);
  state.credentials.set(key, asked);
  asked.catch(() => state.credentials.delete(key)); // A failure is told to whoever waits; the next one asks again.
  return asked;
}

/** Whose credential it is. One server may be asked about repositories of several registries. */
function ownerOf({ registry, repository = '' }: AuthNeed): string {
  return `${registry}/${repository}`;
}

function scopesOf(need: AuthNeed, state: State): readonly string[] {
  return state.learned.get(keyOf(need)) ?? formatScopes(parseScopes(need.scopes));
}

function keyOf(need: AuthNeed): string {
  return `${need.repository ?? ''} ${need.scopes.join(' ')}`;
}

function bearer(token: string): string {
  return `Bearer ${token}`;
}
