import { inspect } from 'node:util';
import {
  type ClientOptions,
  type Credential,
  createRegistryClient,
  type Descriptor,
  digestOf,
  type RegistryClient,
  type Store,
} from '@signet/oci';
import { afterEach, describe, expect, it } from 'vitest';
import { type HostileRegistry, type HostileTls, startHostileRegistry } from '../../support/hostile-registry.ts';
import { createTestCa, type TestCa } from '../../support/tls.ts';
import {
  readAsk,
  sendReply,
  startTokenServer,
  type TokenAsk,
  type TokenReply,
  type TokenServer,
} from '../../support/token-server.ts';
import { codeOf } from '../code-of.ts';

const blob = Buffer.from('a blob');
const target: Descriptor = { mediaType: 'application/octet-stream', digest: digestOf(blob), size: blob.length };
const basic: Credential = { kind: 'basic', username: 'user', password: 'pass:word' };

const left: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

interface World {
  readonly registry: HostileRegistry;
  readonly tokens: TokenServer;
  readonly client: RegistryClient;
  readonly store: Store;
}

interface Play {
  readonly reply: (ask: TokenAsk) => TokenReply;
  readonly credential?: Credential;
  /** The tokens that the registry takes; default: every one. */
  readonly takes?: (token: string, repository: string) => boolean;
  /** More than realm and service in the challenge. */
  readonly challenge?: (repository: string) => string;
  readonly options?: ClientOptions;
  readonly tls?: { readonly registry?: HostileTls; readonly tokens?: HostileTls };
}

/** A registry that wants Bearer tokens of a token server on another origin. */
async function play({ reply, credential, takes = () => true, challenge, options, tls }: Play): Promise<World> {
  const tokens = await startTokenServer(reply, tls?.tokens);
  const registry = await startHostileRegistry(({ url, headers }, response) => {
    const repository = /^\/v2\/(.+)\/(?:blobs|manifests)\//.exec(url)?.[1] ?? '';
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
    if (token !== undefined && takes(token, repository)) return void response.end(blob);
    const more = challenge?.(repository) ?? `,scope="repository:${repository}:pull"`;
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${tokens.url}",service="the service"${more}` }).end();
  }, tls?.registry);
  const client = createRegistryClient({
    retries: { maxAttempts: 2, baseMs: 1, maxMs: 2 },
    ...(credential === undefined ? {} : { credentials: { get: () => Promise.resolve(credential) } }),
    ...options,
  });
  left.push(() => client.close(), tokens.stop, registry.stop);
  return { registry, tokens, client, store: client.repository({ registry: registry.host, repository: 'a/b' }) };
}

const pull = 'repository:a/b:pull';

