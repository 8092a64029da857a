import { hashSync } from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { type Reply, startTestRegistry, type TestClient } from '../client.ts';

const htpasswd = `signet:${hashSync('secret', 4)}`;
const right = { Authorization: `Basic ${Buffer.from('signet:secret').toString('base64')}` };
const wrong = { Authorization: `Basic ${Buffer.from('signet:wrong').toString('base64')}` };

interface Tokens {
  readonly client: TestClient;
  /** Moves the server's clock on. */
  later(ms: number): void;
}

async function start(more: object = {}, lifetimeSeconds?: number): Promise<Tokens> {
  let now = 1_700_000_000_000;
  const token = { service: 'tests', ...(lifetimeSeconds === undefined ? {} : { lifetimeSeconds }) };
  const client = await startTestRegistry({ auth: { htpasswd, ...more }, token, now: () => now });
  return {
    client,
    later: (ms) => {
      now += ms;
    },
  };
}

function post(client: TestClient, form: Readonly<Record<string, string>>): Promise<Reply> {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  return client.send('/token', { method: 'POST', headers, body: new URLSearchParams(form).toString() });
}

async function tagsStatus(client: TestClient, token: unknown): Promise<number> {
  const headers = { Authorization: `Bearer ${String(token)}` };
  return (await client.send('/v2/app/tags/list', { headers })).status;
}

describe('GET /token', () => {
  it('gives a token of the asked scope, with its times, never to be cached', async () => {
    const { client } = await start();
    const reply = await client.send('/token?service=tests&scope=repository:app:pull', { headers: right });
    expect(reply.status).toBe(200);
    expect(reply.headers.get('cache-control')).toBe('no-store');
    const body = reply.json();
    expect(body).toEqual({
      token: body.access_token,
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      expires_in: 300,
      issued_at: '2023-11-14T22:13:20.000Z',
    });
    expect(await tagsStatus(client, body.token)).toBe(404);
  });

  it('gives a token that ends', async () => {
    const { client, later } = await start({}, 60);
    const { token, expires_in } = (await client.send('/token?scope=repository:app:pull', { headers: right })).json();
    expect(expires_in).toBe(60);
    later(59_000);
    expect(await tagsStatus(client, token)).toBe(404);
    later(1000);
    expect(await tagsStatus(client, token)).toBe(401);
  });

  it('takes scopes apart, one parameter each or in one', async () => {
    const { client } = await start();
    for (const query of [
      'scope=repository:x:pull&scope=repository:app:pull',
      'scope=repository:x:pull%20repository:app:pull',
    ]) {
      const { token } = (await client.send(`/token?${query}`, { headers: right })).json();
      expect(await tagsStatus(client, token)).toBe(404);
    }
    const { token } = (await client.send('/token', { headers: right })).json();
    expect(await tagsStatus(client, token)).toBe(401);
  });

  it('refuses wrong credentials, none, and others than Basic', async () => {
    const { client } = await start();
    for (const headers of [{}, wrong, { Authorization: 'Bearer x' }, { Authorization: 'x' }]) {
      const reply = await client.send('/token?scope=repository:app:pull', { headers });
      expect([reply.status, reply.codes()]).toEqual([401, ['UNAUTHORIZED']]);
      expect(reply.headers.get('www-authenticate')).toBe('Basic realm="signet registry", charset="UTF-8"');
    }
  });

  it('refuses to make tokens for another service', async () => {
    const { client } = await start();
    const reply = await client.send('/token?service=elsewhere&scope=repository:app:pull', { headers: right });
    expect([reply.status, reply.codes()]).toEqual([400, ['DENIED']]);
  });

  it('gives reading to anybody where that is allowed, and no more', async () => {
    const { client } = await start({ allowAnonymousRead: true });
    const { token, refresh_token } = (
      await client.send('/token?scope=repository:app:pull,push&offline_token=true')
    ).json();
    expect([await tagsStatus(client, token), refresh_token]).toEqual([404, undefined]);
    const headers = { Authorization: `Bearer ${String(token)}` };
    expect((await client.send('/v2/app/blobs/uploads/', { method: 'POST', headers })).status).toBe(401);
    expect((await client.send('/token', { headers: wrong })).status).toBe(401);
  });
});

describe('POST /token', () => {
  const password = { grant_type: 'password', username: 'signet', password: 'secret', service: 'tests' };

  it('takes a password', async () => {
    const { client } = await start();
    const reply = await post(client, { ...password, scope: 'repository:app:pull' });
    expect(reply.json()).toMatchObject({ scope: 'repository:app:pull', expires_in: 300 });
    expect(reply.json().refresh_token).toBeUndefined();
    expect(await tagsStatus(client, reply.json().access_token)).toBe(404);
  });

  it('gives a refresh token on demand, which gives access later on', async () => {
    const { client, later } = await start();
    const first = (await post(client, { ...password, access_type: 'offline' })).json().refresh_token;
    const second = (await client.send('/token?offline_token=true', { headers: right })).json().refresh_token;
    later(3_600_000);
    for (const token of [first, second]) {
      const form = { grant_type: 'refresh_token', refresh_token: String(token), scope: 'repository:app:pull' };
      const reply = await post(client, form);
      expect(await tagsStatus(client, reply.json().access_token)).toBe(404);
      expect(reply.json().refresh_token).toBeDefined();
      expect(await tagsStatus(client, token)).toBe(401);
    }
    later(24 * 3_600_000);
    const late = await post(client, { grant_type: 'refresh_token', refresh_token: String(first) });
    expect([late.status, late.codes()]).toEqual([401, ['UNAUTHORIZED']]);
  });

  it.each([
    ['a wrong password', { ...password, password: 'wrong' }, 401],
    ['no user', { grant_type: 'password', password: 'secret' }, 401],
    ['no password', { grant_type: 'password', username: 'signet' }, 401],
    ['a refresh token that is none', { grant_type: 'refresh_token', refresh_token: 'x' }, 401],
    ['no refresh token', { grant_type: 'refresh_token' }, 401],
    ['another grant', { ...password, grant_type: 'client_credentials' }, 400],
    ['no grant', {}, 400],
    ['another service', { ...password, service: 'elsewhere' }, 400],
  ])('refuses %s', async (_title, form, status) => {
    const { client } = await start();
    expect((await post(client, form)).status).toBe(status);
  });

  it('refuses an access token in place of a refresh token', async () => {
    const { client } = await start();
    const { access_token } = (await post(client, password)).json();
    const reply = await post(client, { grant_type: 'refresh_token', refresh_token: String(access_token) });
    expect(reply.status).toBe(401);
  });

  it('refuses a form that is too large', async () => {
    const { client } = await start();
    const reply = await post(client, { ...password, scope: 'x'.repeat(70_000) });
    expect([reply.status, reply.codes()]).toEqual([413, ['SIZE_INVALID']]);
  });
});

it('other methods are refused', async () => {
  const { client } = await start();
  const reply = await client.send('/token', { method: 'DELETE' });
  expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
});
