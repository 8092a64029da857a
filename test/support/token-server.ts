import type { ServerResponse } from 'node:http';
import { type HostileRegistry, type HostileTls, type SeenRequest, startHostileRegistry } from './hostile-registry.ts';

/** One token request, as the token server understood it. */
export interface TokenAsk {
  readonly method: string;
  readonly path: string;
  readonly service?: string;
  readonly scopes: readonly string[];
  /** `user:password` of Basic or of the password grant, or `refresh TOKEN`, `aad TOKEN`; absent: anonymous. */
  readonly shown?: string;
  readonly form: Readonly<Record<string, string>>;
}

/** What a test's token server says to a request: a JSON body (200), a status, or what the test writes itself. */
export type TokenReply = object | number | ((response: ServerResponse) => void);

/** A token server that a test tells what to answer. */
export interface TokenServer {
  readonly url: string;
  readonly asks: readonly TokenAsk[];
  stop(): Promise<void>;
}

/** Starts it at `/token` of a loopback port of its own. */
export async function startTokenServer(reply: (ask: TokenAsk) => TokenReply, tls?: HostileTls): Promise<TokenServer> {
  const asks: TokenAsk[] = [];
  const server: HostileRegistry = await startHostileRegistry((request, response) => {
    const ask = readAsk(request);
    asks.push(ask);
    sendReply(response, reply(ask));
  }, tls);
  return { url: `${server.url}/token`, asks, stop: server.stop };
}

/** Writes a reply. */
export function sendReply(response: ServerResponse, reply: TokenReply): void {
  if (typeof reply === 'function') reply(response);
  else if (typeof reply === 'number') response.writeHead(reply).end();
  else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
}

/** Reads a token request in either form. Rule: distribution token.md and oauth.md. */
export function readAsk({ method, url, headers, body }: SeenRequest): TokenAsk {
  const { pathname, searchParams } = new URL(url, 'http://x');
  const form = new URLSearchParams(body);
  const from = method === 'POST' ? form : searchParams;
  const service = from.get('service');
  const shown = shownIn(headers.authorization, form);
  return {
    method,
    path: pathname,
    scopes: from.getAll('scope').flatMap((text) => text.split(' ')),
    form: Object.fromEntries(form),
    ...(service === null ? {} : { service }),
    ...(shown === undefined ? {} : { shown }),
  };
}

function shownIn(authorization: string | undefined, form: URLSearchParams): string | undefined {
  if (authorization !== undefined) return Buffer.from(authorization.slice('Basic '.length), 'base64').toString('utf8');
  if (form.get('grant_type') === 'refresh_token') return `refresh ${form.get('refresh_token')}`;
  if (form.get('grant_type') === 'access_token') return `aad ${form.get('access_token')}`;
  return form.get('grant_type') === 'password' ? `${form.get('username')}:${form.get('password')}` : undefined;
}
