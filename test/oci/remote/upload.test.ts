import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import {
  type ClientOptions,
  createRegistryClient,
  type Descriptor,
  digestOf,
  openLayout,
  type Store,
} from '@signet/oci';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { startCraneRegistry } from '../../support/crane-registry.ts';
import { startDockerRegistry, type TestRegistry } from '../../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../../support/embedded-registry.ts';
import { type HostileRegistry, type SeenRequest, startHostileRegistry } from '../../support/hostile-registry.ts';
import { havePeers, type PeerName } from '../../support/peers.ts';
import { tempDir } from '../../support/temp.ts';
import { codeOf } from '../code-of.ts';
import { allOf, describeBytes } from '../images.ts';

const text = 'abcdefghijklmnopqrstuvwxyz';
const blob = Buffer.from(text);
const target: Descriptor = { mediaType: 'application/octet-stream', digest: digestOf(blob), size: blob.length };
const left: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

type Answers = Partial<Record<string, (response: ServerResponse, request: SeenRequest, count: number) => void>>;

interface World {
  readonly server: HostileRegistry;
  readonly store: Store;
  readonly methods: () => readonly string[];
}

const ok =
  (code: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(code, headers).end();

/** A registry that takes uploads; `answers` change what it says to a method. `count`: how many of that method came before. */
async function world(answers: Answers = {}, options: ClientOptions = {}): Promise<World> {
  const ordinary: Answers = {
    HEAD: ok(404),
    POST: ok(202, { location: '/v2/a/b/blobs/uploads/1?state=s%2F1' }),
    PATCH: (response, _, count) =>
      void response.writeHead(202, { location: `/v2/a/b/blobs/uploads/1?state=s${count + 2}` }).end(),
    PUT: ok(201),
    DELETE: ok(204),
  };
  const server = await startHostileRegistry((request, response) => {
    const count = server.seen.filter(({ method }) => method === request.method).length - 1;
    ({ ...ordinary, ...answers })[request.method]?.(response, request, count);
  });
  const client = createRegistryClient({ retries: { maxAttempts: 3, baseMs: 1, maxMs: 2 }, ...options });
  left.push(() => client.close(), server.stop);
  const store = client.repository({ registry: server.host, repository: 'a/b' });
  return { server, store, methods: () => server.seen.map(({ method }) => method) };
}

async function* pieces(of: string, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < of.length; at += size) yield Buffer.from(of.slice(at, at + size));
}

describe('an upload in one piece', () => {
  it('asks for a session and puts the bytes there, with the digest behind what the registry wrote', async () => {
    const { server, store } = await world();
    await store.push(blob, target);
    const [post, put] = server.seen;
    expect([post?.method, post?.url]).toEqual(['POST', '/v2/a/b/blobs/uploads/']);
    expect(put?.url).toBe(`/v2/a/b/blobs/uploads/1?state=s%2F1&digest=${target.digest}`);
    expect([put?.body, put?.headers['content-type']]).toEqual([text, 'application/octet-stream']);
    for (const [location, goes] of [
      ['uploads/7', '/v2/a/b/blobs/uploads/uploads/7?'],
      ['/x?', '/x?&'],
      ['/x?a=b#part', '/x?a=b&'],
      ['//127.0.0.1:PORT/x', '/x?'],
    ] as const) {
      const made = await world({
        POST: (response, { headers }) =>
          ok(202, { location: location.replace('127.0.0.1:PORT', headers.host ?? '') })(response),
      });
      await made.store.push(blob, target);
      expect(made.server.seen[1]?.url).toBe(`${goes}digest=${target.digest}`);
    }
  });

  it.each([{}, { location: '' }, { location: 'ftp://127.0.0.1/x' }, { location: 'http://[' }])(
    'without a place to go, %j, is an error',
    async (headers) => {
      const { store, methods } = await world({ POST: ok(202, headers) });
      expect(await codeOf(store.push(blob, target))).toBe('UNEXPECTED_ANSWER');
      expect(methods()).toEqual(['POST']);
    },
  );

  it('whose answer is lost is looked for, and sent again in a new session where it is not there', async () => {
    const stored = await world({ PUT: (response) => response.destroy(), HEAD: ok(200) });
    expect(await codeOf(stored.store.push(blob, target))).toBe('resolved');
    expect(stored.methods()).toEqual(['POST', 'PUT', 'HEAD']);
    const once = await world({
      PUT: (response, _, count) => void (count === 0 ? response.destroy() : response.writeHead(201).end()),
    });
    expect(await codeOf(once.store.push(blob, target))).toBe('resolved');
    expect(once.methods()).toEqual(['POST', 'PUT', 'HEAD', 'POST', 'PUT']);
    const never = await world({ PUT: (response) => response.destroy() });
    expect(await codeOf(never.store.push(blob, target))).toBe('UNREACHABLE');
  });

  it('that the registry refuses, or takes for something else, is an error', async () => {
    const refused = await world({ PUT: ok(400) });
    expect(await codeOf(refused.store.push(blob, target))).toBe('REFUSED');
    const other = await world({ PUT: ok(201, { 'docker-content-digest': digestOf(Buffer.from('other')) }) });
    expect(await codeOf(other.store.push(blob, target))).toBe('DIGEST_MISMATCH');
  });

  it('of a large blob is not begun when it is there already', async () => {
    const large = Buffer.alloc(100_000, 'x');
    const { store, methods } = await world({ HEAD: ok(200) });
    await store.push(large, describeBytes(large));
    await store.pushStream(pieces(text, 5), target);
    expect(methods()).toEqual(['HEAD', 'HEAD']);
  });

  it('is not begun either when it is larger than what is read whole', async () => {
    const huge = { ...target, size: 5 * 1024 * 1024 * 1024 };
    const { store, methods } = await world(
      { HEAD: ok(200, { 'content-length': String(huge.size) }) },
      { concurrency: 1 },
    );
    for (let count = 0; count < 3; count += 1) expect(await store.exists(huge)).toBe(true);
    await store.pushStream(pieces(text, 5), huge);
    expect(methods()).toEqual(['HEAD', 'HEAD', 'HEAD', 'HEAD']);
  });
});

