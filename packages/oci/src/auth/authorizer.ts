import { RegistryError } from '../errors.ts';
import type { Deadline } from '../remote/deadline.ts';
import type { Challenge } from './challenge.ts';
import type { Credential, CredentialSource } from './credential.ts';
import { trustRealm } from './realm.ts';
import { coversScopes, formatScopes, parseScopes } from './scope.ts';
import { basic, fetchToken, type Token, type TokenHttp } from './token.ts';

/** What a request needs: at which registry (its base address), for which repository, with which scopes. */
export interface AuthNeed {
  readonly registry: string;
  readonly base: URL;
  readonly repository?: string;
  readonly scopes: readonly string[];
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

interface Kept {
  readonly scopes: readonly string[];
  readonly token: Token;
}

/** What is known of one registry. Tokens are kept by service, credential's repository and scope set. */
interface State {
  mode?: Mode;
  readonly tokens: Map<string, Kept>;
  readonly fetching: Map<string, Promise<Token>>;
  readonly credentials: Map<string, Promise<Credential | undefined>>;
  /** Scopes that the registry named beyond those that a need began with. */
  readonly learned: Map<string, readonly string[]>;
  readonly refreshTokens: Map<string, string>;
}

const maxKept = 10_000;

export function createAuthorizer(parts: {
  readonly credentials: CredentialSource | undefined;
  readonly http: TokenHttp;
  readonly now: () => number;
}): Authorizer {
  const states = new Map<string, State>();
  const stateOf = (base: URL): State => {
    const known = states.get(base.origin);
    if (known !== undefined) return known;
    const state = createState();
    states.set(base.origin, state);
    return state;
  };
  const context = { ...parts, stateOf };
  return {
    header: (need) => headerFor(need, context),
    refused: (need, challenges, sent) => learn(need, { challenges, sent }, context),
    schemeOf: (base) => states.get(base.origin)?.mode?.kind,
  };
}

interface Context {
  readonly credentials: CredentialSource | undefined;
  readonly http: TokenHttp;
  readonly now: () => number;
  readonly stateOf: (base: URL) => State;
}

async function headerFor(need: AuthNeed, context: Context): Promise<string | undefined> {
  const state = context.stateOf(need.base);
  if (state.mode === undefined) return undefined;
  const credential = await credentialFor(need, state, context);
  if (state.mode.kind === 'basic')
    return credential?.kind === 'basic' ? basic(credential.username, credential.password) : undefined;
  if (credential?.kind === 'bearer') return bearer(credential.token);
  return bearer((await tokenFor(need, { state, mode: state.mode, credential }, context)).value);
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
  const dropped = dropToken(state, sent);
  return dropped || isNew;
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
  bound(state.learned);
  state.learned.set(keyOf(need), formatScopes(parseScopes([...need.scopes, scope])));
  return true;
}

interface TokenNeed {
  readonly state: State;
  readonly mode: Mode & { readonly kind: 'bearer' };
  readonly credential: Credential | undefined;
}

async function tokenFor(need: AuthNeed, { state, mode, credential }: TokenNeed, context: Context): Promise<Token> {
  const scopes = scopesOf(need, state);
  const place = `${mode.realm.href} ${mode.service ?? ''} ${need.repository ?? ''}`;
  const key = `${place} ${scopes.join(' ')}`;
  const kept = state.tokens.get(key);
  if (kept !== undefined && kept.token.expiresAtMs > context.now()) return kept.token;
  const running = state.fetching.get(key);
  if (running !== undefined) return running;
  const isTrusted = trustRealm(mode.realm, need.base) === 'credentials';
  const refreshed = state.refreshTokens.get(place);
  const shown =
    refreshed === undefined || credential?.kind === 'basic'
      ? credential
      : ({ kind: 'refresh', token: refreshed } as const);
  const asked = fetchToken(context.http, {
    realm: mode.realm,
    ...(mode.service === undefined ? {} : { service: mode.service }),
    scopes,
    ...(isTrusted && shown !== undefined ? { credential: shown } : {}),
    deadline: need.deadline,
    nowMs: context.now(),
  }).catch((error: unknown) => {
    state.refreshTokens.delete(place);
    state.credentials.clear();
    throw withheld(error, !isTrusted && credential !== undefined, need);
  });
  state.fetching.set(key, asked);
  try {
    const token = await asked;
    bound(state.tokens);
    state.tokens.set(key, { scopes, token });
    if (token.refreshToken !== undefined) state.refreshTokens.set(place, token.refreshToken);
    return token;
  } finally {
    state.fetching.delete(key);
  }
}

/** Says why no credentials went along, where there would have been some. */
function withheld(error: unknown, isWithheld: boolean, need: AuthNeed): unknown {
  if (!isWithheld || !(error instanceof RegistryError)) return error;
  const why = `credentials were not sent: ${need.base.origin} is not encrypted and its token server is on another origin`;
  return new RegistryError(
    error.code,
    `${error.message} (${why})`,
    error.status === undefined ? {} : { status: error.status },
  );
}

function credentialFor(need: AuthNeed, state: State, context: Context): Promise<Credential | undefined> {
  const key = need.repository ?? '';
  const known = state.credentials.get(key);
  if (known !== undefined) return known;
  const asked = context.credentials?.get(need.registry, need.repository) ?? Promise.resolve(undefined);
  bound(state.credentials);
  state.credentials.set(key, asked);
  asked.catch(() => state.credentials.delete(key)); // A failure is told to whoever waits; the next one asks again.
  return asked;
}

function scopesOf(need: AuthNeed, state: State): readonly string[] {
  return state.learned.get(keyOf(need)) ?? formatScopes(parseScopes(need.scopes));
}

function keyOf(need: AuthNeed): string {
  return `${need.repository ?? ''} ${need.scopes.join(' ')}`;
}

/** Forgets the token that a registry refused; false when it was no token of ours. */
function dropToken(state: State, header: string): boolean {
  let found = false;
  for (const [key, { token }] of state.tokens) {
    if (bearer(token.value) !== header) continue;
    state.tokens.delete(key);
    found = true;
  }
  return found;
}

/** A long-running server meets any number of repositories: what was kept longest goes first. */
function bound<K>(map: Map<K, unknown>): void {
  const oldest = map.keys().next();
  if (map.size >= maxKept && oldest.done !== true) map.delete(oldest.value);
}

function bearer(token: string): string {
  return `Bearer ${token}`;
}

function createState(): State {
  return {
    tokens: new Map(),
    fetching: new Map(),
    credentials: new Map(),
    learned: new Map(),
    refreshTokens: new Map(),
  };
}
