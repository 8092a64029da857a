import type { ServerResponse } from 'node:http';
import {
  type ClientOptions,
  createRegistryClient,
  type Descriptor,
  digestOf,
  MEDIA_TYPE_INDEX,
  MEDIA_TYPE_MANIFEST,
  type Store,
} from '@signet/oci';
import { afterEach, describe, expect, it } from 'vitest';
import { type HostileRegistry, type SeenRequest, startHostileRegistry } from '../../support/hostile-registry.ts';
import { codeOf } from '../code-of.ts';

const blob = Buffer.from('the right bytes');
const target: Descriptor = { mediaType: 'application/octet-stream', digest: digestOf(blob), size: blob.length };
const subject: Descriptor = { mediaType: MEDIA_TYPE_MANIFEST, digest: digestOf(Buffer.from('x')), size: 1 };
const left: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

async function world(
  answer: (request: SeenRequest, response: ServerResponse) => void,
  options: ClientOptions = {},
): Promise<{ readonly server: HostileRegistry; readonly store: Store }> {
  const server = await startHostileRegistry(answer);
  const client = createRegistryClient({ retries: { maxAttempts: 3, baseMs: 1, maxMs: 2 }, ...options });
  left.push(() => client.close(), server.stop);
  return { server, store: client.repository({ registry: server.host, repository: 'a/b' }) };
}

async function pages(store: Store): Promise<number> {
  let count = 0;
  for await (const page of store.referrers(subject)) count += page.descriptors.length;
  return count;
}

const listing = (entries: readonly object[]): string =>
  JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE_INDEX, manifests: entries });
const entry = (n: number): object => ({ ...subject, digest: digestOf(Buffer.from(`junk ${n}`)) });

describe('a registry that lies about content', () => {
  it('gives back what is right', async () => {
    const { store } = await world((_, response) => response.end(blob));
    expect(Buffer.from(await store.fetch(target))).toEqual(blob);
  });

  it.each([
    ['wrong bytes of the right size', 'DIGEST_MISMATCH', (r: ServerResponse) => r.end('the wrong bytes')],
    ['too few bytes', 'SIZE_MISMATCH', (r: ServerResponse) => r.end('short')],
    ['too many bytes, announced', 'SIZE_MISMATCH', (r: ServerResponse) => r.end('far more than the right bytes')],
    [
      'another digest in the header',
      'DIGEST_MISMATCH',
      (r: ServerResponse) => r.setHeader('docker-content-digest', subject.digest).end(blob),
    ],
    [
      'a truncated body',
      'UNREACHABLE',
      (r: ServerResponse) => {
        r.writeHead(200, { 'content-length': '15' });
        r.write('the r', () => r.destroy());
      },
    ],
  ] as const)('%s: %s', async (_, code, lie) => {
    const { store } = await world((_request, response) => void lie(response));
    expect(await codeOf(store.fetch(target))).toBe(code);
  });

  it('stops reading an endless body', async () => {
    let written = 0;
    const { store } = await world((_, response) => {
      const more = (): void => {
        if (response.destroyed) return;
        written += 65_536;
        response.write(Buffer.alloc(65_536), more);
      };
      more();
    });
    expect(await codeOf(store.resolve('v1', { maxBytes: 1000 }))).toBe('TOO_LARGE');
    expect(written).toBeLessThan(16 * 1024 * 1024);
  });

  it('ends a body that drips, by the limit of the whole', async () => {
    const { store } = await world(
      (_, response) => {
        response.writeHead(200, { 'content-length': '15' });
        const timer = setInterval(() => response.write('a'), 100);
        response.on('close', () => clearInterval(timer));
      },
      { timeouts: { totalMs: 400 }, retries: { maxAttempts: 1 } },
    );
    expect(await codeOf(store.fetch(target))).toBe('TIMEOUT');
  });
});

