// Not in npm run check: waits as the writer does.

import type { ServerResponse } from 'node:http';
import {
  createRegistryClient,
  type Descriptor,
  digestOf,
  emptyDescriptor,
  encodeManifest,
  fallbackTag,
  MEDIA_TYPE_INDEX,
  MEDIA_TYPE_MANIFEST,
  type Resolved,
  type Store,
} from '@signet/oci';
import { afterEach, describe, expect, it } from 'vitest';
import { type HostileRegistry, type SeenRequest, startHostileRegistry } from '../../support/hostile-registry.ts';
import { codeOf } from '../code-of.ts';

const subject: Descriptor = { mediaType: MEDIA_TYPE_MANIFEST, digest: digestOf(Buffer.from('subject')), size: 7 };
const tag = fallbackTag(subject.digest);
const referrer = (name: string): Resolved =>
  encodeManifest({ kind: 'manifest', artifactType: 'application/x.test', subject, annotations: { name } });

const left: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

/** A registry without the referrers API: manifests by what they were pushed as. */
interface World {
  readonly store: Store;
  readonly server: HostileRegistry;
  readonly manifests: Map<string, { readonly type: string; readonly text: string }>;
  readonly atTag: () => readonly string[];
  readonly readTag: () => readonly { readonly digest: string }[];
}

/** `odd` may answer a request itself (true) before the registry does; `count`: how many like it came before. */
async function world(
  odd: (request: SeenRequest, response: ServerResponse, count: number) => boolean = () => false,
  headers: Readonly<Record<string, string>> = {},
): Promise<World> {
  const manifests: World['manifests'] = new Map();
  const server = await startHostileRegistry((request, response) => {
    const count = server.seen.filter(({ method, url }) => method === request.method && url === request.url).length - 1;
    if (odd(request, response, count)) return;
    answerOf(manifests, request, response, headers);
  });
  const client = createRegistryClient({ retries: { baseMs: 1, maxMs: 2 } });
  left.push(() => client.close(), server.stop);
  return {
    store: client.repository({ registry: server.host, repository: 'a/b' }),
    server,
    manifests,
    atTag: () => server.seen.filter(({ url }) => url.endsWith(tag)).map(({ method }) => method),
    readTag: () => JSON.parse(manifests.get(tag)?.text ?? '{"manifests":[]}').manifests,
  };
}

/** What a plain registry says. */
function answerOf(
  manifests: World['manifests'],
  { method, url, headers: sent, body }: SeenRequest,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
): void {
  const reference = /\/manifests\/([^/]+)$/.exec(url)?.[1];
  if (reference === undefined) return void response.writeHead(404).end();
  if (method === 'PUT') {
    manifests.set(reference, { type: sent['content-type'] ?? '', text: body });
    return void response.writeHead(201).end();
  }
  if (method === 'DELETE') return void response.writeHead(manifests.delete(reference) ? 202 : 404).end();
  const found = manifests.get(reference);
  if (found === undefined) return void response.writeHead(404).end();
  response.writeHead(200, { 'content-type': found.type, ...headers }).end(method === 'HEAD' ? '' : found.text);
}

const push = (store: Store, { bytes, descriptor }: Resolved) => store.push(bytes, descriptor);
const digests = (entries: readonly { readonly digest: string }[]): readonly string[] =>
  entries.map(({ digest }) => digest);

