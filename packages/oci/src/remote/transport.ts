import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { type Dispatcher, Pool } from 'undici';
import type { MayConnect } from './address-guard.ts';
import type { Deadline } from './deadline.ts';
import { exchange, type WireAnswer } from './exchange.ts';
import { toTransportError } from './failure.ts';
import { createGate, type Gate } from './gate.ts';
import type { Settings } from './options.ts';
import { proxyFor } from './proxy.ts';
import { safeUrl } from './safe-url.ts';

/** One HTTP request, as it goes over the wire. `isRegistry`: its origin is the registry's own, so the client certificate may be shown. */
export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | Readable;
  readonly deadline: Deadline;
  readonly isRegistry: boolean;
  readonly attempt: number;
}

/** Connections: one pool for each origin, kept alive, requests in flight bounded. */
export interface Transport {
  /**
   * Its place among the requests in flight is held until the body has ended or is abandoned.
   * @throws {RegistryError} UNREACHABLE, TIMEOUT, ABORTED, UNEXPECTED_ANSWER
   */
  send(request: WireRequest): Promise<WireAnswer>;
  /** Ends all connections at once. */
  close(): Promise<void>;
}

/** Origins whose connections are kept: a registry can redirect each request to another one. */
const maxOrigins = 256;

export function createTransport(settings: Settings): Transport {
  const pools = new Map<string, Promise<Dispatcher>>();
  const closing = new Set<Promise<Dispatcher>>();
  const gates = new Map<string, Gate>();
  const poolOf = (request: WireRequest): Promise<Dispatcher> =>
    keep(pools, `${request.isRegistry ? 'registry' : 'other'} ${request.url.origin}`, {
      make: () => openPool(request, settings),
      forget: (pool) => void closeGently(pool, closing),
    });
  return {
    async send(request) {
      const { deadline } = request;
      const gate = keep(gates, request.url.origin, { make: () => createGate(settings.concurrency) });
      const letGo = deadline.hold();
      let leave: () => void = () => undefined;
      const release = (): void => {
        leave();
        letGo();
      };
      try {
        leave = await gate.enter(deadline);
        return await observed(request, settings, { pool: await poolOf(request), release });
      } catch (cause) {
        release();
        throw toTransportError(cause, request.url.origin, deadline);
      }
    },
    async close() {
      const open = await Promise.allSettled([...pools.values(), ...closing]);
      pools.clear();
      await Promise.all(open.map((pool) => (pool.status === 'fulfilled' ? pool.value.destroy() : undefined)));
    },
  };
}

interface Way {
  readonly pool: Dispatcher;
  /** Gives the place back. */
  readonly release: () => void;
}

async function observed(request: WireRequest, settings: Settings, way: Way): Promise<WireAnswer> {
  const { onRequest } = settings.options;
  const started = process.hrtime.bigint();
  let status: number | undefined;
  try {
    const answer = await ask(request, settings, way);
    status = answer.status;
    return answer;
  } finally {
    onRequest?.({
      method: request.method,
      url: safeUrl(request.url, request.isRegistry),
      ...(status === undefined ? {} : { status }),
      ms: Number(process.hrtime.bigint() - started) / 1e6,
      attempt: request.attempt,
    });
  }
}

function ask(request: WireRequest, settings: Settings, { pool, release }: Way): Promise<WireAnswer> {
  const { url, method, deadline, body } = request;
  return exchange(pool, {
    deadline,
    onDone: release,
    request: {
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: { 'user-agent': settings.userAgent, ...request.headers },
      body: body ?? null,
      headersTimeout: settings.timeouts.headersMs,
      bodyTimeout: settings.timeouts.bodyMs,
    },
  });
}

async function openPool(request: WireRequest, settings: Settings): Promise<Dispatcher> {
  const { ca, clientCert, clientKey, unsafeSkipTlsVerify, env, mayConnect } = settings.options;
  const trust = {
    ...(ca === undefined ? {} : { ca }),
    ...(unsafeSkipTlsVerify === true ? { rejectUnauthorized: false } : {}),
  };
  const isShown = request.isRegistry && clientCert !== undefined && clientKey !== undefined;
  const tls = { ...trust, ...(isShown ? { cert: clientCert, key: clientKey } : {}) };
  // undici would offer HTTP/2: docs/architecture.md says why it is not wanted.
  const common = { connections: settings.concurrency, pipelining: 1, allowH2: false };
  const proxy = env === undefined ? undefined : proxyFor(request.url, env);
  if (proxy === undefined) {
    const guard = mayConnect === undefined ? {} : { lookup: await lookupFor(request.url, mayConnect) };
    const connect = { ...tls, ...guard, timeout: settings.timeouts.connectMs };
    return new Pool(request.url.origin, { ...common, connect });
  }
  // Loaded only here: few calls go through a proxy, and every call pays for what is loaded.
  const { ProxyAgent } = await import('undici');
  const { connectMs } = settings.timeouts;
  return new ProxyAgent({
    ...common,
    uri: proxy.href,
    connectTimeout: connectMs,
    // A proxy that takes the connection and never says whether there is a tunnel.
    clientFactory: (origin, options) => new Pool(origin, { ...options, headersTimeout: connectMs }),
    requestTls: tls,
    proxyTls: trust,
  });
}

/** Loaded only where connections are guarded. @throws {RegistryError} ADDRESS_REFUSED */
async function lookupFor(url: URL, mayConnect: MayConnect): Promise<LookupFunction> {
  return (await import('./address-guard.ts')).guardedLookup(url, mayConnect);
}

/** What is in flight ends first. */
async function closeGently(opened: Promise<Dispatcher>, closing: Set<Promise<Dispatcher>>): Promise<void> {
  closing.add(opened);
  try {
    await (await opened).close();
  } catch {
    // Not opened, or destroyed meanwhile: it is gone either way.
  } finally {
    closing.delete(opened);
  }
}

/** The value of this key, made where there is none; of too many, the one that was unused for longest goes. */
function keep<V>(
  map: Map<string, V>,
  key: string,
  { make, forget }: { readonly make: () => V; readonly forget?: (value: V) => void },
): V {
  const value = map.get(key) ?? make();
  // A Map keeps the order of insertion.
  map.delete(key);
  map.set(key, value);
  const [oldest] = map;
  if (map.size > maxOrigins && oldest !== undefined) {
    map.delete(oldest[0]);
    forget?.(oldest[1]);
  }
  return value;
}