describe('a token for anybody', () => {
  it.each(['token', 'access_token'])('is read from "%s" and used until it ends', async (member) => {
    const { registry, store, tokens } = await play({ reply: () => ({ [member]: 't1', expires_in: 300 }) });
    await store.fetch(target);
    await store.fetch(target);
    expect(tokens.asks).toEqual([{ method: 'GET', path: '/token', service: 'the service', scopes: [pull], form: {} }]);
    expect(registry.seen.map(({ headers }) => headers.authorization)).toEqual([undefined, 'Bearer t1', 'Bearer t1']);
  });

  it('is asked for once, however many requests wait for it', async () => {
    let given = 0;
    const { store, tokens } = await play({ reply: () => ({ token: `t${++given}` }) });
    await Promise.all(Array.from({ length: 12 }, () => store.fetch(target)));
    expect(tokens.asks).toHaveLength(1);
  });

  it('is asked for again by those who joined a request that its caller gave up', async () => {
    const giveUp = new AbortController();
    let asked = 0;
    const { store, tokens } = await play({
      reply: () => {
        asked += 1;
        if (asked > 1) return { token: 't' };
        setTimeout(() => giveUp.abort(), 50);
        return () => {}; // never an answer
      },
    });
    const first = codeOf(store.fetch(target, { signal: giveUp.signal }));
    const [, ...others] = [first, store.fetch(target), store.fetch(target)];
    expect(await first).toBe('ABORTED');
    expect(await Promise.all(others)).toHaveLength(2);
    expect(tokens.asks).toHaveLength(2);
  });

  it('is kept by repository and scopes', async () => {
    let given = 0;
    const { client, registry, store, tokens } = await play({ reply: () => ({ token: `t${++given}` }) });
    await store.fetch(target);
    await client.repository({ registry: registry.host, repository: 'c/d' }).fetch(target);
    await client.repository({ registry: registry.host, repository: 'c/d' }).fetch(target);
    expect(tokens.asks.map(({ scopes }) => scopes)).toEqual([[pull], ['repository:c/d:pull']]);
  });

  it('is renewed when it ends, by expires_in, by its own exp, or after a minute', async () => {
    const jwt = (seconds: number): string =>
      `h.${Buffer.from(JSON.stringify({ exp: seconds })).toString('base64url')}.s`;
    let nowMs = 1_800_000_000_000;
    for (const [answer, lifeMs] of [
      [{ token: 't', expires_in: 100 }, 100_000],
      [{ token: jwt(1_800_000_200) }, 200_000],
      [{ token: 'opaque' }, 60_000],
      [{ token: 'a.b.c' }, 60_000],
      [{ token: 't', expires_in: -5 }, 60_000],
    ] as const) {
      const { store, tokens } = await play({ reply: () => answer, options: { now: () => nowMs } });
      await store.fetch(target);
      const begin = nowMs;
      nowMs = begin + lifeMs * 0.85;
      await store.fetch(target);
      expect([answer, tokens.asks.length]).toEqual([answer, 1]);
      nowMs = begin + lifeMs;
      await store.fetch(target);
      expect([answer, tokens.asks.length]).toEqual([answer, 2]);
      nowMs = begin;
    }
  });

  it('that the registry refuses is renewed once, and then it is over', async () => {
    let given = 0;
    const reply = (): TokenReply => ({ token: `t${++given}`, expires_in: 3600 });
    const revoked = await play({ reply, takes: (token) => token !== 't1' });
    await revoked.store.fetch(target);
    expect(revoked.tokens.asks).toHaveLength(2);
    const never = await play({ reply, takes: () => false });
    expect(await codeOf(never.store.fetch(target))).toBe('UNAUTHORIZED');
    expect(never.tokens.asks).toHaveLength(2);
    expect(never.registry.seen).toHaveLength(3);
  });
});

describe('scopes', () => {
  it('that a refusal names are added, once', async () => {
    const wider = (): string => ',error="insufficient_scope",scope="repository:a/b:pull,push repository:other:pull"';
    const enough = await play({
      reply: ({ scopes }) => ({ token: scopes.includes('repository:other:pull') ? 'wide' : 'narrow' }),
      takes: (token) => token === 'wide',
      challenge: wider,
    });
    await enough.store.fetch(target);
    expect(enough.tokens.asks.at(-1)?.scopes).toEqual(['repository:a/b:pull,push', 'repository:other:pull']);
    const first = enough.tokens.asks.length;
    await enough.store.fetch(target);
    expect(enough.tokens.asks).toHaveLength(first);

    let n = 0;
    const endless = await play({
      reply: () => ({ token: 't' }),
      takes: () => false,
      challenge: () => `,error="insufficient_scope",scope="repository:more${++n}:pull"`,
    });
    expect(await codeOf(endless.store.fetch(target))).toBe('UNAUTHORIZED');
    expect(endless.tokens.asks).toHaveLength(2);
  });

  it('of a mount name both repositories, of a deletion the deletion', async () => {
    const { store, tokens } = await play({ reply: () => ({ token: 't' }), challenge: () => '' });
    await codeOf(store.mount(target, 'from/here'));
    await codeOf(store.delete(target));
    const both = ['repository:a/b:pull,push', 'repository:from/here:pull'];
    expect(tokens.asks.map(({ scopes }) => scopes)).toEqual([both, ['repository:a/b:delete,pull']]);
  });
});

