import { once } from 'node:events';
import { connect, createSecureServer } from 'node:http2';
import { type ClientOptions, createRegistryClient, type Descriptor, digestOf, type Store } from '@signet/oci';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { listenOnLoopback } from '../../support/delay-proxy.ts';
import { startForwardProxy } from '../../support/forward-proxy.ts';
import {
  type Answer,
  type HostileRegistry,
  type HostileTls,
  startHostileRegistry,
} from '../../support/hostile-registry.ts';
import { createTestCa, type IssuedCertificate, type TestCa } from '../../support/tls.ts';
import { codeOf } from '../code-of.ts';

const blob = Buffer.from('over TLS');
const target: Descriptor = { mediaType: 'application/octet-stream', digest: digestOf(blob), size: blob.length };

let ca: TestCa;
let own: IssuedCertificate;
let server: HostileTls;
beforeAll(async () => {
  ca = await createTestCa();
  own = await ca.issue({ commonName: 'the client', client: true });
  server = { ...(await ca.issue()), clientCa: ca.ca };
});
afterAll(() => ca.remove());

const left: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

async function start(answer: Answer, tls: HostileTls | undefined = server): Promise<HostileRegistry> {
  const registry = await startHostileRegistry(answer, tls);
  left.push(registry.stop);
  return registry;
}

function open(host: string, options: ClientOptions): Store {
  const client = createRegistryClient({ retries: { maxAttempts: 1 }, ...options });
  left.push(() => client.close());
  return client.repository({ registry: host, repository: 'a/b' });
}

const withBlob: Answer = (_, response) => void response.end(blob);
const names = ({ seen }: HostileRegistry): readonly unknown[] => seen.map(({ client }) => client);

describe('the registry’s certificate', () => {
  it('is trusted by the CA that was given, and by no other', async () => {
    const { host } = await start(withBlob);
    expect(await codeOf(open(host, { ca: ca.ca }).fetch(target))).toBe('resolved');
    const stranger = await createTestCa();
    left.push(stranger.remove);
    for (const options of [{ ca: stranger.ca }, { plainHttp: false }]) {
      const error = await open(host, options)
        .fetch(target)
        .catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('certificate') });
    }
  });

  it('must be for its host', async () => {
    const elsewhere = await start(withBlob, await ca.issue({ hosts: ['elsewhere.test'] }));
    expect(await codeOf(open(elsewhere.host, { ca: ca.ca }).fetch(target))).toBe('UNREACHABLE');
  });

  it('is not looked at when that was asked for, loudly', async () => {
    const { host } = await start(withBlob);
    expect(await codeOf(open(host, { unsafeSkipTlsVerify: true }).fetch(target))).toBe('resolved');
  });

  it('makes loopback speak TLS as soon as an option is about TLS, and never plain HTTP by mistake', async () => {
    const { host, seen } = await startHostileRegistry(withBlob).then((plain) => {
      left.push(plain.stop);
      return plain;
    });
    const error = await open(host, { ca: ca.ca })
      .fetch(target)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('plain HTTP') });
    expect(seen).toEqual([]);
  });
});

describe('our certificate', () => {
  const options = (): ClientOptions => ({ ca: ca.ca, clientCert: own.cert, clientKey: own.key });

  it('is shown to the registry', async () => {
    const registry = await start(withBlob);
    await open(registry.host, options()).fetch(target);
    await open(registry.host, { ca: ca.ca }).fetch(target);
    expect(names(registry)).toEqual(['the client', undefined]);
  });

  it('is not shown to where a redirect leads, and neither are other marks', async () => {
    const storage = await start(withBlob);
    const registry = await start((_, response) => response.writeHead(307, { location: `${storage.url}/x` }).end());
    await open(registry.host, options()).fetch(target);
    expect([names(registry), names(storage)]).toEqual([['the client'], [undefined]]);
  });

  it('is not shown again to the registry once a redirect has left it', async () => {
    const storage: HostileRegistry = await start((_, response) =>
      response.writeHead(307, { location: `${registry.url}/back` }).end(),
    );
    const registry: HostileRegistry = await start(({ url }, response) => {
      if (url === '/back') response.end(blob);
      else response.writeHead(307, { location: `${storage.url}/x` }).end();
    });
    await open(registry.host, options()).fetch(target);
    expect(names(registry)).toEqual(['the client', undefined]);
  });

  it('is not shown to another origin that an upload is sent to', async () => {
    const storage = await start((_, response) => response.writeHead(201).end());
    const registry = await start(({ method }, response) => {
      if (method === 'POST') response.writeHead(202, { location: `${storage.url}/upload` }).end();
      else response.writeHead(404).end();
    });
    await open(registry.host, options()).push(blob, target);
    expect(storage.seen.map(({ method }) => method)).toEqual(['PUT']);
    expect([names(registry), names(storage)]).toEqual([['the client'], [undefined]]);
  });

  it('is shown to a token server on the registry’s origin, to no other', async () => {
    const realms: ((host: string) => string)[] = [(host) => `https://${host}/token`];
    const other = await start((_, response) => response.end('{"token":"t"}'));
    realms.push(() => `${other.url}/token`);
    for (const realm of realms) {
      const registry: HostileRegistry = await start(({ url, headers }, response) => {
        if (url.startsWith('/token')) response.end('{"token":"t"}');
        else if (headers.authorization === 'Bearer t') response.end(blob);
        else response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm(registry.host)}"` }).end();
      });
      await open(registry.host, options()).fetch(target);
      expect(new Set(names(registry))).toEqual(new Set(['the client']));
    }
    expect(names(other)).toEqual([undefined]);
  });
});

describe('a registry that offers HTTP/2', () => {
  it('is spoken to by HTTP/1.1, directly and through a proxy', async () => {
    const versions: string[] = [];
    const { cert, key } = await ca.issue({ hosts: ['127.0.0.1', 'registry.test'] });
    const h2 = createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => {
      versions.push(request.httpVersion);
      response.end(blob);
    });
    const host = `127.0.0.1:${await listenOnLoopback(h2)}`;
    left.push(async () => void h2.close());
    const proxy = await startForwardProxy({ routes: { 'registry.test:443': host } });
    left.push(proxy.stop);
    const control = connect(`https://${host}`, { ca: ca.ca });
    await once(control, 'connect');
    expect(control.alpnProtocol).toBe('h2');
    control.destroy();
    expect(await open(host, { ca: ca.ca }).fetch(target)).toEqual(blob);
    expect(await open('registry.test', { ca: ca.ca, env: { HTTPS_PROXY: proxy.url } }).fetch(target)).toEqual(blob);
    expect(proxy.asks.map(({ method }) => method)).toEqual(['CONNECT']);
    expect(versions).toEqual(['1.1', '1.1']);
  });
});
