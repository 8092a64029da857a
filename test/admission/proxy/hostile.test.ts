import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import {
  createRegistryClient,
  type Descriptor,
  MEDIA_TYPE_LAYER_GZIP,
  type RegistryClient,
  toDescriptorJson,
} from '@signet/oci';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { rawConnection } from '../../registry/raw.ts';
import { type HostileRegistry, startHostileRegistry } from '../../support/hostile-registry.ts';
import { type ProxyWorld, startProxyWorld } from './world.ts';

const large = randomBytes(3 * 1024 * 1024);
const small = randomBytes(1000);

/** How the registry answers to blobs. */
let answer: (response: ServerResponse, bytes: Buffer) => void;
let registry: HostileRegistry;
let client: RegistryClient;
let world: ProxyWorld;
let blobs: Readonly<Record<'large' | 'small', Descriptor>>;

beforeAll(async () => {
  registry = await startHostileRegistry(({ url }, response) =>
    answer(response, url.includes(blobs.small.digest) ? small : large),
  );
  client = createRegistryClient({ retries: { maxAttempts: 1 }, timeouts: { bodyMs: 500, headersMs: 500 } });
});
afterAll(async () => {
  await client.close();
  await registry.stop();
});

beforeEach(async () => {
  world = await startProxyWorld({
    openBlobs: ({ repository }) => client.repository({ registry: registry.host, repository }),
  });
  const app = world.repository('app');
  blobs = { large: await app.blob(large, MEDIA_TYPE_LAYER_GZIP), small: await app.blob(small, MEDIA_TYPE_LAYER_GZIP) };
  const config = toDescriptorJson(await app.blob('{}'));
  const layers = [toDescriptorJson(blobs.large), toDescriptorJson(blobs.small)];
  await app.sign(await app.manifest({ config, layers }, { tag: '1' }));
  expect((await world.get('/v2/app/manifests/1')).status).toBe(200);
});
afterEach(() => world.proxy.close());

/** What a client gets: all of it, a status, or a connection that breaks with so many bytes. */
async function pull(which: 'large' | 'small', headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`${world.proxy.url}/v2/app/blobs/${blobs[which].digest}`, { headers });
  let seen = 0;
  try {
    for await (const piece of response.body ?? []) seen += piece.length;
  } catch {
    return seen < blobs[which].size ? 'broken off' : 'broken off with all its bytes';
  }
  const { status } = response;
  return status === 200 || status === 206 ? `${status} ${seen}` : `${status}`;
}

const flipped = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};
const sending = (bytes: Buffer) => (response: ServerResponse) =>
  void response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
const chunked = (bytes: Buffer) => (response: ServerResponse) => {
  response.writeHead(200);
  response.write(bytes.subarray(0, 10));
  response.end(bytes.subarray(10));
};

describe('a registry that sends what it was asked for', () => {
  it('is passed on, whole and in part', async () => {
    answer = (response, bytes) => sending(bytes)(response);
    expect(await pull('large')).toBe(`200 ${large.length}`);
    expect(await pull('small')).toBe(`200 ${small.length}`);
    expect(await pull('large', { range: 'bytes=5-14' })).toBe('206 10');
  });

  it('is asked for nothing that a client sent to the proxy', async () => {
    answer = (response, bytes) => sending(bytes)(response);
    await pull('small', {
      authorization: 'Bearer of-the-client',
      cookie: 'of=the-client',
      'x-secret': 'of-the-client',
    });
    expect(JSON.stringify(registry.seen)).not.toContain('the-client');
  });
});

