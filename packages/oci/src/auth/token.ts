import { asObject } from '../descriptor.ts';
import { RegistryError } from '../errors.ts';
import { parseJson } from '../json.ts';
import type { Deadline } from '../remote/deadline.ts';
import { isLoopbackHost } from '../remote/proxy.ts';
import type { Credential } from './credential.ts';

/** A request to a token server. Only the bytes of a bounded answer come back; redirects are not followed. */
export type TokenHttp = (request: {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** The token server is on the registry's own origin: a client certificate may be shown to it. */
  readonly isRegistry: boolean;
  readonly deadline: Deadline;
}) => Promise<{ readonly status: number; readonly bytes: Uint8Array }>;

/** An access token. `expiresAtMs`: when to ask for another one, a little before its end. */
export interface Token {
  readonly value: string;
  readonly expiresAtMs: number;
  readonly refreshToken?: string;
}

/** What is asked of which token server. `credential` is absent for anonymous access. */
export interface TokenRequest {
  readonly realm: URL;
  /** The realm is on the registry's own origin. */
  readonly isRegistry: boolean;
  readonly service?: string;
  readonly scopes: readonly string[];
  readonly credential?: Credential;
  readonly deadline: Deadline;
  readonly nowMs: number;
}

const clientId = 'signet';
const maxTokenLength = 32_768;
const defaultLifeMs = 60_000;

/**
 * Gets an access token: with a refresh token by POST, else by GET (Basic or anonymous), by POST where GET is not known.
 * Rule: distribution token.md and oauth.md, wire-formats 2.10. Messages never quote the server: it could repeat what it was sent.
 * @throws {RegistryError} UNAUTHORIZED, UNEXPECTED_ANSWER, SERVER_ERROR
 */
export async function fetchToken(http: TokenHttp, request: TokenRequest): Promise<Token> {
  const { credential } = request;
  if (credential?.kind === 'aad') {
    const exchanged = await exchangeAad(http, request, credential);
    // Kept by the caller: it lives longer than the Entra ID token.
    return { refreshToken: exchanged.token, ...(await fetchToken(http, { ...request, credential: exchanged })) };
  }
  if (credential?.kind !== 'refresh') return fetchByPassword(http, request);
  const posted = await post(http, request, { grant_type: 'refresh_token', refresh_token: credential.token });
  if (!isPostUnknown(posted.status) || credential.username === undefined || credential.username === '<token>') {
    return readToken(posted, request);
  }
  return readToken(await get(http, request, basic(credential.username, credential.token)), request);
}

async function fetchByPassword(http: TokenHttp, request: TokenRequest): Promise<Token> {
  const { credential } = request;
  if (credential?.kind !== 'basic') return readToken(await get(http, request, undefined), request);
  const { username, password } = credential;
  const got = await get(http, request, basic(username, password));
  if (got.status !== 404 && got.status !== 405) return readToken(got, request);
  return readToken(await post(http, request, { grant_type: 'password', username, password }), request);
}

/** An Entra ID access token to a refresh token of the registry. Rule: wire-formats 2.11. */
async function exchangeAad(
  http: TokenHttp,
  request: TokenRequest,
  credential: Credential & { kind: 'aad' },
): Promise<Credential & { kind: 'refresh' }> {
  checkOwn(request);
  const url = new URL('/oauth2/exchange', request.realm);
  const form = {
    grant_type: 'access_token',
    ...(request.service === undefined ? {} : { service: request.service }),
    ...(credential.tenant === undefined ? {} : { tenant: credential.tenant }),
    access_token: credential.token,
  };
  const answer = await send(http, request, { url, form });
  const token = readMember(readAnswer(answer, url), 'refresh_token');
  if (token === undefined) throw unexpected(url, 'no refresh_token');
  return { kind: 'refresh', token };
}

/** Such a token opens more than this registry: it goes to the registry's own origin alone, and never in the clear. */
function checkOwn({ isRegistry, realm }: TokenRequest): void {
  if (isRegistry && (realm.protocol === 'https:' || isLoopbackHost(realm.hostname))) return;
  const message = `a token of Microsoft Entra is not sent to ${realm.origin}: it is not the registry itself, over TLS`;
  throw new RegistryError('UNAUTHORIZED', message);
}

