import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestEvent } from '@signet/registry';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  blobOf,
  descriptor,
  digest,
  INDEX,
  MANIFEST,
  type PushedImage,
  startTestRegistry,
  streamOf,
  type TestClient,
} from '../client.ts';

let client: TestClient;
beforeAll(async () => {
  client = await startTestRegistry();
});

let named = 0;
/** A repository of its own for each test. */
function newName(): string {
  named += 1;
  return `team/app${named}`;
}

describe('a conditional push', () => {
  let name: string;
  let one: PushedImage;
  let two: PushedImage;

  async function begin(): Promise<void> {
    name = newName();
    one = await client.pushImage(name);
    two = await client.pushImage(name);
  }
  const put = (image: PushedImage, headers: Record<string, string>): ReturnType<TestClient['send']> =>
    client.send(`/v2/${name}/manifests/v1`, {
      method: 'PUT',
      headers: { 'Content-Type': MANIFEST, ...headers },
      body: image.bytes,
    });
  const tagged = async (): Promise<string | null> =>
    (await client.send(`/v2/${name}/manifests/v1`, { method: 'HEAD' })).headers.get('docker-content-digest');

  it('If-None-Match: * makes a tag, and replaces none', async () => {
    await begin();
    expect((await put(one, { 'If-None-Match': '*' })).status).toBe(201);
    const refused = await put(two, { 'If-None-Match': '*' });
    expect([refused.status, refused.codes(), await tagged()]).toEqual([412, ['MANIFEST_INVALID'], one.digest]);
  });

  it('If-Match replaces the tag that is named, and no other', async () => {
    await begin();
    expect((await put(one, { 'If-Match': `"${one.digest}"` })).status).toBe(412);
    expect(await tagged()).toBeNull();
    await put(one, {});
    expect((await put(two, { 'If-Match': `"${two.digest}"` })).status).toBe(412);
    expect(await tagged()).toBe(one.digest);
    expect((await put(two, { 'If-Match': `"${one.digest}"` })).status).toBe(201);
    expect((await put(one, { 'If-Match': two.digest })).status).toBe(201);
    expect(await tagged()).toBe(one.digest);
  });

  it('If-Match: * replaces any, and makes none', async () => {
    await begin();
    expect((await put(one, { 'If-Match': '*' })).status).toBe(412);
    await put(one, {});
    expect((await put(two, { 'If-Match': '*' })).status).toBe(201);
  });

  it.each(['"etag"', 'W/"x"', '', '"sha256:abc"'])('If-Match: %s never holds', async (value) => {
    await begin();
    await put(one, {});
    expect((await put(two, { 'If-Match': value })).status).toBe(412);
  });

  it.each(['', '"unclosed', '*, *', `"a" "b"`])('If-None-Match: %s never holds', async (value) => {
    await begin();
    expect((await put(one, { 'If-None-Match': value })).status).toBe(412);
    expect(await tagged()).toBeNull();
  });

  it('If-Match takes a list, and no weak tag of it', async () => {
    await begin();
    await put(one, {});
    expect((await put(two, { 'If-Match': `"x", W/"${one.digest}"` })).status).toBe(412);
    expect((await put(two, { 'If-Match': `"x", "${one.digest}"` })).status).toBe(201);
  });

  it('If-None-Match with the digests that may not be there: writes over any other', async () => {
    await begin();
    await put(one, {});
    expect((await put(two, { 'If-None-Match': `"${two.digest}", W/"${one.digest}"` })).status).toBe(412);
    expect((await put(two, { 'If-None-Match': `"${two.digest}"` })).status).toBe(201);
  });

  it('by digest asks for the manifest; with tags, for each of them', async () => {
    await begin();
    const path = `/v2/${name}/manifests/${two.digest}`;
    const push = (query: string, headers: Record<string, string>): ReturnType<TestClient['send']> =>
      client.send(`${path}${query}`, {
        method: 'PUT',
        headers: { 'Content-Type': MANIFEST, ...headers },
        body: two.bytes,
      });
    expect((await push('', { 'If-None-Match': '*' })).status).toBe(412);
    expect((await push('', { 'If-Match': `"${two.digest}"` })).status).toBe(201);
    await put(one, {});
    expect((await push('?tag=new&tag=v1', { 'If-None-Match': '*' })).status).toBe(412);
    expect((await push('?tag=v1&tag=new', { 'If-Match': `"${one.digest}"` })).status).toBe(412);
    expect((await client.send(`/v2/${name}/tags/list`)).json().tags).toEqual(['v1']);
    expect((await push('?tag=new&tag=newer', { 'If-None-Match': '*' })).status).toBe(201);
    await client.send(path, { method: 'DELETE' });
    expect((await push('', { 'If-Match': '*' })).status).toBe(412);
    expect((await push('', { 'If-None-Match': '*' })).status).toBe(201);
  });

  it('is answered with the ETag that the next one takes', async () => {
    await begin();
    const etags = await Promise.all([
      put(one, {}).then(({ headers }) => headers.get('etag')),
      client.send(`/v2/${name}/manifests/${two.digest}`).then(({ headers }) => headers.get('etag')),
      client.send(`/v2/${name}/manifests/${two.digest}`, { method: 'HEAD' }).then(({ headers }) => headers.get('etag')),
    ]);
    expect(etags).toEqual([`"${one.digest}"`, `"${two.digest}"`, `"${two.digest}"`]);
  });

  it('is a plain one where the registry knows no conditions', async () => {
    const ignoring = await startTestRegistry({ conditionalWrites: false });
    const [first, second] = [await ignoring.pushImage('app', 'v1'), await ignoring.pushImage('app')];
    const path = '/v2/app/manifests/v1';
    const headers = { 'Content-Type': MANIFEST, 'If-Match': '"x"', 'If-None-Match': '*' };
    expect((await ignoring.send(path, { method: 'PUT', headers, body: second.bytes })).status).toBe(201);
    const read = { headers: { 'If-None-Match': `"${second.digest}"` } };
    expect((await ignoring.send(path, read)).status).toBe(304);
    expect((await ignoring.send(path, { method: 'DELETE', headers })).status).toBe(202);
    expect(first.digest).not.toBe(second.digest);
  });

  it('gives the tag to one of many writers at once', async () => {
    await begin();
    const replies = await Promise.all([one, two, one, two].map((image) => put(image, { 'If-None-Match': '*' })));
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 412, 412, 412]);
  });

  it('counts up without losing a step: compare and swap', async () => {
    await begin();
    const images = await Promise.all(Array.from({ length: 6 }, () => client.pushImage(name)));
    await put(one, {});
    let won = 0;
    await Promise.all(
      images.map(async (image) => {
        for (let isDone = false; !isDone; ) {
          const etag = (await client.send(`/v2/${name}/manifests/v1`, { method: 'HEAD' })).headers.get('etag') ?? '';
          isDone = (await put(image, { 'If-Match': etag })).status === 201;
        }
        won += 1;
      }),
    );
    expect(won).toBe(6);
  });
});

