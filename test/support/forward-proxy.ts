import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { listenOnLoopback, splitHost } from './delay-proxy.ts';

/** What the proxy was asked: `CONNECT host:port`, or a request with a whole address. */
export interface ProxyAsk {
  readonly method: string;
  readonly target: string;
  readonly authorization?: string;
}

/** An HTTP proxy that knows where a few host names lead. */
export interface ForwardProxy {
  readonly url: string;
  readonly asks: readonly ProxyAsk[];
  stop(): Promise<void>;
}

/** `routes`: `host:port` as clients name it, to where it really is. `password`: `user:password` that it wants. */
export interface ForwardProxyOptions {
  readonly routes: Readonly<Record<string, string>>;
  readonly password?: string;
  /** What is answered to CONNECT instead of a tunnel; `silence`: nothing at all. */
  readonly refusal?: number | 'silence';
}

/** Starts it on a free loopback port. A host without a route gets 502. */
export async function startForwardProxy({ routes, password, refusal }: ForwardProxyOptions): Promise<ForwardProxy> {
  const asks: ProxyAsk[] = [];
  const open = new Set<Duplex>();
  const wanted = password === undefined ? undefined : `Basic ${Buffer.from(password).toString('base64')}`;
  const note = ({ method = '', url = '', headers }: IncomingMessage): boolean => {
    const authorization = headers['proxy-authorization'];
    asks.push({ method, target: url, ...(authorization === undefined ? {} : { authorization }) });
    return authorization === wanted;
  };
  const server = createServer((from, to) => {
    if (note(from)) forward(from, to, routes);
    else to.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end();
  });
  server.on('connect', (from, client) => {
    open.add(client);
    client.on('error', () => {}); // Whoever breaks off breaks off.
    if (!note(from)) return void client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    if (refusal === 'silence') return;
    const target = routes[from.url ?? ''];
    if (refusal !== undefined || target === undefined)
      return void client.end(`HTTP/1.1 ${refusal ?? 502} Refused\r\n\r\n`);
    open.add(tunnel(client, target));
  });
  const port = await listenOnLoopback(server);
  return {
    url: `http://127.0.0.1:${port}`,
    asks,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function forward(from: IncomingMessage, to: ServerResponse, routes: ForwardProxyOptions['routes']): void {
  const url = URL.parse(from.url ?? '');
  const target = url === null ? undefined : routes[`${url.hostname}:${url.port === '' ? '80' : url.port}`];
  if (url === null || target === undefined) return void to.writeHead(502).end();
  const { 'proxy-authorization': _, ...headers } = from.headers;
  const path = url.pathname + url.search;
  const onward = request({ ...splitHost(target), method: from.method ?? 'GET', path, headers }, (answer) => {
    to.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.pipe(to);
  });
  onward.on('error', () => to.destroy());
  from.pipe(onward);
}

function tunnel(client: Duplex, target: string): Socket {
  const behind = connect(splitHost(target), () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    client.pipe(behind).pipe(client);
  });
  behind.on('error', () => client.destroy());
  client.on('close', () => behind.destroy());
  return behind;
}