describe('a referrer pushed to a registry without the API', () => {
  it('is listed under the tag with its type and annotations, in few requests', async () => {
    const { store, server, readTag } = await world();
    const one = referrer('one');
    expect(await push(store, one)).toEqual({ referrers: 'tag' });
    const artifactType = 'application/x.test';
    expect(readTag()).toEqual([{ ...one.descriptor, artifactType, annotations: { name: 'one' } }]);
    // The tag's absence is believed only when it is said twice.
    expect(server.seen.map(({ method }) => method)).toEqual(['PUT', 'GET', 'GET', 'PUT', 'GET', 'GET']);
    const before = server.seen.length;
    await push(store, referrer('two'));
    expect(server.seen.slice(before).map(({ method }) => method)).toEqual(['PUT', 'GET', 'PUT', 'GET', 'GET']);
    expect(readTag()).toHaveLength(2);
  });

  it('is not listed by us where OCI-Subject says that the registry does it, for this subject', async () => {
    const states = (digest: string) => (request: SeenRequest, response: ServerResponse) => {
      if (request.method !== 'PUT' || request.url.endsWith(tag)) return false;
      response.writeHead(201, { 'oci-subject': digest }).end();
      return true;
    };
    const known = await world(states(subject.digest));
    expect(await push(known.store, referrer('one'))).toEqual({ referrers: 'api' });
    expect(known.atTag()).toEqual([]);
    const other = await world(states(emptyDescriptor.digest));
    expect(await push(other.store, referrer('one'))).toEqual({ referrers: 'tag' });
    expect(other.readTag()).toHaveLength(1);
  });

  it('joins others that are pushed at the same time: one write for all', async () => {
    const { store, atTag, readTag } = await world();
    const many = Array.from({ length: 20 }, (_, n) => referrer(`r${n}`));
    await Promise.all(many.map((each) => push(store, each)));
    expect([...digests(readTag())].sort()).toEqual(many.map(({ descriptor }) => descriptor.digest).sort());
    expect(atTag().filter((method) => method === 'PUT').length).toBeLessThanOrEqual(3);
  });

  it('does not believe in an empty list that is a passing 404', async () => {
    const passing = await world(({ method, url }, response, count) => {
      const isPassing = method === 'GET' && url.endsWith(tag) && [2, 5].includes(count);
      if (isPassing) response.writeHead(404).end();
      return isPassing;
    });
    await push(passing.store, referrer('one'));
    await push(passing.store, referrer('two'));
    await push(passing.store, referrer('three'));
    expect(passing.readTag()).toHaveLength(3);
  });

  it('does not overwrite what is no index', async () => {
    for (const text of ['{"schemaVersion":2,"config":{},"layers":[]}', referrer('x').bytes]) {
      const { store, manifests, atTag } = await world();
      manifests.set(tag, { type: MEDIA_TYPE_MANIFEST, text: text.toString() });
      expect(await codeOf(push(store, referrer('one')))).toBe('CONFLICT');
      expect(atTag()).not.toContain('PUT');
    }
    const broken = await world();
    broken.manifests.set(tag, { type: MEDIA_TYPE_INDEX, text: '{"manifests":{}}' });
    expect(await codeOf(push(broken.store, referrer('one')))).toBe('MANIFEST_INVALID');
    expect(broken.atTag()).not.toContain('PUT');
  });

  it('sends the conditions that the registry gives it, and tries again when they do not hold', async () => {
    const conditions: unknown[] = [];
    const made = await world(
      ({ method, url, headers }, response, count) => {
        if (method !== 'PUT' || !url.endsWith(tag)) return false;
        conditions.push(headers['if-match'] ?? headers['if-none-match']);
        if (count !== 1) return false;
        response.writeHead(412).end();
        return true;
      },
      { etag: '"e1"' },
    );
    await push(made.store, referrer('one'));
    await push(made.store, referrer('two'));
    expect(conditions).toEqual(['*', '"e1"', '"e1"']);
    expect(made.readTag()).toHaveLength(2);
  });

  it('sends no weak or odd ETag back', async () => {
    for (const etag of ['W/"e1"', 'e1', '"a"b"']) {
      const { store, server } = await world(undefined, { etag });
      await push(store, referrer('one'));
      await push(store, referrer('two'));
      expect(server.seen.filter(({ headers }) => headers['if-match'] !== undefined)).toEqual([]);
    }
  });

  it('fails when the list cannot be read or written, and says ABORTED when the caller gives up', async () => {
    const refusing = (status: number, of: string) =>
      world(({ method, url }, response) => {
        if (method !== of || !url.endsWith(tag)) return false;
        response.writeHead(status).end();
        return true;
      });
    expect(await codeOf(push((await refusing(403, 'GET')).store, referrer('one')))).toBe('FORBIDDEN');
    expect(await codeOf(push((await refusing(400, 'PUT')).store, referrer('one')))).toBe('REFUSED');
    const giveUp = new AbortController();
    const silent = await world(({ url }) => {
      if (!url.endsWith(tag)) return false;
      giveUp.abort();
      return true;
    });
    const { bytes, descriptor } = referrer('one');
    expect(await codeOf(silent.store.push(bytes, descriptor, { signal: giveUp.signal }))).toBe('ABORTED');
  });

  it('leaves the list when it is deleted', async () => {
    const { store, readTag } = await world();
    const [one, two] = [referrer('one'), referrer('two')];
    await push(store, one);
    await push(store, two);
    await store.delete(one.descriptor);
    expect(digests(readTag())).toEqual([two.descriptor.digest]);
    await push(store, one);
    expect(digests(readTag())).toEqual([two.descriptor.digest, one.descriptor.digest]);
  });
});
