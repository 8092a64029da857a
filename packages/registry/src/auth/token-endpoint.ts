import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from '../errors.ts';
import { sendJson } from '../http/answer.ts';
import { readBody } from '../http/body.ts';
import { parseAuthorization } from './credentials.ts';
import { type GateOptions, isAccount } from './gate.ts';
import { grantScopes } from './scopes.ts';
import type { TokenSigner } from './tokens.ts';

/** Answers token requests, GET and POST. */
export type TokenEndpoint = (
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
) => Promise<void>;

export interface TokenEndpointOptions extends GateOptions {
  readonly signer: TokenSigner;
  readonly service: string;
  readonly lifetimeSeconds: number;
  readonly now: () => number;
}

const maxFormBytes = 64 * 1024;
const refreshSeconds = 24 * 60 * 60;

/** Rule: Docker token authentication ("Requesting a Token") and its OAuth2 form. */
export function createTokenEndpoint(options: TokenEndpointOptions): TokenEndpoint {
  return async (request, response, query) => {
    const answer =
      request.method === 'POST' ? await postToken(options, request) : await getToken(options, request, query);
    sendJson(response, answer, { 'Cache-Control': 'no-store' });
  };
}

type TokenAnswer = Readonly<Record<string, string | number>>;

async function getToken(
  options: TokenEndpointOptions,
  request: IncomingMessage,
  query: URLSearchParams,
): Promise<TokenAnswer> {
  checkService(options, query);
  const credentials = parseAuthorization(request.headers.authorization);
  const subject =
    credentials.kind === 'basic' && (await isAccount(options.accounts, credentials)) ? credentials.user : '';
  if (subject === '' && (credentials.kind !== 'none' || !options.allowAnonymousRead)) throw denied();
  const wantsRefresh = subject !== '' && query.get('offline_token') === 'true';
  const token = accessToken(options, subject, query.getAll('scope'));
  return { token: token.access_token, ...token, ...(wantsRefresh ? refreshToken(options, subject) : {}) };
}

async function postToken(options: TokenEndpointOptions, request: IncomingMessage): Promise<TokenAnswer> {
  const form = new URLSearchParams((await readBody(request, maxFormBytes)).toString('utf8'));
  checkService(options, form);
  const subject = await grantedSubject(options, form);
  const wantsRefresh = form.get('access_type') === 'offline' || form.get('grant_type') === 'refresh_token';
  const access = accessToken(options, subject, form.getAll('scope'));
  return { ...access, scope: form.getAll('scope').join(' '), ...(wantsRefresh ? refreshToken(options, subject) : {}) };
}

async function grantedSubject(options: TokenEndpointOptions, form: URLSearchParams): Promise<string> {
  const grant = form.get('grant_type');
  if (grant === 'refresh_token') {
    const claims = options.signer.verify(form.get('refresh_token') ?? '', 'refresh');
    if (claims !== undefined) return claims.subject;
    throw denied();
  }
  if (grant !== 'password') throw new ApiError(400, 'UNSUPPORTED', 'grant_type: wanted password or refresh_token');
  const user = form.get('username') ?? '';
  const credentials = { kind: 'basic', user, password: form.get('password') ?? '' } as const;
  if (user !== '' && (await isAccount(options.accounts, credentials))) return user;
  throw denied();
}

/** A token for another service would be of no use: better said here. */
function checkService(options: TokenEndpointOptions, parameters: URLSearchParams): void {
  const service = parameters.get('service');
  if (service === null || service === options.service) return;
  throw new ApiError(400, 'DENIED', `this endpoint serves ${options.service}`);
}

interface AccessAnswer extends TokenAnswer {
  readonly access_token: string;
}

function accessToken(options: TokenEndpointOptions, subject: string, scopes: readonly string[]): AccessAnswer {
  const { signer, lifetimeSeconds, now } = options;
  const access = grantScopes(scopes, subject === '' ? 'reading' : 'everything');
  return {
    access_token: signer.sign({ use: 'access', subject, access }, lifetimeSeconds),
    expires_in: lifetimeSeconds,
    issued_at: new Date(now()).toISOString(),
  };
}

function refreshToken({ signer }: TokenEndpointOptions, subject: string): TokenAnswer {
  return { refresh_token: signer.sign({ use: 'refresh', subject, access: [] }, refreshSeconds) };
}

function denied(): ApiError {
  const headers = { 'WWW-Authenticate': 'Basic realm="signet registry", charset="UTF-8"' };
  return new ApiError(401, 'UNAUTHORIZED', 'user name or password is wrong, or missing', { headers });
}