describe('reading', () => {
  it('If-None-Match with the digest is 304, by tag and digest; with another it is not', async () => {
    const name = newName();
    const image = await client.pushImage(name, 'v1');
    for (const reference of ['v1', image.digest]) {
      for (const value of [`"${image.digest}"`, `"x", "${image.digest}"`, `W/"${image.digest}"`]) {
        const reply = await client.send(`/v2/${name}/manifests/${reference}`, { headers: { 'If-None-Match': value } });
        expect([reply.status, reply.body.length, reply.headers.get('etag')]).toEqual([304, 0, `"${image.digest}"`]);
      }
      const reply = await client.send(`/v2/${name}/manifests/${reference}`, { headers: { 'If-None-Match': '"x"' } });
      expect([reply.status, reply.body.equals(image.bytes)]).toEqual([200, true]);
    }
  });

  it('gives the bytes that were pushed, spaces and order of members included', async () => {
    const name = newName();
    const bytes = Buffer.from(`{ "manifests" : [ ],\n "schemaVersion":2, "mediaType":"${INDEX}" }\n`);
    expect((await client.pushManifest(name, 'odd', bytes)).status).toBe(201);
    expect((await client.send(`/v2/${name}/manifests/odd`)).body.equals(bytes)).toBe(true);
    expect((await client.send(`/v2/${name}/manifests/${digest(bytes)}`)).body.equals(bytes)).toBe(true);
  });

  it('a manifest that was damaged on disk is 500, its cause is logged and not told', async () => {
    const events: RequestEvent[] = [];
    const options = { limits: { cacheBytes: 0 }, logger: (event: RequestEvent) => events.push(event) };
    const damaged = await startTestRegistry(options);
    const image = await damaged.pushImage('app', 'v1');
    const file = join(damaged.root, 'app/_layout/blobs/sha256', image.digest.slice(7));
    writeFileSync(file, image.bytes.toString().replace('schemaVersion', 'schemaversion'));
    const reply = await damaged.send('/v2/app/manifests/v1');
    expect([reply.status, reply.json()]).toEqual([
      500,
      { errors: [{ code: 'UNSUPPORTED', message: 'the registry failed' }] },
    ]);
    expect(events.at(-1)).toMatchObject({ status: 500, cause: { code: 'DIGEST_MISMATCH' } });
    // Pushed again it is whole again.
    expect((await damaged.pushManifest('app', 'v1', image.bytes)).status).toBe(201);
    expect((await damaged.send('/v2/app/manifests/v1')).status).toBe(200);
  });
});

