import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rawConnection } from '../../registry/raw.ts';
import { type ProxyWorld, startProxyWorld } from './world.ts';

let world: ProxyWorld;
let port: number;
const zero = `sha256:${'0'.repeat(64)}`;

beforeAll(async () => {
  world = await startProxyWorld();
  port = Number(new URL(world.proxy.url).port);
  const app = world.repository('app');
  await app.sign(await app.image('good', '1'));
  await app.image('plain', '2');
});
afterAll(() => world.proxy.close());

/** The status of a request whose head is sent as it is. */
async function statusOf(head: string, body = ''): Promise<string> {
  const connection = rawConnection({ port });
  connection.write(`${head}\r\nHost: p\r\nConnection: close\r\n\r\n${body}`);
  return /^HTTP\/1\.1 (\d{3})/.exec(await connection.closed())?.[1] ?? 'nothing';
}

describe('what is not for pulling', () => {
  it.each([
    ['POST', '/v2/app/blobs/uploads/'],
    ['PATCH', '/v2/app/blobs/uploads/1'],
    ['PUT', '/v2/app/manifests/1'],
    ['PUT', `/v2/app/manifests/${zero}`],
    ['DELETE', '/v2/app/manifests/1'],
    ['DELETE', `/v2/app/blobs/${zero}`],
    ['GET', '/v2/app/blobs/uploads/1'],
    ['POST', '/v2/'],
    ['OPTIONS', '/v2/app/tags/list'],
  ])('%s %s is not supported, and says why', async (method, path) => {
    const before = world.asked.length;
    const got = await world.get(path, { method });
    expect(got).toMatchObject({
      status: 405,
      error: { code: 'UNSUPPORTED', message: expect.stringContaining('pulling') },
    });
    expect(got.headers.get('allow')).toBe('GET, HEAD');
    expect(world.asked.length).toBe(before);
  });

  it.each(['/', '/v1/', '/v2/app', '/v2/app/manifests', '/v2/app/manifests/1/2', '/token', '/v2/_catalog'])(
    '%s is no address',
    async (path) => {
      expect((await world.get(path)).status).toBe(404);
    },
  );

  it('the base address is there', async () => {
    expect(await world.get('/v2/')).toMatchObject({ status: 200, bytes: Buffer.from('{}') });
  });
});

describe('paths that mean something else than they seem', () => {
  it.each([
    ['GET /v2/app/../app/manifests/1', '400'],
    ['GET /v2/../v2/app/manifests/2', '400'],
    ['GET /v2/app/%2e%2e/app/manifests/2', '400'],
    ['GET /v2/app%2Fmanifests%2F2', '403'],
    ['GET /v2/app/manifests/%32', '403'],
    ['GET /v2/app/manifests/%2532', '400'],
    ['GET /v2/app/manifests/2%00', '400'],
    ['GET /v2/app/manifests/2%0d%0aX:%20y', '400'],
    ['GET /v2/app/manifests/2/', '404'],
    ['GET //v2/app/manifests/2', '404'],
    ['GET /v2//app/manifests/2', '400'],
    ['GET /v2/APP/manifests/2', '400'],
    ['GET /v2/app/manifests/2?x=/manifests/1', '403'],
    ['GET /v2/app/manifests/2#/manifests/1', '400'],
    ['GET http://other.example/v2/app/manifests/2', '404'],
    [`GET /v2/app/manifests/${zero.toUpperCase()}`, '400'],
    [`GET /v2/app/manifests/${zero}%20`, '400'],
    [`GET /v2/app/manifests/1@${zero}`, '400'],
    ['GET /v2/app/manifests/sha256:1/../1', '404'],
    [`GET /v2/app/blobs/${zero}?digest=x`, '403'],
    ['GET /v2/app\\manifests\\2', '404'],
    ['GET /v2/%zz/manifests/1', '400'],
    [`GET /v2/${'a/'.repeat(5000)}manifests/1`, '414'],
  ])('%s: %s', async (line, status) => {
    expect(await statusOf(`${line} HTTP/1.1`)).toBe(status);
  });
});

describe('requests in disguise', () => {
  const inner = 'GET /v2/app/manifests/2 HTTP/1.1\r\nHost: p\r\n\r\n';

  it.each([
    ['two lengths', 'GET /v2/ HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 5', 'x'],
    ['a length and chunks', 'GET /v2/ HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked', '0\r\n\r\n'],
    ['chunks in another spelling', 'GET /v2/ HTTP/1.1\r\nTransfer-Encoding: xchunked', inner],
    ['a header that goes on', 'GET /v2/ HTTP/1.1\r\nX: a\r\n Transfer-Encoding: chunked', ''],
    ['a space before the colon', 'GET /v2/ HTTP/1.1\r\nTransfer-Encoding : chunked', ''],
    ['line feeds alone', 'GET /v2/ HTTP/1.1\nX: y', ''],
  ])('%s: 400, and nothing behind it is read', async (_what, head, body) => {
    expect(await statusOf(head, body)).toBe('400');
  });

  it('a body of a GET is no request', async () => {
    const connection = rawConnection({ port });
    const length = inner.length;
    connection.write(`GET /v2/ HTTP/1.1\r\nHost: p\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${inner}`);
    expect((await connection.closed()).match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 200']);
  });

  it('headers that proxies believe change nothing', async () => {
    const headers = {
      'x-forwarded-host': 'evil.example',
      'x-original-url': '/v2/app/manifests/1',
      'x-rewrite-url': '/v2/app/manifests/1',
      'x-http-method-override': 'DELETE',
      forwarded: 'host=evil.example',
    };
    expect((await world.get('/v2/app/manifests/2', { headers })).status).toBe(403);
    expect((await world.get('/v2/app/manifests/1', { headers })).status).toBe(200);
  });
});

describe('health', () => {
  it('is told to everybody, metrics to this machine', async () => {
    expect((await world.get('/healthz')).bytes.toString()).toBe('{"status":"ok"}');
    expect(JSON.parse((await world.get('/readyz?x')).bytes.toString())).toEqual({
      status: 'ready',
      policy: world.judge.policy.revision,
    });
    await world.get('/v2/app/manifests/2');
    const metrics = (await world.get('/metrics')).bytes.toString();
    expect(metrics).toMatch(/signet_proxy_requests_total\{endpoint="manifest",status="403"\} [1-9]/);
    expect(metrics).toMatch(/signet_images_total\{verdict="denied",code="NO_SIGNATURE",from="(?:now|cache)"\} [1-9]/);
    expect(metrics).toContain('signet_proxy_requests_running 0');
  });

  it('log lines hold no headers', async () => {
    await world.get('/v2/app/manifests/2', {
      headers: { authorization: 'Bearer not-for-logs', cookie: 'x=not-for-logs' },
    });
    expect(JSON.stringify(world.log)).not.toContain('not-for-logs');
  });
});
