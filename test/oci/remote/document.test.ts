import { type ClientOptions, type Credential, createRegistryClient, type DocumentRequest } from '@signet/oci';
import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, type HostileRegistry, startHostileRegistry } from '../../support/hostile-registry.ts';
import { createTestCa } from '../../support/tls.ts';
import { readAsk, sendReply, startTokenServer, type TokenAsk, type TokenServer } from '../../support/token-server.ts';
import { codeOf } from '../code-of.ts';

const left: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

const basic: Credential = { kind: 'basic', username: 'user', password: 'pass:word' };
const about = { registry: 'registry.example.com', repository: 'team/app', scopeName: 'registry.example.com/team/app' };

/** A server beside the registry, and a client with credentials for the registry. */
async function play(
  answer: Answer,
  options: ClientOptions = {},
): Promise<{
  readonly server: HostileRegistry;
  /** Of whom credentials were asked for. */
  readonly asked: string[];
  get(path: string, maxBytes?: number, registry?: string): Promise<string>;
}> {
  const server = await startHostileRegistry(answer);
  const asked: string[] = [];
  const client = createRegistryClient({
    credentials: {
      get: (registry, repository) => {
        asked.push(`${registry}/${repository}`);
        return Promise.resolve(basic);
      },
    },
    retries: { maxAttempts: 2, baseMs: 1, maxMs: 1 },
    ...options,
  });
  left.push(server.stop, () => client.close());
  const get = async (path: string, maxBytes?: number, registry = about.registry): Promise<string> => {
    const request: DocumentRequest = { ...about, registry, url: new URL(path, server.url) };
    return Buffer.from(await client.document(request, maxBytes === undefined ? {} : { maxBytes })).toString();
  };
  return { server, asked, get };
}

/** Wants Bearer tokens of the token server. */
function guarded(tokens: TokenServer): Answer {
  return ({ headers }, response) => {
    if (headers.authorization === 'Bearer good') return void response.end('the document');
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${tokens.url}",service="notary"` }).end();
  };
}