describe('pushing', () => {
  it('names each blob and manifest that is not there', async () => {
    const name = newName();
    const [there, away] = [blobOf(), blobOf()];
    await client.pushBlob(name, there);
    const layers = [there, away, blobOf()].map((blob) => descriptor('application/octet-stream', blob));
    const manifest = { schemaVersion: 2, mediaType: MANIFEST, config: layers[0], layers };
    const reply = await client.pushManifest(name, 'v1', manifest);
    expect([reply.status, reply.codes()]).toEqual([400, ['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_BLOB_UNKNOWN']]);
    expect(reply.body.toString()).toContain(digest(away));
    const child = { ...descriptor(MANIFEST, Buffer.from('{}')) };
    const index = await client.pushManifest(name, 'all', { schemaVersion: 2, mediaType: INDEX, manifests: [child] });
    expect(index.codes()).toEqual(['MANIFEST_BLOB_UNKNOWN']);
    expect((await client.send(`/v2/${name}/manifests/v1`)).status).toBe(404);
  });

  it('names 32 of them at most', async () => {
    const layers = Array.from({ length: 100 }, () => descriptor('application/octet-stream', blobOf(8)));
    const manifest = { schemaVersion: 2, mediaType: MANIFEST, config: layers[0], layers };
    expect((await client.pushManifest(newName(), 'v1', manifest)).codes()).toHaveLength(32);
  });

  it('a blob is no manifest for an index, even if its bytes are one', async () => {
    const name = newName();
    const image = Buffer.from(JSON.stringify(await client.makeImage(name)));
    await client.pushBlob(name, image);
    const index = { schemaVersion: 2, mediaType: INDEX, manifests: [descriptor(MANIFEST, image)] };
    expect((await client.pushManifest(name, 'all', index)).codes()).toEqual(['MANIFEST_BLOB_UNKNOWN']);
    await client.pushManifest(name, digest(image), image);
    expect((await client.pushManifest(name, 'all', index)).status).toBe(201);
  });

  it.each([
    ['no JSON', Buffer.from('{'), MANIFEST],
    ['an empty body', Buffer.from(''), MANIFEST],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), MANIFEST],
    ['a list', Buffer.from('[]'), MANIFEST],
    ['no schemaVersion', Buffer.from('{}'), MANIFEST],
    ['another schemaVersion', Buffer.from(`{"schemaVersion":1,"mediaType":"${INDEX}","manifests":[]}`), INDEX],
    ['another type than is stated', Buffer.from(`{"schemaVersion":2,"mediaType":"${INDEX}","manifests":[]}`), MANIFEST],
    ['a type that is no manifest', Buffer.from('{"schemaVersion":2,"mediaType":"text/plain"}'), 'text/plain'],
    ['a Content-Type that is none', Buffer.from(`{"schemaVersion":2,"manifests":[]}`), 'no type'],
    [
      'a member twice',
      Buffer.from(`{"schemaVersion":2,"schemaVersion":2,"mediaType":"${INDEX}","manifests":[]}`),
      INDEX,
    ],
    ['deep nesting', Buffer.from(`{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`), MANIFEST],
  ])('%s is refused', async (_title, bytes, type) => {
    const headers = { 'Content-Type': type };
    const reply = await client.send(`/v2/${newName()}/manifests/v1`, { method: 'PUT', headers, body: bytes });
    expect([reply.status, reply.codes()]).toEqual([400, ['MANIFEST_INVALID']]);
  });

  it('a body without mediaType is what Content-Type says, with a warning', async () => {
    const name = newName();
    const bytes = Buffer.from('{"schemaVersion":2,"manifests":[]}');
    const reply = await client.pushManifest(name, 'v1', bytes, `${INDEX}; charset=utf-8`);
    expect([reply.status, reply.headers.get('warning')]).toEqual([201, expect.stringMatching(/^299 - ".+"$/)]);
    expect((await client.send(`/v2/${name}/manifests/v1`)).headers.get('content-type')).toBe(INDEX);
    expect((await client.pushImage(name, 'v2')).reply.headers.get('warning')).toBeNull();
  });

  it('layers that may lie elsewhere need not be there', async () => {
    const name = newName();
    const far = {
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      digest: digest('x'),
      size: 1,
    };
    expect((await client.pushImage(name, 'v1', { layers: [far] })).reply.status).toBe(201);
    const urls = {
      mediaType: 'application/octet-stream',
      digest: digest('y'),
      size: 1,
      urls: ['https://example.com/y'],
    };
    expect((await client.pushImage(name, 'v2', { layers: [urls] })).reply.status).toBe(201);
  });

  it('more than 4 MiB are refused with 413, stated or not, and the connection is told so', async () => {
    const name = newName();
    const limit = 4 * 1024 * 1024;
    const frame = `{"schemaVersion":2,"mediaType":"${INDEX}","manifests":[],"annotations":{"a":""}}`;
    const sized = (size: number): Buffer => Buffer.from(frame.replace('""', `"${'x'.repeat(size - frame.length)}"`));
    expect((await client.pushManifest(name, 'v1', sized(limit))).status).toBe(201);
    const large = sized(limit + 1);
    expect((await client.pushManifest(name, 'v2', large)).codes()).toEqual(['SIZE_INVALID']);
    const headers = { 'Content-Type': INDEX };
    const chunked = { method: 'PUT', headers, body: streamOf(large.subarray(0, limit), large.subarray(limit)) };
    const reply = await client.send(`/v2/${name}/manifests/v2`, chunked);
    expect([reply.status, reply.codes()]).toEqual([413, ['SIZE_INVALID']]);
    expect((await client.send(`/v2/${name}/manifests/v2`)).status).toBe(404);
  });

  it('by digest with tags writes them all, up to fifty', async () => {
    const name = newName();
    const { bytes, digest: wanted } = await client.pushImage(name);
    const tags = Array.from({ length: 50 }, (_, at) => `t${String(at).padStart(2, '0')}`);
    const query = (list: readonly string[]): string => list.map((tag) => `tag=${tag}`).join('&');
    const reply = await client.pushManifest(name, `${wanted}?${query([...tags, 't00'].slice(0, 50))}`, bytes);
    expect([reply.status, reply.headers.get('oci-tag')]).toEqual([201, tags.join(', ')]);
    expect((await client.send(`/v2/${name}/tags/list`)).json().tags).toEqual(tags);
    expect((await client.pushManifest(name, `${wanted}?${query([...tags, 'more'])}`, bytes)).status).toBe(414);
    const bad = await client.pushManifest(name, `${wanted}?tag=good&tag=.bad`, bytes);
    expect([bad.status, bad.codes()]).toEqual([400, ['MANIFEST_INVALID']]);
    expect((await client.send(`/v2/${name}/tags/list`)).json().tags).toEqual(tags);
  });

  it.each(['.v1', '-v1', 'v 1', 'v/1', 'a'.repeat(129), 'ü', ''])('%j is no tag', async (tag) => {
    const name = newName();
    const manifest = await client.makeImage(name);
    expect([400, 404]).toContain((await client.pushManifest(name, encodeURIComponent(tag), manifest)).status);
    expect((await client.send(`/v2/${name}/tags/list`)).json().tags).toEqual([]);
  });

  it('of many at once keeps them all', async () => {
    const name = newName();
    const images = await Promise.all(Array.from({ length: 20 }, (_, at) => client.pushImage(name, `v${at}`)));
    for (const [at, image] of images.entries()) {
      const reply = await client.send(`/v2/${name}/manifests/v${at}`);
      expect(reply.headers.get('docker-content-digest')).toBe(image.digest);
    }
  });
});