describe('credentials at the token server', () => {
  let ca: TestCa;
  const overTls = async (): Promise<NonNullable<Play['tls']>> => {
    ca = await createTestCa();
    left.push(ca.remove);
    return { registry: await ca.issue(), tokens: await ca.issue() };
  };
  const options = (): ClientOptions => ({ ca: ca.ca });

  it('go to another origin when both speak https', async () => {
    const tls = await overTls();
    const world = await play({ reply: () => ({ token: 't' }), credential: basic, tls, options: options() });
    await world.store.fetch(target);
    expect(world.tokens.asks.map(({ method, shown }) => [method, shown])).toEqual([['GET', 'user:pass:word']]);
  });

  it('stay at home when the registry speaks plain HTTP: the request is anonymous', async () => {
    const { store, tokens } = await play({ reply: () => ({ token: 'for-all' }), credential: basic });
    await store.fetch(target);
    expect(tokens.asks.map(({ shown }) => shown)).toEqual([undefined]);
    for (const credential of [
      { kind: 'refresh', token: 'secret' },
      { kind: 'aad', token: 'secret' },
    ] as const) {
      const world = await play({ reply: () => ({ token: 'for-all' }), credential });
      await world.store.fetch(target);
      expect(JSON.stringify(world.tokens.asks)).not.toContain('secret');
    }
  });

  it('do not go to a realm without TLS when the registry has it: it is not even asked', async () => {
    const { registry } = await overTls();
    const tls = registry === undefined ? {} : { registry };
    const world = await play({ reply: () => ({ token: 't' }), credential: basic, tls, options: options() });
    expect(await codeOf(world.store.fetch(target))).toBe('UNAUTHORIZED');
    expect(world.tokens.asks).toEqual([]);
  });

  it('go to the registry’s own origin without TLS too', async () => {
    const { host, stop } = await startHostileRegistry(({ url, headers }, response) => {
      if (url.startsWith('/token')) response.end(JSON.stringify({ token: headers.authorization?.slice(6) }));
      else if (headers.authorization === `Bearer ${Buffer.from('user:pass:word').toString('base64')}`)
        response.end(blob);
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token"` }).end();
    });
    const client = createRegistryClient({ credentials: { get: () => Promise.resolve(basic) } });
    left.push(() => client.close(), stop);
    expect(await codeOf(client.repository({ registry: host, repository: 'a/b' }).fetch(target))).toBe('resolved');
  });

  it.each(['ftp://127.0.0.1/token', 'not an address', 'http://user:pass@127.0.0.1:1/token', ''])(
    'a realm of %j is not asked',
    async (realm) => {
      const { host, stop } = await startHostileRegistry((_, response) => {
        response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end();
      });
      const client = createRegistryClient({ credentials: { get: () => Promise.resolve(basic) } });
      left.push(() => client.close(), stop);
      expect(await codeOf(client.repository({ registry: host, repository: 'a/b' }).fetch(target))).toBe('UNAUTHORIZED');
    },
  );
});