describe('an upload of a stream', () => {
  it.each([
    ['other bytes', text.toUpperCase(), 'DIGEST_MISMATCH'],
    ['too few bytes', text.slice(1), 'SIZE_MISMATCH'],
    ['too many bytes', `${text}!`, 'SIZE_MISMATCH'],
  ])('of %s never completes, and its session is given up', async (_, wrong, code) => {
    for (const uploadChunkBytes of [10, 1000]) {
      const { server, store, methods } = await world({}, { uploadChunkBytes });
      expect(await codeOf(store.pushStream(pieces(wrong, 5), target))).toBe(code);
      expect(methods().at(-1)).toBe('DELETE');
      // What came of a PUT broke off before its end, so the server never saw it whole.
      expect(server.seen.filter(({ method }) => method === 'PUT')).toEqual([]);
    }
  });

  it('is sent once: a broken connection ends it', async () => {
    const { store, methods } = await world({ PUT: (response) => response.destroy() });
    expect(await codeOf(store.pushStream(pieces(text, 5), target))).toBe('UNREACHABLE');
    expect(methods()).toEqual(['HEAD', 'POST', 'PUT', 'DELETE']);
  });

  it('lets its source go when it is not read', async () => {
    let closed = false;
    const source = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield blob;
      } finally {
        closed = true;
      }
    };
    const { store } = await world({ HEAD: ok(200) });
    const stream = source();
    await store.pushStream(stream, target);
    expect((await stream.next()).done).toBe(true);
    expect(closed).toBe(false); // It was never begun.
  });
});

describe('a stream that is not begun', () => {
  const notRead: readonly (readonly [string, Answers, string])[] = [
    ['is there already', { HEAD: ok(200) }, 'resolved'],
    ['cannot be asked for', { HEAD: ok(403) }, 'FORBIDDEN'],
    ['is refused', { POST: ok(403) }, 'FORBIDDEN'],
  ];

  it.skipIf(!existsSync('/proc/self/fd')).each(notRead)(
    'lets go of the file that it would read, where the content %s',
    async (_, answers, code) => {
      const layout = await openLayout(tempDir(), { create: true });
      await layout.push(blob, target);
      const { store } = await world(answers);
      const stream = await layout.open(target);
      expect(openFiles(layout.dir)).toBe(1);
      expect(await codeOf(store.pushStream(stream, target))).toBe(code);
      expect(openFiles(layout.dir)).toBe(0);
    },
  );

  it('gives its connection back', async () => {
    const large = { ...target, size: 50 * 1024 * 1024 };
    const answer = (response: ServerResponse): void =>
      void response.writeHead(200, { 'content-length': large.size }).write(blob);
    const { store } = await world({ GET: answer, HEAD: ok(200) }, { concurrency: 1, timeouts: { totalMs: 2000 } });
    const stream = await store.open(large);
    await stream[Symbol.asyncIterator]().return?.();
    expect(await store.exists(large)).toBe(true);
  });
});

/** Files of this folder that this process has open. */
function openFiles(dir: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).startsWith(dir)).length;
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // the folder's own, closed meanwhile
  }
}