describe('deleting', () => {
  it('a tag leaves the manifest, a manifest takes its tags along', async () => {
    const name = newName();
    const image = await client.pushImage(name, 'v1');
    await client.pushManifest(name, 'v2', image.bytes);
    const other = await client.pushImage(name, 'other');
    expect((await client.send(`/v2/${name}/manifests/v1`, { method: 'DELETE' })).status).toBe(202);
    expect((await client.send(`/v2/${name}/manifests/v2`)).status).toBe(200);
    expect((await client.send(`/v2/${name}/manifests/${image.digest}`, { method: 'DELETE' })).status).toBe(202);
    expect((await client.send(`/v2/${name}/tags/list`)).json().tags).toEqual(['other']);
    expect((await client.send(`/v2/${name}/manifests/${other.digest}`)).status).toBe(200);
  });

  it('what is not there is 404', async () => {
    const name = newName();
    await client.pushImage(name, 'v1');
    for (const reference of ['v2', digest('none')]) {
      const reply = await client.send(`/v2/${name}/manifests/${reference}`, { method: 'DELETE' });
      expect([reply.status, reply.codes()]).toEqual([404, ['MANIFEST_UNKNOWN']]);
    }
    const none = await client.send('/v2/none/manifests/v1', { method: 'DELETE' });
    expect([none.status, none.codes()]).toEqual([404, ['NAME_UNKNOWN']]);
  });

  it('is undone by pushing again', async () => {
    const name = newName();
    const image = await client.pushImage(name, 'v1');
    await client.send(`/v2/${name}/manifests/${image.digest}`, { method: 'DELETE' });
    expect((await client.pushManifest(name, 'v1', image.bytes)).status).toBe(201);
    expect((await client.send(`/v2/${name}/manifests/v1`)).body.equals(image.bytes)).toBe(true);
  });

  it('happens under a condition, of a tag and of a manifest', async () => {
    const name = newName();
    const image = await client.pushImage(name, 'v1');
    const remove = (reference: string, headers: Record<string, string>): ReturnType<TestClient['send']> =>
      client.send(`/v2/${name}/manifests/${reference}`, { method: 'DELETE', headers });
    for (const reference of ['v1', image.digest]) {
      const refused = await remove(reference, { 'If-Match': '"x"' });
      expect([refused.status, refused.codes()]).toEqual([412, ['MANIFEST_INVALID']]);
      expect((await remove(reference, { 'If-Match': `"${image.digest}"` })).status).toBe(202);
      expect((await remove(reference, { 'If-Match': '*' })).status).toBe(404);
    }
  });
});