describe('the forms of token requests', () => {
  const tls = async (): Promise<Pick<Play, 'tls' | 'options'>> => {
    const ca = await createTestCa();
    left.push(ca.remove);
    return { tls: { registry: await ca.issue(), tokens: await ca.issue() }, options: { ca: ca.ca } };
  };

  it('a password goes by POST where GET is not known', async () => {
    const reply = ({ method }: TokenAsk): TokenReply => (method === 'GET' ? 405 : { access_token: 't' });
    const { store, tokens } = await play({ reply, credential: basic, ...(await tls()) });
    await store.fetch(target);
    expect(tokens.asks.at(-1)).toEqual({
      method: 'POST',
      path: '/token',
      service: 'the service',
      scopes: [pull],
      shown: 'user:pass:word',
      form: {
        grant_type: 'password',
        username: 'user',
        password: 'pass:word',
        client_id: 'signet',
        service: 'the service',
        scope: pull,
      },
    });
  });

  it('a refresh token goes by POST; the one that an answer brings is used from then on, and the first again when that is refused', async () => {
    let n = 0;
    let nowMs = 0;
    const { tls: both, options } = await tls();
    const { store, tokens } = await play({
      reply: ({ shown }) =>
        shown === 'refresh r2' ? 401 : { access_token: 't', expires_in: 100, refresh_token: `r${++n}` },
      credential: { kind: 'refresh', token: 'r0' },
      ...(both === undefined ? {} : { tls: both }),
      options: { ...options, now: () => nowMs },
    });
    for (; nowMs <= 200_000; nowMs += 100_000) await store.fetch(target);
    const refresh = tokens.asks.map(({ method, shown }) => `${method} ${shown}`);
    expect(refresh).toEqual(['POST refresh r0', 'POST refresh r1', 'POST refresh r2', 'POST refresh r0']);
    expect(tokens.asks[0]?.form).toMatchObject({ grant_type: 'refresh_token', client_id: 'signet', scope: pull });
  });

  it('a refresh token with a user name goes by GET where POST is not known', async () => {
    const reply = ({ method }: TokenAsk): TokenReply => (method === 'POST' ? 404 : { token: 't' });
    const named = await play({ reply, credential: { kind: 'refresh', token: 'r', username: 'u' }, ...(await tls()) });
    await named.store.fetch(target);
    expect(named.tokens.asks.at(-1)).toMatchObject({ method: 'GET', shown: 'u:r' });
    const nameless = await play({ reply, credential: { kind: 'refresh', token: 'r' }, ...(await tls()) });
    expect(await codeOf(nameless.store.fetch(target))).toBe('UNAUTHORIZED');
  });

  it('a token that was given as such is shown as it is, and nobody is asked', async () => {
    const credential: Credential = { kind: 'bearer', token: 'given' };
    const { registry, store, tokens } = await play({ reply: () => ({ token: 't' }), credential });
    await store.fetch(target);
    expect(tokens.asks).toEqual([]);
    expect(registry.seen.at(-1)?.headers.authorization).toBe('Bearer given');
    const refused = await play({ reply: () => ({ token: 't' }), credential, takes: () => false });
    expect(await codeOf(refused.store.fetch(target))).toBe('UNAUTHORIZED');
    expect(refused.registry.seen).toHaveLength(2);
  });
});

describe('Azure Container Registry', () => {
  it('trades an Entra ID token for a refresh token once, and that for access tokens', async () => {
    let nowMs = 0;
    const asks: TokenAsk[] = [];
    const { host, seen, stop } = await startHostileRegistry((request, response) => {
      if (!request.url.startsWith('/oauth2/')) {
        if (request.headers.authorization === 'Bearer acr-access') return void response.end(blob);
        const challenge = `Bearer realm="http://${host}/oauth2/token",service="acr",scope="repository:a/b:pull"`;
        return void response.writeHead(401, { 'www-authenticate': challenge }).end();
      }
      const ask = readAsk(request);
      asks.push(ask);
      if (ask.path === '/oauth2/exchange') return sendReply(response, { refresh_token: 'acr refresh' });
      sendReply(response, ask.shown === 'refresh acr refresh' ? { access_token: 'acr-access' } : 401);
    });
    const credential: Credential = { kind: 'aad', token: 'entra', tenant: 'tenant-1' };
    const client = createRegistryClient({ credentials: { get: () => Promise.resolve(credential) }, now: () => nowMs });
    left.push(() => client.close(), stop);
    const store = client.repository({ registry: host, repository: 'a/b' });
    expect(await codeOf(store.fetch(target))).toBe('resolved');
    expect(seen).toHaveLength(4);
    nowMs += 3_600_000;
    expect(await codeOf(store.fetch(target))).toBe('resolved');
    expect(asks.map(({ path, shown }) => [path, shown])).toEqual([
      ['/oauth2/exchange', 'aad entra'],
      ['/oauth2/token', 'refresh acr refresh'],
      ['/oauth2/token', 'refresh acr refresh'],
    ]);
    const exchange = { grant_type: 'access_token', service: 'acr', tenant: 'tenant-1', access_token: 'entra' };
    expect(asks[0]?.form).toEqual(exchange);
  });
});

