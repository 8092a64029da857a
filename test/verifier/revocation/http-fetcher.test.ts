import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttpFetcher } from '../../../packages/verifier/src/revocation/http-fetcher.ts';

const options = { maxBytes: 100, timeoutMs: 2000 };

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function fetcherOf(allowPrivate = true) {
  const fetcher = createHttpFetcher({ allowPrivate });
  onTestFinished(() => fetcher.close());
  return fetcher;
}

const failedFor = (why: string) => ({ failed: expect.stringContaining(why) });

describe('fetching over http', () => {
  it('gets and posts, without credentials', async () => {
    const seen: unknown[] = [];
    const url = await serve((request, response) => {
      seen.push([request.method, request.headers['content-type'], request.headers.authorization]);
      request.pipe(response);
    });
    const fetcher = fetcherOf();
    expect(await fetcher.get(`${url}/a`, options)).toEqual({ bytes: Buffer.alloc(0) });
    const posted = await fetcher.post(url, Uint8Array.of(1, 2), {
      ...options,
      contentType: 'application/ocsp-request',
    });
    expect(posted).toEqual({ bytes: Buffer.from([1, 2]) });
    expect(seen).toEqual([
      ['GET', undefined, undefined],
      ['POST', 'application/ocsp-request', undefined],
    ]);
  });

  it('reads what is allowed, and not a byte more', async () => {
    const url = await serve((request, response) => void response.end(Buffer.alloc(Number(request.url?.slice(1)))));
    expect(await fetcherOf().get(`${url}/100`, options)).toEqual({ bytes: Buffer.alloc(100) });
    expect(await fetcherOf().get(`${url}/101`, options)).toEqual(failedFor('more than the 100 bytes'));
  });

  it('does not wait longer than allowed, also for a body', async () => {
    const silent = await serve(() => undefined);
    const slow = await serve((_, response) => void response.write('a'));
    for (const url of [silent, slow])
      expect(await fetcherOf().get(url, { ...options, timeoutMs: 100 })).toEqual(failedFor('too long'));
  });

  it('says what another status is, and that nobody is there', async () => {
    const url = await serve((_, response) => void response.writeHead(404).end());
    expect(await fetcherOf().get(url, options)).toEqual(failedFor('status 404'));
    expect(await fetcherOf().get('http://127.0.0.1:1/', options)).toEqual(failedFor('cannot be asked'));
  });

  it('follows five redirects, to http alone, and none of a post', async () => {
    const url = await serve((request, response) => {
      const left = Number(request.url?.slice(1));
      const to = request.url === '/s' ? 'https://localhost/' : `/${left - 1}`;
      if (left === 0) response.end('done');
      else response.writeHead(302, { location: to }).end();
    });
    expect(await fetcherOf().get(`${url}/5`, options)).toEqual({ bytes: Buffer.from('done') });
    expect(await fetcherOf().get(`${url}/6`, options)).toEqual(failedFor('redirects'));
    expect(await fetcherOf().get(`${url}/s`, options)).toEqual(failedFor('only http'));
    const posted = await fetcherOf().post(`${url}/1`, Uint8Array.of(1), { ...options, contentType: 'a/b' });
    expect(posted).toEqual(failedFor('redirect'));
  });

  it('refuses addresses of the machine, by number and by name, where they are not allowed', async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked += 1;
      response.end();
    });
    const { port } = new URL(url);
    for (const host of [
      '127.0.0.1',
      'localhost',
      '[::ffff:127.0.0.1]',
      '2130706433',
      '169.254.169.254',
      '10.0.0.1',
      '[::1]',
    ])
      expect(await fetcherOf(false).get(`http://${host}:${port}/`, options), host).toEqual(
        failedFor('it leads to an address that is not public'),
      );
    expect(asked).toBe(0);
  });

  it('asks no address with a password', async () => {
    expect(await fetcherOf().get('http://u:p@127.0.0.1/', options)).toEqual(failedFor('password'));
  });
});