describe('an immutable tag', () => {
  let fixed: TestClient;
  let one: PushedImage;
  beforeAll(async () => {
    fixed = await startTestRegistry({ immutableTags: ['v*', 'frozen/*:*'] });
    one = await fixed.pushImage('app', 'v1');
  });
  const tagged = async (tag: string): Promise<string | null> =>
    (await fixed.send(`/v2/app/manifests/${tag}`, { method: 'HEAD' })).headers.get('docker-content-digest');

  it('takes its manifest again, and no other', async () => {
    expect((await fixed.pushManifest('app', 'v1', one.bytes)).status).toBe(201);
    const refused = await fixed.pushManifest('app', 'v1', await fixed.makeImage('app'));
    expect([refused.status, refused.codes(), await tagged('v1')]).toEqual([403, ['DENIED'], one.digest]);
  });

  it('is not moved by a condition that holds, nor beside other tags', async () => {
    const two = await fixed.pushImage('app');
    const headers = { 'Content-Type': MANIFEST, 'If-Match': `"${one.digest}"` };
    const swap = await fixed.send('/v2/app/manifests/v1', { method: 'PUT', headers, body: two.bytes });
    expect([swap.status, swap.codes()]).toEqual([403, ['DENIED']]);
    expect((await fixed.pushManifest('app', `${two.digest}?tag=beside&tag=v1`, two.bytes)).status).toBe(403);
    expect([await tagged('beside'), await tagged('v1')]).toEqual([null, one.digest]);
  });

  it('is not deleted, nor is the manifest that it names', async () => {
    for (const reference of ['v1', one.digest]) {
      const refused = await fixed.send(`/v2/app/manifests/${reference}`, { method: 'DELETE' });
      expect([refused.status, refused.codes(), await tagged('v1')]).toEqual([403, ['DENIED'], one.digest]);
    }
    const none = await fixed.send('/v2/app/manifests/v9', { method: 'DELETE' });
    expect([none.status, none.codes()]).toEqual([404, ['MANIFEST_UNKNOWN']]);
  });

  it('goes to one of many writers at once', async () => {
    const images = await Promise.all(Array.from({ length: 4 }, () => fixed.pushImage('app')));
    const replies = await Promise.all(images.map(({ bytes }) => fixed.pushManifest('app', 'v2', bytes)));
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 403, 403, 403]);
  });

  it('is one that a pattern fits: others move, here and not there', async () => {
    for (const [name, tag, status] of [
      ['app', 'latest', 201],
      ['frozen/app', 'latest', 403],
    ] as const) {
      await fixed.pushImage(name, tag);
      expect((await fixed.pushManifest(name, tag, await fixed.makeImage(name))).status).toBe(status);
      const deleted = await fixed.send(`/v2/${name}/manifests/${tag}`, { method: 'DELETE' });
      expect(deleted.status).toBe(status === 201 ? 202 : 403);
    }
  });

  it('stays so when the registry starts anew', async () => {
    const first = await startTestRegistry({ immutableTags: ['*'] });
    await first.pushImage('app', 'v1');
    await first.registry.close();
    const again = await startTestRegistry({ root: first.root, immutableTags: ['*'] });
    expect((await again.pushManifest('app', 'v1', await again.makeImage('app'))).status).toBe(403);
  });
});