describe('a document of a server beside the registry', () => {
  it('is read', async () => {
    const { get, server } = await play((_request, response) => void response.end('the document'));
    expect(await get('/v2/x/_trust/tuf/root.json')).toBe('the document');
    expect(server.seen.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /v2/x/_trust/tuf/root.json']);
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
  });

  it('comes with a token for the repository, got with the credentials of its registry', async () => {
    const tokens = await startTokenServer(() => ({ token: 'good' }));
    left.push(tokens.stop);
    const { get, asked } = await play(guarded(tokens));
    expect(await get('/a')).toBe('the document');
    expect(asked).toEqual(['registry.example.com/team/app']);
    expect(tokens.asks).toMatchObject([
      { service: 'notary', scopes: ['repository:registry.example.com/team/app:pull'] },
    ]);
  });

  it.each([
    ['is not shown to another server', about.registry, undefined],
    ['is exchanged by the registry itself', undefined, 'refresh from entra'],
  ] as const)(
    'comes without what opens more than the registry: a token of Microsoft Entra %s',
    async (_what, other, shown) => {
      const seen: TokenAsk[] = [];
      const server = await startHostileRegistry((request, response) => {
        if (request.url.startsWith('/v2/')) {
          if (request.headers.authorization === 'Bearer good') return void response.end('the document');
          return void response.writeHead(401, { 'www-authenticate': `Bearer realm="${server.url}/token"` }).end();
        }
        seen.push(readAsk(request));
        const isExchange = request.url === '/oauth2/exchange';
        sendReply(response, isExchange ? { refresh_token: 'from entra' } : { token: 'good' });
      });
      const entra: Credential = { kind: 'aad', token: 'secret', expiresAtMs: Date.now() + 3_600_000 };
      const client = createRegistryClient({ credentials: { get: () => Promise.resolve(entra) } });
      left.push(server.stop, () => client.close());
      const request = { ...about, registry: other ?? server.host, url: new URL('/v2/a', server.url) };
      expect(Buffer.from(await client.document(request)).toString()).toBe('the document');
      expect(seen.at(-1)?.shown).toBe(shown);
      expect(seen.some(({ shown: each }) => each === 'aad secret')).toBe(shown !== undefined);
    },
  );

  it('comes with one token for many documents', async () => {
    const tokens = await startTokenServer(() => ({ token: 'good' }));
    left.push(tokens.stop);
    const { get } = await play(guarded(tokens));
    for (const path of ['/a', '/b', '/c']) await get(path);
    expect(tokens.asks).toHaveLength(1);
  });

  it('comes with the credentials of its own registry, where one server has documents of several', async () => {
    const { get, server } = await play(
      ({ headers }, response) => {
        if (headers.authorization?.startsWith('Basic ') === true)
          return void response.end(Buffer.from(headers.authorization.slice(6), 'base64'));
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      },
      { credentials: { get: (registry) => Promise.resolve({ kind: 'basic', username: registry, password: 'p' }) } },
    );
    expect(await get('/a')).toBe('registry.example.com:p');
    expect(await get('/b', undefined, 'other.example.com')).toBe('other.example.com:p');
    expect(server.seen.length).toBeGreaterThan(2);
  });

  it('comes with the credentials themselves where the server asks for them', async () => {
    const { get } = await play(({ headers }, response) => {
      if (headers.authorization?.startsWith('Basic ') === true) return void response.end('the document');
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    });
    expect(await get('/a')).toBe('the document');
  });

  it('is followed elsewhere without credentials', async () => {
    const storage = await startHostileRegistry((_request, response) => void response.end('from storage'));
    left.push(storage.stop);
    const { get } = await play(({ headers }, response) => {
      if (headers.authorization === undefined)
        return void response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      response.writeHead(302, { location: `${storage.url}/x` }).end();
    });
    expect(await get('/a')).toBe('from storage');
    expect(storage.seen[0]?.headers.authorization).toBeUndefined();
  });

  it.each([
    [404, 'NOT_FOUND'],
    [401, 'UNAUTHORIZED'],
    [403, 'FORBIDDEN'],
    [500, 'SERVER_ERROR'],
    [204, 'UNEXPECTED_ANSWER'],
  ])('with status %i fails as %s', async (status, code) => {
    const { get } = await play((_request, response) => void response.writeHead(status).end());
    expect(await codeOf(get('/a'))).toBe(code);
  });

  it('is asked for again after a failure that passes', async () => {
    let count = 0;
    const { get } = await play((_request, response) => {
      count += 1;
      response.writeHead(count === 1 ? 503 : 200).end('the document');
    });
    expect(await get('/a')).toBe('the document');
  });

  it('is bounded, whether its length is stated or not', async () => {
    const { get } = await play(({ url }, response) => {
      if (url === '/stated') response.setHeader('content-length', 11);
      response.write('0123456789');
      response.end('+');
    });
    expect(await get('/a', 11)).toBe('0123456789+');
    expect(await codeOf(get('/a', 10))).toBe('TOO_LARGE');
    expect(await codeOf(get('/stated', 10))).toBe('TOO_LARGE');
  });

  it('is not waited for without end', async () => {
    const { get } = await play(() => undefined, { timeouts: { totalMs: 200 } });
    expect(await codeOf(get('/a'))).toBe('TIMEOUT');
  });

  it.each([
    ['http://registry.example.com/a', 'plain HTTP to another machine'],
    ['https://user:secret@registry.example.com/a', 'credentials in the address'],
    ['ftp://127.0.0.1/a', 'another protocol'],
  ])('is not asked for at %s: %s', async (address) => {
    const { get } = await play((_request, response) => void response.end('x'));
    const failed = get(address);
    await expect(failed).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
    await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining('secret') });
  });

  it('is verified against the authorities that the client knows', async () => {
    const ca = await createTestCa();
    const { cert, key } = await ca.issue();
    const server = await startHostileRegistry((_request, response) => void response.end('over TLS'), { cert, key });
    left.push(server.stop, ca.remove);
    const request = { ...about, url: new URL('/a', server.url) };
    const [known, unknown] = [createRegistryClient({ ca: ca.ca }), createRegistryClient()];
    left.push(
      () => known.close(),
      () => unknown.close(),
    );
    expect(Buffer.from(await known.document(request)).toString()).toBe('over TLS');
    expect(await codeOf(unknown.document(request))).toBe('UNREACHABLE');
  });
});
