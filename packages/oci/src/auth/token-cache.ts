import { makeRoom } from '../bounded-map.ts';
import { RegistryError } from '../errors.ts';
import { type Deadline, withinDeadline } from '../remote/deadline.ts';
import type { Credential } from './credential.ts';
import { trustRealm } from './realm.ts';
import { fetchToken, type Token, type TokenHttp, type TokenRequest } from './token.ts';

/** What a token is wanted for: the registry's base address, its token server, and what to show there. */
export interface WantedToken {
  readonly registry: URL;
  readonly realm: URL;
  readonly service?: string;
  /** The credential may be this repository's own: tokens are not shared between repositories. */
  readonly repository?: string;
  readonly scopes: readonly string[];
  readonly credential: Credential | undefined;
  readonly deadline: Deadline;
}

/** Tokens of one registry, by token server, service, repository and scope set; each is asked for once, however many wait for it. */
export interface TokenCache {
  /** @throws {RegistryError} UNAUTHORIZED, UNEXPECTED_ANSWER, SERVER_ERROR, TIMEOUT, ABORTED, … */
  get(wanted: WantedToken): Promise<Token>;
  /** Forgets a token that the registry refused; false when it is none of ours. */
  drop(value: string): boolean;
}

export function createTokenCache(parts: { readonly http: TokenHttp; readonly now: () => number }): TokenCache {
  const kept = new Map<string, Token>();
  const fetching = new Map<string, Promise<Token>>();
  const refreshTokens = new Map<string, string>();

  const start = (key: string, place: string, wanted: WantedToken): Promise<Token> => {
    const asked = fetchWithRefresh({ ...parts, place, wanted, refreshTokens }).then((token) => {
      makeRoom(kept);
      kept.set(key, token);
      return token;
    });
    fetching.set(key, asked);
    const done = (): void => void fetching.delete(key);
    asked.then(done, done);
    return asked;
  };

  return {
    async get(wanted) {
      const place = `${wanted.realm.href} ${wanted.service ?? ''} ${wanted.repository ?? ''}`;
      const key = `${place} ${wanted.scopes.join(' ')}`;
      for (;;) {
        const known = kept.get(key);
        if (known !== undefined && known.expiresAtMs > parts.now()) return known;
        const running = fetching.get(key);
        if (running === undefined) return start(key, place, wanted);
        const token = await joined(running, wanted.deadline);
        if (token !== undefined) return token;
      }
    },
    drop(value) {
      const mine = [...kept].filter(([, token]) => token.value === value);
      for (const [key] of mine) kept.delete(key);
      return mine.length > 0;
    },
  };
}

/** What another caller asked for; undefined when that caller gave up or ran out of time, which says nothing about this one. */
async function joined(running: Promise<Token>, deadline: Deadline): Promise<Token | undefined> {
  try {
    return await withinDeadline(running, deadline);
  } catch (error) {
    deadline.check();
    if (error instanceof RegistryError && (error.code === 'ABORTED' || error.code === 'TIMEOUT')) return undefined;
    throw error;
  }
}

interface Fetch {
  readonly http: TokenHttp;
  readonly now: () => number;
  readonly place: string;
  readonly wanted: WantedToken;
  readonly refreshTokens: Map<string, string>;
}

/** With the refresh token that an earlier answer brought, where one did; when it is refused, with the credential that it came from. */
async function fetchWithRefresh({ http, now, place, wanted, refreshTokens }: Fetch): Promise<Token> {
  const { credential } = wanted;
  const isTrusted = trustRealm(wanted.realm, wanted.registry) === 'credentials';
  const fetchWith = async (shown: Credential | undefined): Promise<Token> => {
    const request = toRequest(wanted, now(), isTrusted ? shown : undefined);
    const token = await fetchToken(http, request);
    makeRoom(refreshTokens);
    if (token.refreshToken !== undefined && isTrusted) refreshTokens.set(place, token.refreshToken);
    return token;
  };
  const refresh = credential?.kind === 'refresh' || credential?.kind === 'aad' ? refreshTokens.get(place) : undefined;
  if (refresh !== undefined) {
    try {
      return await fetchWith({ kind: 'refresh', token: refresh });
    } catch (error) {
      if (!(error instanceof RegistryError) || error.code !== 'UNAUTHORIZED') throw error;
      refreshTokens.delete(place);
    }
  }
  return await fetchWith(credential).catch((error: unknown) => {
    throw withheld(error, !isTrusted && credential !== undefined, wanted.registry);
  });
}

function toRequest(wanted: WantedToken, nowMs: number, credential: Credential | undefined): TokenRequest {
  const { realm, service, scopes, deadline, registry } = wanted;
  return {
    realm,
    isRegistry: realm.origin === registry.origin,
    scopes,
    deadline,
    nowMs,
    ...(service === undefined ? {} : { service }),
    ...(credential === undefined ? {} : { credential }),
  };
}

/** Says why no credentials went along, where there would have been some. */
function withheld(error: unknown, isWithheld: boolean, registry: URL): unknown {
  if (!isWithheld || !(error instanceof RegistryError)) return error;
  const why = `credentials were not sent: ${registry.origin} is not encrypted and its token server is on another origin`;
  return new RegistryError(
    error.code,
    `${error.message} (${why})`,
    error.status === undefined ? {} : { status: error.status },
  );
}
