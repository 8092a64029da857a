import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { longestChain, startCountingProxy } from '../support/counting-proxy.ts';
import { listenOnLoopback, splitHost, startDelayProxy } from '../support/delay-proxy.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

describe('the delaying proxy', () => {
  it('keeps every byte and its order, and counts connections', async () => {
    const host = await serve(createServer((socket) => socket.pipe(socket)));
    const proxy = await startDelayProxy(host, 4);
    stops.push(proxy.stop);
    const sent = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7) % 251));
    const client = connectTo(proxy.host);
    for (let at = 0; at < sent.length; at += 30_000) client.write(sent.subarray(at, at + 30_000));
    client.end();
    const got: Buffer[] = [];
    for await (const chunk of client) got.push(chunk);
    expect(Buffer.concat(got).equals(sent)).toBe(true);
    expect(proxy.connections()).toBe(1);
  });

  it('holds an exchange back for at least one round trip', async () => {
    const host = await serve(createServer((socket) => socket.pipe(socket)));
    const proxy = await startDelayProxy(host, 60);
    stops.push(proxy.stop);
    const client = connectTo(proxy.host);
    await once(client, 'connect');
    const started = performance.now();
    client.write('x');
    await once(client, 'data');
    expect(performance.now() - started).toBeGreaterThanOrEqual(56);
    client.destroy();
  });

  it('passes a broken connection on', async () => {
    const host = await serve(createServer((socket) => socket.on('data', () => socket.resetAndDestroy())));
    const proxy = await startDelayProxy(host, 2);
    stops.push(proxy.stop);
    const client = connectTo(proxy.host);
    client.resume().write('x');
    const [error] = await once(client, 'error');
    expect(error.code).toBe('ECONNRESET');
  });
});

describe('the counting proxy', () => {
  it('hands requests on as they are and counts them', async () => {
    const server = createHttpServer((asked, answer) => {
      asked
        .resume()
        .on('end', () => answer.writeHead(asked.method === 'PUT' ? 201 : 200, { 'x-path': asked.url }).end('body'));
    });
    const proxy = await startCountingProxy(await serve(server));
    stops.push(proxy.stop);
    const got = await fetch(`http://${proxy.host}/v2/a?n=1`, { headers: { authorization: 'Basic eDp5' } });
    expect([got.headers.get('x-path'), await got.text()]).toEqual(['/v2/a?n=1', 'body']);
    await (await fetch(`http://${proxy.host}/v2/b`, { method: 'PUT', body: 'bytes' })).text();
    expect(proxy.requests()).toMatchObject([
      { method: 'GET', path: '/v2/a?n=1', status: 200, authorized: true },
      { method: 'PUT', path: '/v2/b', status: 201, authorized: false },
    ]);
    proxy.reset();
    expect([proxy.requests(), proxy.connections()]).toEqual([[], 0]);
  });

  it('tells requests side by side from requests one after another', async () => {
    const proxy = await startCountingProxy(await serve(createHttpServer((_asked, answer) => answer.end())), 300);
    stops.push(proxy.stop);
    const ask = async (path: string): Promise<string> => (await fetch(`http://${proxy.host}${path}`)).text();
    await Promise.all([ask('/a'), ask('/b'), ask('/c')]);
    expect([proxy.requests().length, longestChain(proxy.requests())]).toEqual([3, 1]);
    await Promise.all([ask('/d').then(() => ask('/e')), ask('/f')]);
    expect([proxy.requests().length, longestChain(proxy.requests())]).toEqual([6, 3]);
  });

  it.each([
    [[], 0],
    [[[0, 9]], 1],
    [
      [
        [0, 9],
        [9, 10],
        [10, 20],
      ],
      3,
    ],
    [
      [
        [0, 30],
        [1, 5],
        [5, 9],
        [9, 20],
      ],
      3,
    ],
    [
      [
        [0, 10],
        [5, 15],
        [10, 20],
      ],
      2,
    ],
  ])('finds the longest row of %j: %i', (spans, length) => {
    const requests = spans.map(([fromMs = 0, untilMs = 0]) => ({ fromMs, untilMs, ...someRequest }));
    expect(longestChain(requests)).toBe(length);
    expect(longestChain(requests.toReversed())).toBe(length);
  });

  it('answers 502 where nothing answers behind it', async () => {
    const server = createServer();
    const host = `127.0.0.1:${await listenOnLoopback(server)}`;
    await new Promise((resolve) => server.close(resolve));
    const proxy = await startCountingProxy(host);
    stops.push(proxy.stop);
    expect((await fetch(`http://${proxy.host}/`)).status).toBe(502);
    expect(proxy.requests().map((each) => each.status)).toEqual([0]);
  });
});

const someRequest = { method: 'GET', path: '/', status: 200, authorized: false, bodyBytes: 0 };

async function serve(server: Server): Promise<string> {
  stops.push(() => new Promise((resolve) => server.close(resolve)));
  return `127.0.0.1:${await listenOnLoopback(server)}`;
}

function connectTo(host: string): Socket {
  return connect({ ...splitHost(host), allowHalfOpen: true });
}
