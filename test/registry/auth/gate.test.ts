import { hashSync } from 'bcryptjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { digest, type Reply, startTestRegistry, type TestClient } from '../client.ts';

const htpasswd = `signet:${hashSync('secret', 4)}`;
const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const challengeOf = (reply: Reply): string | null => reply.headers.get('www-authenticate');
const some = digest('some');

/** One request of every kind, and the scope that it needs. */
const requests: readonly (readonly [string, string, string | undefined])[] = [
  ['GET', '/v2/', undefined],
  ['GET', '/v2/_catalog', 'registry:catalog:*'],
  ['GET', '/v2/app/tags/list', 'repository:app:pull'],
  ['GET', '/v2/app/manifests/v1', 'repository:app:pull'],
  ['HEAD', '/v2/app/manifests/v1', 'repository:app:pull'],
  ['GET', `/v2/app/blobs/${some}`, 'repository:app:pull'],
  ['GET', `/v2/app/referrers/${some}`, 'repository:app:pull'],
  ['PUT', '/v2/app/manifests/v1', 'repository:app:pull,push'],
  ['POST', '/v2/app/blobs/uploads/', 'repository:app:pull,push'],
  ['GET', '/v2/app/blobs/uploads/x', 'repository:app:pull,push'],
  ['PATCH', '/v2/app/blobs/uploads/x', 'repository:app:pull,push'],
  ['DELETE', '/v2/app/blobs/uploads/x', 'repository:app:pull,push'],
  ['DELETE', '/v2/app/manifests/v1', 'repository:app:delete'],
  ['DELETE', `/v2/app/blobs/${some}`, 'repository:app:delete'],
];

describe('accounts by Basic', () => {
  let client: TestClient;
  beforeAll(async () => {
    client = await startTestRegistry({ auth: { htpasswd } });
  });

  it.each(requests)('%s %s needs one', async (method, path) => {
    const headers = [
      {},
      { Authorization: basic('signet', 'wrong') },
      { Authorization: basic('nobody', 'secret') },
      { Authorization: 'Basic' },
      { Authorization: 'Bearer x' },
    ];
    for (const each of headers) {
      const reply = await client.send(path, { method, headers: each });
      expect([reply.status, challengeOf(reply)]).toEqual([401, 'Basic realm="signet registry", charset="UTF-8"']);
      if (method !== 'HEAD') expect(reply.codes()).toEqual(['UNAUTHORIZED']);
    }
    const letIn = await client.send(path, { method, headers: { Authorization: basic('signet', 'secret') } });
    expect(letIn.status).not.toBe(401);
  });

  it('a refused request changes nothing, its body is not stored', async () => {
    const bytes = Buffer.from('x'.repeat(100));
    const path = `/v2/app/blobs/uploads/?digest=${digest(bytes)}`;
    expect((await client.send(path, { method: 'POST', body: bytes })).status).toBe(401);
    const authorised = { headers: { Authorization: basic('signet', 'secret') } };
    expect((await client.send(`/v2/app/blobs/${digest(bytes)}`, authorised)).status).toBe(404);
  });

  it('reading may be left open', async () => {
    const open = await startTestRegistry({ auth: { htpasswd, allowAnonymousRead: true } });
    for (const [method, path, scope] of requests) {
      const reply = await open.send(path, { method });
      const isReading = scope === undefined || /:(pull|\*)$/.test(scope);
      expect([method, path, reply.status === 401]).toEqual([method, path, !isReading]);
    }
    // Who says who he is must be right.
    expect((await open.send('/v2/', { headers: { Authorization: basic('signet', 'wrong') } })).status).toBe(401);
  });

  it('a mount needs reading of the other repository', async () => {
    const headers = { Authorization: basic('signet', 'secret') };
    const bytes = Buffer.from('mounted');
    const push = `/v2/a/blobs/uploads/?digest=${digest(bytes)}`;
    expect((await client.send(push, { method: 'POST', headers, body: bytes })).status).toBe(201);
    const mount = `/v2/b/blobs/uploads/?mount=${digest(bytes)}&from=a`;
    expect((await client.send(mount, { method: 'POST', headers })).status).toBe(201);
  });
});

describe('accounts by tokens', () => {
  let client: TestClient;
  beforeAll(async () => {
    client = await startTestRegistry({ auth: { htpasswd }, token: { service: 'tests' } });
  });

  async function token(...scopes: readonly string[]): Promise<string> {
    const query = new URLSearchParams({ service: 'tests' });
    for (const scope of scopes) query.append('scope', scope);
    const reply = await client.send(`/token?${query}`, { headers: { Authorization: basic('signet', 'secret') } });
    return `Bearer ${String(reply.json().token)}`;
  }

  it.each(requests)(
    '%s %s: the challenge names what it needs, and a token for that is enough',
    async (method, path, scope) => {
      const realm = `realm="${client.registry.url}/token",service="tests"`;
      const challenge = `Bearer ${realm}${scope === undefined ? '' : `,scope="${scope}"`}`;
      expect(challengeOf(await client.send(path, { method }))).toBe(challenge);
      for (const Authorization of ['Bearer x', basic('signet', 'secret')]) {
        const reply = await client.send(path, { method, headers: { Authorization } });
        expect([reply.status, challengeOf(reply)]).toEqual([401, `${challenge},error="invalid_token"`]);
      }
      if (scope !== undefined) {
        const Authorization = await token('repository:other:*');
        const reply = await client.send(path, { method, headers: { Authorization } });
        expect([reply.status, challengeOf(reply)]).toEqual([401, `${challenge},error="insufficient_scope"`]);
      }
      const Authorization = await token(...(scope === undefined ? [] : [scope]));
      expect((await client.send(path, { method, headers: { Authorization } })).status).not.toBe(401);
    },
  );

  it('a token for reading does not push, nor delete', async () => {
    const Authorization = await token('repository:app:pull');
    for (const [method, path, scope] of requests.filter(([, , each]) => /push|delete/.test(each ?? ''))) {
      const reply = await client.send(path, { method, headers: { Authorization } });
      expect([method, scope, reply.status]).toEqual([method, scope, 401]);
    }
  });

  it('a blob is not mounted from where the token does not read', async () => {
    const bytes = Buffer.from('kept apart');
    const push = { method: 'POST', headers: { Authorization: await token('repository:a:pull,push') }, body: bytes };
    expect((await client.send(`/v2/a/blobs/uploads/?digest=${digest(bytes)}`, push)).status).toBe(201);
    const only = { method: 'POST', headers: { Authorization: await token('repository:b:pull,push') } };
    const both = {
      method: 'POST',
      headers: { Authorization: await token('repository:b:pull,push', 'repository:a:pull') },
    };
    for (const from of ['&from=a', '']) {
      const mount = `/v2/b/blobs/uploads/?mount=${digest(bytes)}${from}`;
      expect((await client.send(mount, only)).status).toBe(202);
    }
    expect((await client.send(`/v2/b/blobs/uploads/?mount=${digest(bytes)}&from=a`, both)).status).toBe(201);
  });

  it('the realm is at the host that was asked, or where the options say', async () => {
    const { port } = client.registry;
    const reply = await fetch(`http://localhost:${port}/v2/`);
    expect(reply.headers.get('www-authenticate')).toContain(`realm="http://localhost:${port}/token"`);
    const realm = 'https://auth.example.com/token';
    const other = await startTestRegistry({ auth: { htpasswd }, token: { realm } });
    expect(challengeOf(await other.send('/v2/'))).toBe(`Bearer realm="${realm}",service="signet-registry"`);
  });
});