describe('a registry that sends something else', () => {
  const cases: readonly (readonly [string, (bytes: Buffer) => (response: ServerResponse) => void])[] = [
    ['one wrong byte at the end', (bytes) => sending(flipped(bytes, bytes.length - 1))],
    ['one wrong byte at the beginning', (bytes) => sending(flipped(bytes, 0))],
    ['the same, of unstated length', (bytes) => chunked(flipped(bytes, 5))],
    ['less, of unstated length', (bytes) => chunked(bytes.subarray(0, bytes.length - 1))],
    ['more, of unstated length', (bytes) => chunked(Buffer.concat([bytes, Buffer.from('x')]))],
  ];

  it.each(cases)('%s: the connection breaks before the last bytes went out', async (_what, wrong) => {
    answer = (response, bytes) => wrong(bytes)(response);
    expect(await pull('large')).toBe('broken off');
    expect(await pull('small')).toBe('502');
    expect(world.log).toContainEqual(expect.objectContaining({ level: 40, msg: 'broken off', endpoint: 'blob' }));
  });

  it.each(cases)('%s: a part of it breaks too, wherever the wrong byte is', async (_what, wrong) => {
    answer = (response, bytes) => wrong(bytes)(response);
    expect(await pull('large', { range: 'bytes=1000-2000000' })).toBe('broken off');
    // Nothing was sent yet.
    expect(await pull('large', { range: 'bytes=1000-1009' })).toBe('502');
    expect(await pull('large', { range: 'bytes=-10' })).toBe('502');
    expect(await pull('small', { range: 'bytes=0-9' })).toBe('502');
  });

  it.each([
    ['another length', (bytes: Buffer) => sending(bytes.subarray(1))],
    [
      'another digest in the header',
      (bytes: Buffer) => (response: ServerResponse) =>
        void response
          .writeHead(200, { 'docker-content-digest': `sha256:${'0'.repeat(64)}`, 'content-length': 1 })
          .end(bytes.subarray(0, 1)),
    ],
    [
      'nothing but redirects',
      () => (response: ServerResponse) => void response.writeHead(307, { location: '/v2/app/blobs/x' }).end(),
    ],
    [
      'a redirect out of HTTP',
      () => (response: ServerResponse) => void response.writeHead(307, { location: 'file:///etc/passwd' }).end(),
    ],
    ['status 206', (bytes: Buffer) => (response: ServerResponse) => void response.writeHead(206).end(bytes)],
  ] as const)('%s: 502', async (_what, wrong) => {
    answer = (response, bytes) => wrong(bytes)(response);
    expect(await pull('large')).toBe('502');
    expect(await pull('small')).toBe('502');
  });

  it.each([
    [401, '503'],
    [403, '503'],
    [404, '404'],
    [429, '429'],
    [500, '503'],
  ])('status %i: %s', async (status, expected) => {
    answer = (response) => void response.writeHead(status).end('{"errors":[{"code":"X","message":"of the registry"}]}');
    expect(await pull('large')).toBe(expected);
  });
});

describe('a registry that is slow', () => {
  it('in the middle of a blob: the connection breaks', async () => {
    answer = (response, bytes) =>
      void response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 100_000));
    expect(await pull('large')).toBe('broken off');
  });

  it('before a blob: 503', async () => {
    answer = () => {};
    expect(await pull('large')).toBe('503');
    expect(await pull('small')).toBe('503');
  });

  it('that breaks off itself is broken off', async () => {
    answer = (response, bytes) => {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 1_000_000), () => response.destroy());
    };
    expect(await pull('large')).toBe('broken off');
  });
});

it('a client that goes away ends what is read for it', async () => {
  const closed = new Promise<void>((resolve) => {
    answer = (response, bytes) => {
      response.on('close', resolve);
      response.writeHead(200, { 'content-length': bytes.length });
      const drip = setInterval(() => response.write(bytes.subarray(0, 1000)), 20);
      response.on('close', () => clearInterval(drip));
    };
  });
  const connection = rawConnection({ port: Number(new URL(world.proxy.url).port) });
  connection.write(`GET /v2/app/blobs/${blobs.large.digest} HTTP/1.1\r\nHost: p\r\n\r\n`);
  await connection.until('HTTP/1.1 200');
  connection.socket.destroy();
  await closed;
  await vi.waitFor(() => expect(world.log).toContainEqual(expect.objectContaining({ msg: 'the client went away' })));
});

it('an end does not wait for clients that read nothing', async () => {
  const other = await startProxyWorld({
    closeMs: 100,
    openBlobs: ({ repository }) => client.repository({ registry: registry.host, repository }),
  });
  const app = other.repository('app');
  const config = toDescriptorJson(await app.blob('{}'));
  await app.sign(await app.manifest({ config, layers: [toDescriptorJson(blobs.large)] }, { tag: '1' }));
  await other.get('/v2/app/manifests/1');
  answer = (response, bytes) =>
    void response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 500_000));
  const connection = rawConnection({ port: Number(new URL(other.proxy.url).port) });
  connection.write(`GET /v2/app/blobs/${blobs.large.digest} HTTP/1.1\r\nHost: p\r\n\r\n`);
  await connection.until('HTTP/1.1 200');
  await other.proxy.close();
  await connection.closed();
});