describe('an upload in chunks', () => {
  const sent = ({ server }: World): readonly unknown[] =>
    server.seen
      .filter(({ method }) => method === 'PATCH')
      .map(({ body, headers }) => [headers['content-range'], headers['content-length'], body]);

  it('says where each begins and ends, follows the session, and closes it', async () => {
    const made = await world({}, { uploadChunkBytes: 10 });
    await made.store.push(blob, target);
    const chunks = [
      ['0-9', '10', 'abcdefghij'],
      ['10-19', '10', 'klmnopqrst'],
      ['20-25', '6', 'uvwxyz'],
    ];
    expect(sent(made)).toEqual(chunks);
    const urls = made.server.seen.map(({ url }) => url.replace(/^.*state=/, ''));
    expect(urls.slice(1)).toEqual(['s%2F1', 's2', 's3', `s4&digest=${target.digest}`]);
    expect(made.server.seen.at(-1)?.body).toBe('');
    const streamed = await world({}, { uploadChunkBytes: 10 });
    await streamed.store.pushStream(pieces(text, 7), target);
    expect(sent(streamed)).toEqual(chunks);
  });

  it('is used for what is larger than a chunk alone', async () => {
    const { store, methods } = await world({}, { uploadChunkBytes: blob.length });
    await store.push(blob, target);
    expect(methods()).toEqual(['POST', 'PUT']);
  });

  it('keeps to the least size that the registry names', async () => {
    const named = (least: string) => ({ POST: ok(202, { location: '/x?s=1', 'oci-chunk-min-length': least }) });
    const made = await world(named('20'), { uploadChunkBytes: 10 });
    await made.store.push(blob, target);
    expect(sent(made).map((chunk) => (chunk as readonly string[])[0])).toEqual(['0-19', '20-25']);
    for (const absurd of ['999999999999', '-5', 'many', '']) {
      const odd = await world(named(absurd), { uploadChunkBytes: 20 });
      await odd.store.push(blob, target);
      expect([absurd, sent(odd).length]).toEqual([absurd, absurd === '999999999999' ? 0 : 2]);
    }
  });

  it('that the registry does not take is an error, a chunk that broke off is not sent again blindly', async () => {
    const refused = await world({ PATCH: ok(416) }, { uploadChunkBytes: 10 });
    expect(await codeOf(refused.store.push(blob, target))).toBe('REFUSED');
    const broken = await world({ PATCH: (response) => response.destroy() }, { uploadChunkBytes: 10 });
    expect(await codeOf(broken.store.push(blob, target))).toBe('UNREACHABLE');
    // Each try has a session of its own.
    const { length } = broken.methods().filter((method) => method === 'PATCH');
    expect(broken.methods().filter((method) => method === 'POST')).toHaveLength(length);
  });

  const real: readonly (readonly [string, readonly PeerName[], () => Promise<TestRegistry>])[] = [
    ['docker-registry', ['docker-registry'], () => startDockerRegistry()],
    ["crane's registry", ['crane'], () => startCraneRegistry()],
    ['the embedded registry', [], () => startEmbeddedRegistry()],
  ];
  for (const [name, peers, start] of real) {
    it.skipIf(!havePeers(peers))(`of any size goes to ${name}, from memory and as a stream`, async () => {
      const registry = await start();
      const events: string[] = [];
      const client = createRegistryClient({
        uploadChunkBytes: 65_536,
        onRequest: ({ method }) => void events.push(method),
      });
      const store = client.repository({ registry: registry.host, repository: 'chunks' });
      try {
        for (const size of [65_536, 65_537, 200_000]) {
          const [whole, streamed] = [Buffer.alloc(size, `whole ${size} `), Buffer.alloc(size, `streamed ${size} `)];
          events.length = 0;
          await store.push(whole, describeBytes(whole));
          await store.pushStream(pieces(streamed.toString(), 50_001), describeBytes(streamed));
          const chunks = events.filter((method) => method === 'PATCH').length;
          expect([size, chunks]).toEqual([size, size > 65_536 ? 2 * Math.ceil(size / 65_536) : 0]);
          for (const bytes of [whole, streamed]) {
            const came = Buffer.concat(await allOf(await store.open(describeBytes(bytes))));
            expect(came.equals(bytes)).toBe(true);
          }
        }
      } finally {
        await client.close();
        await registry.stop();
      }
    });
  }

  it('sends every byte once and in order, whatever the pieces of the source', async () => {
    const made = await world({}, { uploadChunkBytes: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ minLength: 0, maxLength: 9 }), { minLength: 1 }), async (parts) => {
        const bytes = Buffer.from(parts.join(''));
        const before = made.server.seen.length;
        const source = async function* (): AsyncGenerator<Uint8Array> {
          for (const part of parts) yield Buffer.from(part);
        };
        await made.store.pushStream(source(), describeBytes(bytes));
        const requests = made.server.seen.slice(before).filter(({ method }) => method === 'PATCH' || method === 'PUT');
        const total = requests.reduce((sum, { headers }) => sum + Number(headers['content-length'] ?? 0), 0);
        expect(total).toBe(bytes.length);
        for (const { headers } of requests.slice(0, -2)) expect(headers['content-length']).toBe('4');
      }),
      { numRuns: 30 },
    );
  });
});