describe('redirects', () => {
  it('carry no Authorization to another origin', async () => {
    const other = await startHostileRegistry((_, response) => response.end(blob));
    left.push(other.stop);
    const { server, store } = await world(
      ({ headers }, response) => {
        if (headers.authorization === undefined)
          response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
        else response.writeHead(307, { location: `${other.url}/x` }).end();
      },
      { credentials: { get: async () => ({ kind: 'basic', username: 'u', password: 'p' }) } },
    );
    expect(Buffer.from(await store.fetch(target))).toEqual(blob);
    expect(server.seen.at(-1)?.headers.authorization).toBe('Basic dTpw');
    expect(other.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it('in a circle, too many, and of a PUT are refused', async () => {
    const circle = await world((_, response) => response.writeHead(302, { location: '/v2/again' }).end());
    expect(await codeOf(circle.store.fetch(target))).toBe('REDIRECT_REFUSED');
    const many = await world(({ url }, response) => response.writeHead(302, { location: `${url}x` }).end());
    expect(await codeOf(many.store.fetch(target))).toBe('REDIRECT_REFUSED');
    expect(many.server.seen).toHaveLength(6);
    expect(await codeOf(many.store.push(blob, target))).toBe('REDIRECT_REFUSED');
  });
});

describe('a token realm', () => {
  it('on another origin of a plain-HTTP registry gets no credentials, and no error tells them', async () => {
    const realm = await startHostileRegistry((_, response) => response.writeHead(401).end('secret-password'));
    left.push(realm.stop);
    const { store } = await world(
      (_, response) =>
        response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm.url}/t",service="s"` }).end(),
      { credentials: { get: async () => ({ kind: 'basic', username: 'u', password: 'secret-password' }) } },
    );
    const error = await store.fetch(target).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(String(error)).not.toContain('secret-password');
    expect(realm.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });
});

describe('retries', () => {
  it('wait for Retry-After, within its bound', async () => {
    let asked = 0;
    const { store } = await world((_, response) => {
      asked += 1;
      if (asked === 1) response.writeHead(429, { 'retry-after': '0' }).end();
      else response.end(blob);
    });
    expect(Buffer.from(await store.fetch(target))).toEqual(blob);
    const patient = await world((_, response) => response.writeHead(429, { 'retry-after': '3600' }).end());
    expect(await codeOf(patient.store.fetch(target))).toBe('THROTTLED');
    expect(patient.server.seen).toHaveLength(1);
  });

  it('never repeat the start of an upload that may have taken effect', async () => {
    const { server, store } = await world((_, response) => void response.destroy());
    expect(
      await codeOf(
        store.pushStream(
          (async function* () {
            yield blob;
          })(),
          target,
        ),
      ),
    ).toBe('UNREACHABLE');
    expect(server.seen.filter(({ method }) => method === 'POST').length).toBeLessThanOrEqual(1);
  });
});

describe('listings that never end', () => {
  const index = (response: ServerResponse, link: string | undefined, body: string): void => {
    response.writeHead(200, { 'content-type': MEDIA_TYPE_INDEX, ...(link === undefined ? {} : { link }) }).end(body);
  };

  it.each([
    ['a circle', '<?page=1>; rel="next"', 'UNEXPECTED_ANSWER'],
    ['a header too long to be read', `</${'a'.repeat(8192)}>; rel="next"`, 'LIMIT_REACHED'],
    ['another origin', '<http://127.0.0.1:1/v2/>; rel="next"', 'UNEXPECTED_ANSWER'],
  ])('%s', async (_, link, code) => {
    const { store } = await world(({ url }, response) =>
      url.includes('/referrers/') ? index(response, link, listing([entry(1)])) : response.writeHead(404).end(),
    );
    expect(await codeOf(pages(store))).toBe(code);
  });

  it('one page after another, and Link headers that cannot be read', async () => {
    let n = 0;
    const { store } = await world(({ url }, response) => {
      n += 1;
      if (url.includes('/referrers/')) index(response, `<?n=${n}>; rel=next`, listing([entry(n)]));
      else response.writeHead(404).end();
    });
    expect(await codeOf(pages(store))).toBe('LIMIT_REACHED');
    const withLink = (link: string) =>
      world(({ url }, response) =>
        url.includes('/referrers/') ? index(response, link, listing([entry(1)])) : response.writeHead(404).end(),
      );
    for (const junk of ['<<<>>>;;;', '<x', 'rel=next']) {
      const { store } = await withLink(junk);
      expect(await codeOf(pages(store))).toBe('UNEXPECTED_ANSWER');
    }
    for (const other of [',,,', '<a>;rel="prev"']) expect(await pages((await withLink(other)).store)).toBe(1);
  });

  it('20,000 junk referrers are read in bounded time; one more is a limit', async () => {
    const entries = Array.from({ length: 20_001 }, (_, n) => entry(n));
    const whole = await world(({ url }, response) =>
      url.includes('/referrers/')
        ? index(response, undefined, listing(entries.slice(1)))
        : response.writeHead(404).end(),
    );
    expect(await pages(whole.store)).toBe(20_000);
    const over = await world(({ url }, response) =>
      url.includes('/referrers/') ? index(response, undefined, listing(entries)) : response.writeHead(404).end(),
    );
    expect(await codeOf(pages(over.store))).toBe('LIMIT_REACHED');
  });
});
