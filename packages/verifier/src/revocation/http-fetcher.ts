import { guardedLookup, RegistryError } from '@signet/oci';
import { type Dispatcher, Pool } from 'undici';
import type { Fetched, RevocationFetcher, RevocationFetchOptions } from './fetcher.ts';
import { isAskableAddress, isPublicAddress } from './public-address.ts';

/** A fetcher with its connections. */
export interface HttpRevocationFetcher extends RevocationFetcher {
  close(): Promise<void>;
}

/** `allowPrivate` (default false): addresses of the machine and of private networks may be asked, too; those of links and clouds' services never. */
export interface HttpFetcherOptions {
  readonly allowPrivate?: boolean;
}

/** Rule: wire-formats 12. */
const maxRedirects = 5;

/**
 * A fetcher over http, without credentials, cookies or proxy. What a name is looked up as when the connection is made is judged, at each
 * redirect again. Rule: wire-formats 9.6.
 */
export function createHttpFetcher({ allowPrivate = false }: HttpFetcherOptions = {}): HttpRevocationFetcher {
  const mayConnect = (_host: string, address: string): boolean =>
    allowPrivate ? isAskableAddress(address) : isPublicAddress(address);
  const open = new Set<Pool>();
  const ask = async (url: string, what: Question): Promise<Fetched> => {
    try {
      return await follow(url, { ...what, signal: signalOf(what.options) }, async (target, send) => {
        const connect = { lookup: guardedLookup(target, mayConnect) };
        const pool = new Pool(target.origin, { connect, connections: 1, allowH2: false });
        open.add(pool);
        try {
          return await send(pool);
        } finally {
          open.delete(pool);
          await pool.destroy();
        }
      });
    } catch (error) {
      return {
        failed: `${hostOf(url)} cannot be asked: ${mayNotConnect(error) ? refusal(allowPrivate) : reasonOf(error)}`,
      };
    }
  };
  return {
    get: (url, options) => ask(url, { method: 'GET', options }),
    post: (url, body, { contentType, ...options }) => ask(url, { method: 'POST', options, body, contentType }),
    close: async () => void (await Promise.all([...open].map((pool) => pool.destroy()))),
  };
}

interface Question {
  readonly method: 'GET' | 'POST';
  readonly options: RevocationFetchOptions;
  readonly body?: Uint8Array;
  readonly contentType?: string;
}

type Within = (target: URL, send: (pool: Pool) => Promise<Fetched | URL>) => Promise<Fetched | URL>;

async function follow(
  first: string,
  question: Question & { readonly signal: AbortSignal },
  within: Within,
): Promise<Fetched> {
  let target = URL.parse(first);
  for (let hops = 0; hops <= maxRedirects; hops += 1) {
    if (target === null || target.protocol !== 'http:') return { failed: 'only http addresses are asked' };
    if (target.username !== '' || target.password !== '') return { failed: 'an address with a password is not asked' };
    const here: URL = target;
    const answer = await within(here, (pool) => sendOne(here, question, pool));
    if (!(answer instanceof URL)) return answer;
    // A posted request is not sent on: responders have no reason to.
    if (question.method === 'POST') return { failed: `${here.host} answers a posted request with a redirect` };
    target = answer;
  }
  return { failed: `more than ${maxRedirects} redirects` };
}

async function sendOne(
  target: URL,
  { method, body, contentType, options, signal }: Question & { readonly signal: AbortSignal },
  pool: Pool,
): Promise<Fetched | URL> {
  const headers = contentType === undefined ? {} : { 'content-type': contentType };
  const path = `${target.pathname}${target.search}`;
  const answer = await pool.request({ path, method, body: body ?? null, headers, signal });
  const next = [301, 302, 303, 307, 308].includes(answer.statusCode) ? locationOf(answer, target) : undefined;
  if (next !== undefined) return next;
  if (answer.statusCode !== 200) return { failed: `${target.host} answers with status ${answer.statusCode}` };
  return readBounded(answer, target.host, options.maxBytes);
}

function locationOf({ headers: { location } }: Dispatcher.ResponseData, base: URL): URL | undefined {
  return typeof location === 'string' ? (URL.parse(location, base.href) ?? undefined) : undefined;
}

async function readBounded({ body }: Dispatcher.ResponseData, host: string, maxBytes: number): Promise<Fetched> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    total += piece.length;
    if (total > maxBytes) return { failed: `${host} sends more than the ${maxBytes} bytes that are allowed here` };
    pieces.push(piece);
  }
  return { bytes: Buffer.concat(pieces, total) };
}

function signalOf({ timeoutMs, signal }: RevocationFetchOptions): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? 'an address that is none';
}

/** From the lookup: the address that a name leads to is none that may be asked. */
function mayNotConnect(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'ADDRESS_REFUSED';
}

function refusal(allowPrivate: boolean): string {
  return allowPrivate
    ? 'it leads to an address of a link or of a cloud itself'
    : 'it leads to an address that is not public (allowPrivateServers lets private ones be asked)';
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it failed';
  return error.name === 'TimeoutError' ? 'it takes too long' : error.message;
}