function get(http: TokenHttp, request: TokenRequest, authorization: string | undefined): ReturnType<TokenHttp> {
  const url = new URL(request.realm);
  if (request.service !== undefined) url.searchParams.set('service', request.service);
  for (const scope of request.scopes) url.searchParams.append('scope', scope);
  const headers = authorization === undefined ? {} : { authorization };
  return http({ method: 'GET', url, headers, isRegistry: request.isRegistry, deadline: request.deadline });
}

function post(http: TokenHttp, request: TokenRequest, grant: Readonly<Record<string, string>>): ReturnType<TokenHttp> {
  const form = {
    ...grant,
    client_id: clientId,
    ...(request.service === undefined ? {} : { service: request.service }),
    ...(request.scopes.length === 0 ? {} : { scope: request.scopes.join(' ') }),
  };
  return send(http, request, { url: request.realm, form });
}

function send(
  http: TokenHttp,
  request: TokenRequest,
  what: { readonly url: URL; readonly form: Record<string, string> },
): ReturnType<TokenHttp> {
  return http({
    method: 'POST',
    url: what.url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(new URLSearchParams(what.form).toString()),
    isRegistry: request.isRegistry,
    deadline: request.deadline,
  });
}

/** Answers of token servers that only know GET. Rule: distribution oauth.md, the note on 404. */
function isPostUnknown(status: number): boolean {
  return status === 404 || status === 405;
}

function readToken(answer: Awaited<ReturnType<TokenHttp>>, request: TokenRequest): Token {
  const body = readAnswer(answer, request.realm);
  const value = readMember(body, 'token') ?? readMember(body, 'access_token');
  if (value === undefined || value.length > maxTokenLength || !/^[\x21-\x7e]+$/.test(value))
    throw unexpected(request.realm, 'no usable token');
  const refreshToken = readMember(body, 'refresh_token');
  const lifeMs = lifeOf(body, value, request.nowMs);
  // Early by a tenth, at most 10 s: the token must still be good when it arrives.
  const expiresAtMs = request.nowMs + lifeMs - Math.min(10_000, lifeMs / 10);
  return { value, expiresAtMs, ...(refreshToken === undefined ? {} : { refreshToken }) };
}

function readAnswer(answer: Awaited<ReturnType<TokenHttp>>, url: URL): Record<string, unknown> {
  const { status, bytes } = answer;
  const where = `token server ${url.origin}`;
  if (status === 429) throw new RegistryError('THROTTLED', `${where}: HTTP 429`, { status });
  if (status >= 500) throw new RegistryError('SERVER_ERROR', `${where}: HTTP ${status}`, { status });
  if (status >= 400) throw new RegistryError('UNAUTHORIZED', `${where} gives no token: HTTP ${status}`, { status });
  if (status !== 200) throw unexpected(url, `HTTP ${status}`);
  try {
    return asObject(parseJson(bytes, { allowDuplicateKeys: true }), 'the answer');
  } catch (cause) {
    // Without the cause: JSON errors quote the text, and the text is the token.
    throw unexpected(url, cause instanceof RegistryError ? 'no JSON object' : 'unreadable');
  }
}

function readMember(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function lifeOf(body: Record<string, unknown>, token: string, nowMs: number): number {
  const seconds = body.expires_in;
  if (typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0) return Math.min(seconds, 86_400) * 1000;
  // Azure's answer has no expires_in; its tokens are JWTs. Their exp is read only to know when to ask again.
  const until = jwtExpiryMs(token);
  return until === undefined || until <= nowMs ? defaultLifeMs : Math.min(until - nowMs, 86_400_000);
}

function jwtExpiryMs(token: string): number | undefined {
  const payload = token.split('.')[1];
  if (payload === undefined) return undefined;
  try {
    const claims = asObject(parseJson(Buffer.from(payload, 'base64url')), 'claims');
    return typeof claims.exp === 'number' && Number.isFinite(claims.exp) ? claims.exp * 1000 : undefined;
  } catch {
    return undefined; // An opaque token with dots in it.
  }
}

/** The Authorization header of a user and password. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function unexpected(url: URL, what: string): RegistryError {
  return new RegistryError('UNEXPECTED_ANSWER', `token server ${url.origin}: ${what}`);
}
