// Not in npm run check: waits for time limits.

import type { RequestEvent } from '@signet/registry';
import { describe, expect, it } from 'vitest';
import { blobOf, startTestRegistry } from '../client.ts';
import { rawConnection } from '../raw.ts';

const hour = 3_600_000;
const second = 1000;

describe('slow clients', () => {
  it('whose headers do not end get 408', async () => {
    const { registry } = await startTestRegistry({ limits: { headersMs: second, idleMs: hour } });
    const connection = rawConnection(registry);
    connection.write('GET /v2/ HTTP/1.1\r\nHost: x\r\n');
    const answer = await connection.closed();
    expect(answer.split('\r\n')[0]).toBe('HTTP/1.1 408 Request Timeout');
  });

  it('that drip headers byte by byte get 408 too', async () => {
    const { registry } = await startTestRegistry({ limits: { headersMs: second, idleMs: hour } });
    const connection = rawConnection(registry);
    connection.write('GET /v2/ HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    const drip = setInterval(() => connection.write('x'), 50);
    const answer = await connection.closed();
    clearInterval(drip);
    expect(answer.split('\r\n')[0]).toBe('HTTP/1.1 408 Request Timeout');
  });

  it('whose body does not go on are cut off, and what came of an upload stays', async () => {
    const client = await startTestRegistry({ limits: { idleMs: second } });
    const location = await client.startUpload('app');
    const connection = rawConnection(client.registry);
    connection.write(`PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n`, blobOf(500));
    await connection.closed();
    // The session is free again.
    while ((await client.send(location)).headers.get('range') === '0-0') await new Promise(setImmediate);
    expect((await client.send(location)).headers.get('range')).toBe('0-499');
  });

  it('that are silent, before and between requests, are cut off', async () => {
    const { registry } = await startTestRegistry({ limits: { idleMs: second } });
    const [silent, once] = [rawConnection(registry), rawConnection(registry)];
    once.write('GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await silent.closed()).toBe('');
    expect(await once.closed()).toContain('HTTP/1.1 200 OK');
  });
});

describe('what is no HTTP', () => {
  it.each([
    ['an unknown method', 'NONSENSE / HTTP/1.1\r\n\r\n', '400 Bad Request'],
    ['binary', '\u0000\u0001\u0002\u0003', '400 Bad Request'],
    [
      'two lengths',
      'PUT /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
      '400 Bad Request',
    ],
    [
      'a length and chunks',
      'PUT /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      '400 Bad Request',
    ],
    ['a bare line feed in a header', 'GET /v2/ HTTP/1.1\nHost: x\n\n', '400 Bad Request'],
    ['no Host', 'GET /v2/ HTTP/1.1\r\n\r\n', '400 Bad Request'],
    [
      'headers without end',
      `GET /v2/ HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      '431 Request Header Fields Too Large',
    ],
    [
      'a target without end',
      `GET /v2/${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      '431 Request Header Fields Too Large',
    ],
  ])('%s is refused and the connection closed', async (_title, bytes, wanted) => {
    const { registry } = await startTestRegistry();
    const connection = rawConnection(registry);
    connection.write(bytes);
    expect((await connection.closed()).split('\r\n')[0]).toBe(`HTTP/1.1 ${wanted}`);
  });
});

describe('connections', () => {
  it('beyond the limit are dropped, and there is room again afterwards', async () => {
    const client = await startTestRegistry({ limits: { maxConnections: 2 } });
    const held = [rawConnection(client.registry), rawConnection(client.registry)];
    for (const connection of held) {
      connection.write('GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n');
      await connection.until('200 OK');
    }
    const dropped = rawConnection(client.registry);
    dropped.write('GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await dropped.closed()).toBe('');
    for (const connection of held) connection.socket.destroy();
    let status = 0;
    while (status !== 200)
      status = await client
        .send('/v2/')
        .then((reply) => reply.status)
        .catch(() => 0);
  });

  it('serve requests that come in one piece, in their order', async () => {
    const { registry } = await startTestRegistry();
    const connection = rawConnection(registry);
    const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
    connection.write(
      get('/v2/') + get('/none') + get('/v2/_catalog').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'),
    );
    expect((await connection.closed()).match(/HTTP\/1.1 \d+/g)).toEqual([
      'HTTP/1.1 200',
      'HTTP/1.1 404',
      'HTTP/1.1 200',
    ]);
  });

  it('are kept after a small body that was refused, and closed after a large one', async () => {
    const { registry } = await startTestRegistry();
    const put = (length: number): string =>
      `PUT /v2/A/manifests/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
    const small = rawConnection(registry);
    small.write(put(5), 'hello', 'GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect((await small.closed()).match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 200']);
    const large = rawConnection(registry);
    large.write(put(2 ** 40), 'the first of many');
    expect(await large.closed()).toMatch(/^HTTP\/1.1 400 .*\r\n(.*\r\n)*Connection: close\r\n/);
  });
});

describe('the log', () => {
  it('has one event for each request: method, path without query, status, time', async () => {
    const events: RequestEvent[] = [];
    const client = await startTestRegistry({ logger: (event) => events.push(event) });
    await client.send('/v2/');
    await client.send('/v2/app/blobs/uploads/?digest=sha256:secret', { method: 'POST' });
    await client.send('/%1b%5b31m%0a');
    expect(events.map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([
      'GET /v2/ 200',
      'POST /v2/app/blobs/uploads/ 400',
      'GET /%1b%5b31m%0a 404',
    ]);
    for (const { ms } of events) expect(ms).toBeGreaterThanOrEqual(0);
    expect(events.every((event) => !('cause' in event))).toBe(true);
  });
});