describe('a token server', () => {
  const secret = 'a-very-secret-thing';
  const says: readonly (readonly [string, TokenReply, string])[] = [
    ['that refuses', 403, 'UNAUTHORIZED'],
    ['that is down', 500, 'SERVER_ERROR'],
    ['that is busy', (response) => response.writeHead(429, { 'retry-after': '3600' }).end(), 'THROTTLED'],
    ['that redirects', (response) => response.writeHead(302, { location: '/other' }).end(), 'UNEXPECTED_ANSWER'],
    ['without a token', { scope: 'x' }, 'UNEXPECTED_ANSWER'],
    ['with an empty token', { token: '' }, 'UNEXPECTED_ANSWER'],
    ['with a token for two headers', { token: `${secret}\r\nX: y` }, 'UNEXPECTED_ANSWER'],
    ['with an endless token', { token: secret.repeat(5000) }, 'UNEXPECTED_ANSWER'],
    ['that answers no JSON', (response) => response.end(`{"token":"${secret}`), 'UNEXPECTED_ANSWER'],
    ['that answers a list', (response) => response.end(`["${secret}"]`), 'UNEXPECTED_ANSWER'],
    ['that never ends', (response) => response.end(Buffer.alloc(2_000_000, secret)), 'UNEXPECTED_ANSWER'],
    ['that repeats what it was sent', (response) => response.writeHead(400).end(secret), 'UNAUTHORIZED'],
  ];
  it.each(says)('%s is an error that tells no secret', async (_, reply, code) => {
    const { store } = await play({ reply: () => reply });
    const error = await store.fetch(target).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code });
    expect(inspect(error, { depth: 9 })).not.toContain(secret);
  });

  it('that fails once is asked again', async () => {
    let asked = 0;
    const { store } = await play({ reply: () => (++asked === 1 ? 503 : { token: 't' }) });
    expect(await codeOf(store.fetch(target))).toBe('resolved');
  });
});

describe('a registry that changes its scheme under a client', () => {
  it.each([
    ['Basic', 'Bearer'],
    ['Bearer', 'Basic'],
  ])('from %s to %s is answered in the same request, however many notice at once', async (before, after) => {
    const tokens = await startTokenServer(() => ({ token: 't' }));
    let wanted = before;
    const registry = await startHostileRegistry(({ headers }, response) => {
      if (headers.authorization?.startsWith(`${wanted} `)) return void response.end(blob);
      const challenge = wanted === 'Basic' ? 'Basic realm="r"' : `Bearer realm="${tokens.url}",service="s"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
    });
    const client = createRegistryClient({ credentials: { get: () => Promise.resolve(basic) } });
    left.push(() => client.close(), tokens.stop, registry.stop);
    const store = client.repository({ registry: registry.host, repository: 'a/b' });
    await store.fetch(target);
    wanted = after;
    expect(await Promise.all([1, 2, 3, 4].map(() => codeOf(store.fetch(target))))).toEqual(Array(4).fill('resolved'));
    await store.fetch(target);
    expect(registry.seen.at(-1)?.headers.authorization).toMatch(new RegExp(`^${after} `));
  });

  it('without end is refused', async () => {
    let asked = 0;
    const registry = await startHostileRegistry((_ask, response) => {
      asked += 1;
      const challenge = asked % 2 === 0 ? 'Basic realm="r"' : `Bearer realm="${tokens.url}",service="s"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
    });
    const tokens = await startTokenServer(() => ({ token: 't' }));
    const client = createRegistryClient({ credentials: { get: () => Promise.resolve(basic) } });
    left.push(() => client.close(), tokens.stop, registry.stop);
    const store = client.repository({ registry: registry.host, repository: 'a/b' });
    expect(await codeOf(store.fetch(target))).toBe('UNAUTHORIZED');
    expect(asked).toBe(3);
  });
});
