import { beforeAll, describe, expect, it } from 'vitest';
import { digest, MANIFEST, startTestRegistry, type TestClient } from '../client.ts';
import { rawRequest } from '../raw.ts';

let client: TestClient;
const some = digest('some');
beforeAll(async () => {
  client = await startTestRegistry();
  await client.pushImage('app', 'v1');
});

describe('methods', () => {
  it.each([
    ['/v2/', 'GET, HEAD'],
    ['/v2/_catalog', 'GET, HEAD'],
    ['/v2/app/tags/list', 'GET, HEAD'],
    [`/v2/app/referrers/${some}`, 'GET, HEAD'],
    ['/v2/app/manifests/v1', 'DELETE, GET, HEAD, PUT'],
    [`/v2/app/blobs/${some}`, 'DELETE, GET, HEAD'],
    ['/v2/app/blobs/uploads/', 'POST'],
    ['/v2/app/blobs/uploads/x', 'DELETE, GET, HEAD, PATCH, PUT'],
  ])('%s takes %s and no other', async (path, allow) => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      if (allow.split(', ').includes(method)) continue;
      const reply = await client.send(path, { method });
      expect([method, reply.status, reply.headers.get('allow')]).toEqual([method, 405, allow]);
      if (method !== 'HEAD') expect(reply.codes()).toEqual(['UNSUPPORTED']);
    }
  });

  it('of no meaning are refused too', async () => {
    expect(await rawRequest(client.registry, 'PROPFIND', '/v2/')).toContain('HTTP/1.1 405 ');
    expect(await rawRequest(client.registry, 'BREW', '/v2/')).toContain('HTTP/1.1 400 ');
  });

  it.each(['/v2/', '/v2/_catalog', '/v2/app/tags/list', `/v2/app/referrers/${some}`, '/v2/app/manifests/v1'])(
    'HEAD %s is GET without the body',
    async (path) => {
      const [get, head] = [await client.send(path), await client.send(path, { method: 'HEAD' })];
      expect([get.status, head.status, head.body.length]).toEqual([200, 200, 0]);
      expect(get.body.length).toBeGreaterThan(0);
      for (const name of ['content-length', 'content-type', 'docker-content-digest', 'etag', 'allow'])
        expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)]);
    },
  );

  it('every answer names the API version', async () => {
    for (const path of ['/v2/', '/nothing', '/v2/app/manifests/none'])
      expect((await client.send(path)).headers.get('docker-distribution-api-version')).toBe('registry/2.0');
  });
});

describe('hostile targets', () => {
  it.each([
    ['/v2/../../etc/passwd', 404],
    ['/v2/../etc/manifests/passwd', 400],
    ['/v2/app/../../../manifests/x', 400],
    ['/v2/..%2f..%2fetc/manifests/x', 400],
    ['/v2/app%2f_layout/blobs/x', 400],
    ['/v2/app/_layout/manifests/v1', 400],
    ['/v2/app/manifests/..%2f..%2findex.json', 404],
    ['/v2/app/manifests/%00', 404],
    ['/v2/app/manifests/v1%0d%0aX-Injected:%20yes', 400],
    ['/v2/app/blobs/sha256:..%2f..%2findex.json', 404],
    ['/v2/app/blobs/sha256:../../index.json', 404],
    [`/v2/app/blobs/sha256:${'A'.repeat(64)}`, 400],
    ['/v2/app/blobs/md5:0123456789abcdef0123456789abcdef', 400],
    ['/v2/app/blobs/uploads/..%2f..%2f_lock', 404],
    ['/v2/app/blobs/uploads/%2e%2e', 404],
    ['/v2/app/referrers/v1', 400],
    ['/v2/a%zz/manifests/v1', 400],
    ['http://elsewhere/v2/', 404],
    [`/v2/${'a/'.repeat(5000)}manifests/v1`, 414],
    ['/token', 404],
  ])('%s', async (target, status) => {
    const answer = await rawRequest(client.registry, 'GET', target);
    expect(answer.slice(0, 13)).toBe(`HTTP/1.1 ${status} `);
    expect(answer).not.toMatch(/^X-Injected/m);
    expect(answer).toMatch(/"code":"[A-Z_]+"/);
  });

  it.each(['PUT', 'DELETE'])('%s writes nothing outside of a repository', async (method) => {
    const before = (await client.send('/v2/_catalog')).body.toString();
    for (const name of ['../out', '_layout', 'app/_layout', 'app/_uploads', 'APP', '.', 'a..b'])
      expect(await rawRequest(client.registry, method, `/v2/${name}/manifests/v1`)).toMatch(/^HTTP\/1.1 40[04] /);
    for (const tag of ['.tag', '-tag', 'a'.repeat(129), 'a%20b', 'ä']) {
      const path = `/v2/app/manifests/${tag}`;
      const reply = await client.send(path, { method, headers: { 'Content-Type': MANIFEST } });
      expect([400, 404]).toContain(reply.status);
    }
    expect((await client.send('/v2/_catalog')).body.toString()).toBe(before);
  });

  it('names in an error are escaped', async () => {
    const reply = await client.send('/v2/app/manifests/%1b%5b31m%e2%80%aered');
    expect(reply.body.toString()).not.toContain('\u202e');
    expect(reply.body.toString()).toContain('\\\\u001b');
  });
});
