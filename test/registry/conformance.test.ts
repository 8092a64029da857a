import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Algorithm,
  blobOf,
  descriptor,
  digest,
  INDEX,
  locationOf,
  MANIFEST,
  type Reply,
  startTestRegistry,
  streamOf,
  type TestClient,
  withDigest,
} from './client.ts';

/** The steps of the official OCI distribution conformance suite, in its order of topics: ping, empty, blobs by algorithm, data, errors. */
let client: TestClient;
const repo = 'conformance/repo1';
const repo2 = 'conformance/repo2';
beforeAll(async () => {
  client = await startTestRegistry();
});

describe('before anything is pushed', () => {
  it('answers the ping, an empty referrers list, and no tags', async () => {
    expect((await client.send('/v2/')).status).toBe(200);
    const referrers = await client.send(`/v2/conformance/empty/referrers/${digest('nothing')}`);
    expect([referrers.status, referrers.headers.get('content-type')]).toEqual([200, INDEX]);
    expect(referrers.json()).toEqual({ schemaVersion: 2, mediaType: INDEX, manifests: [] });
    expect((await client.send('/v2/conformance/empty/tags/list')).status).toBe(404);
  });
});

describe.each<Algorithm>(['sha256', 'sha512'])('blobs by %s', (algorithm) => {
  const blobUrl = (wanted: string, name = repo): string => `/v2/${name}/blobs/${wanted}`;

  async function checkCreated(reply: Reply, bytes: Uint8Array): Promise<void> {
    const wanted = digest(bytes, algorithm);
    expect(reply.status, reply.body.toString()).toBe(201);
    expect(reply.headers.get('docker-content-digest')).toBe(wanted);
    expect((await client.send(locationOf(reply))).body.equals(bytes)).toBe(true);
    const head = await client.send(blobUrl(wanted), { method: 'HEAD' });
    expect([head.status, head.body.length, head.headers.get('content-length')]).toEqual([200, 0, String(bytes.length)]);
    const get = await client.send(blobUrl(wanted));
    expect([get.status, get.headers.get('docker-content-digest')]).toEqual([200, wanted]);
    expect(get.headers.get('content-length')).toBe(String(bytes.length));
    expect((await client.send(blobUrl(wanted), { method: 'DELETE' })).status).toBe(202);
    expect((await client.send(blobUrl(wanted), { method: 'HEAD' })).status).toBe(404);
  }

  it('answers 404 for one that is not there', async () => {
    const reply = await client.send(blobUrl(digest(blobOf(), algorithm)));
    expect([reply.status, reply.codes()]).toEqual([404, expect.arrayContaining([expect.stringMatching(/UNKNOWN$/)])]);
  });

  it.each([
    ['512 bytes', blobOf()],
    ['empty', Buffer.alloc(0)],
    ['empty JSON', Buffer.from('{}')],
  ])('takes %s by POST then PUT, and by a single POST', async (_name, bytes) => {
    const wanted = digest(bytes, algorithm);
    await checkCreated(await client.put(withDigest(await client.startUpload(repo), wanted), bytes), bytes);
    const post = { method: 'POST', headers: { 'Content-Type': 'application/octet-stream' }, body: bytes };
    await checkCreated(await client.send(`/v2/${repo}/blobs/uploads/?digest=${wanted}`, post), bytes);
  });

  it.each(['', `?digest-algorithm=${'ALGORITHM'}`])('takes three chunks in order %s', async (query) => {
    const bytes = blobOf(3 * 1024 - 5);
    let location = await client.startUpload(repo, query.replace('ALGORITHM', algorithm));
    for (let start = 0; start < bytes.length; start += 1024) {
      const end = Math.min(start + 1024, bytes.length) - 1;
      const reply = await client.patch(location, bytes.subarray(start, end + 1), `${start}-${end}`);
      expect([reply.status, reply.headers.get('range')]).toEqual([202, `0-${end}`]);
      location = locationOf(reply);
    }
    await checkCreated(await client.put(withDigest(location, digest(bytes, algorithm)), Buffer.alloc(0)), bytes);
  });

  it.each([false, true])('refuses chunks out of order and goes on, the last one by PUT: %s', async (putLast) => {
    const bytes = blobOf(3 * 1024 - 5);
    const wanted = digest(bytes, algorithm);
    let location = await client.startUpload(repo);
    let reply: Reply | undefined;
    for (let start = 0; start < bytes.length; start += 1024) {
      const badStart = start + 1024 < bytes.length ? start + 1024 : 0;
      const badEnd = Math.min(badStart + 1023, bytes.length - 1);
      const isPut = putLast && badEnd === bytes.length - 1;
      const chunk = bytes.subarray(badStart, badEnd + 1);
      const bad = isPut
        ? await client.put(withDigest(location, wanted), chunk, { 'Content-Range': `${badStart}-${badEnd}` })
        : await client.patch(location, chunk, `${badStart}-${badEnd}`);
      expect(bad.status).toBe(416);
      const status = await client.send(location);
      expect([status.status, status.headers.get('range')]).toEqual([204, `0-${Math.max(0, start - 1)}`]);
      location = locationOf(status);
      const end = Math.min(start + 1023, bytes.length - 1);
      const good = bytes.subarray(start, end + 1);
      if (putLast && end === bytes.length - 1) {
        reply = await client.put(withDigest(location, wanted), good, { 'Content-Range': `${start}-${end}` });
      } else {
        const patched = await client.patch(location, good, `${start}-${end}`);
        expect(patched.status).toBe(202);
        location = locationOf(patched);
      }
    }
    await checkCreated(reply ?? (await client.put(withDigest(location, wanted), Buffer.alloc(0))), bytes);
  });

  it('takes a stream without Content-Range, sized or not', async () => {
    const bytes = blobOf();
    for (const body of [bytes, streamOf(bytes.subarray(0, 100), bytes.subarray(100))]) {
      const patched = await client.send(await client.startUpload(repo), { method: 'PATCH', body });
      expect([patched.status, patched.headers.get('range')]).toEqual([202, '0-511']);
      const put = await client.put(withDigest(locationOf(patched), digest(bytes, algorithm)), Buffer.alloc(0));
      await checkCreated(put, bytes);
    }
  });

  it('cancels an upload', async () => {
    const location = await client.startUpload(repo);
    expect((await client.send(location, { method: 'DELETE' })).status).toBe(204);
    expect((await client.send(location)).codes()).toEqual(['BLOB_UPLOAD_UNKNOWN']);
  });

  it('mounts from a named repository, from any, and opens an upload where there is nothing to mount', async () => {
    const post = { method: 'POST' };
    for (const from of [`&from=${repo2}`, '']) {
      const bytes = blobOf();
      const wanted = await client.pushBlob(repo2, bytes, algorithm);
      await checkCreated(await client.send(`/v2/${repo}/blobs/uploads/?mount=${wanted}${from}`, post), bytes);
      expect((await client.send(blobUrl(wanted, repo2), { method: 'HEAD' })).status).toBe(200);
    }
    const bytes = blobOf();
    const missing = digest(bytes, algorithm);
    const reply = await client.send(`/v2/${repo}/blobs/uploads/?mount=${missing}&from=${repo2}`, post);
    expect(reply.status).toBe(202);
    await checkCreated(await client.put(withDigest(locationOf(reply), missing), bytes), bytes);
  });

  it('serves ranges', async () => {
    const bytes = blobOf(2048);
    const url = blobUrl(await client.pushBlob(repo, bytes, algorithm));
    const cases = [
      ['bytes=500-1499', 500, 1499],
      ['bytes=500-', 500, 2047],
      ['bytes=-500', 1548, 2047],
      ['bytes=2000-5000', 2000, 2047],
    ] as const;
    for (const [range, start, end] of cases) {
      const reply = await client.send(url, { headers: { Range: range } });
      expect(reply.status).toBe(206);
      expect(reply.body.equals(bytes.subarray(start, end + 1))).toBe(true);
      expect(reply.headers.get('content-length')).toBe(String(end - start + 1));
      expect(reply.headers.get('content-range')).toBe(`bytes ${start}-${end}/2048`);
    }
    for (const range of ['bytes=500-0', 'bytes=5000-10000']) {
      expect((await client.send(url, { headers: { Range: range } })).status).toBe(416);
    }
  });

  it('refuses content of another digest, however it is sent', async () => {
    const [bytes, wanted] = [blobOf(3000), digest(blobOf(), algorithm)];
    const chunked = async (): Promise<string> => {
      const reply = await client.patch(await client.startUpload(repo), bytes, `0-${bytes.length - 1}`);
      return locationOf(reply);
    };
    const replies = [
      await client.send(`/v2/${repo}/blobs/uploads/?digest=${wanted}`, { method: 'POST', body: bytes }),
      await client.put(withDigest(await client.startUpload(repo), wanted), bytes),
      await client.put(withDigest(await chunked(), wanted), Buffer.alloc(0)),
      await client.put(
        withDigest(locationOf(await client.patch(await client.startUpload(repo), bytes)), wanted),
        Buffer.alloc(0),
      ),
    ];
    for (const reply of replies) expect([reply.status, reply.codes()]).toEqual([400, ['DIGEST_INVALID']]);
    expect((await client.send(blobUrl(wanted), { method: 'HEAD' })).status).toBe(404);
  });
});

interface Part {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

describe('manifests', () => {
  const config = {
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  };
  const missing = digest('missing content');

  async function image(more: object = {}, algorithm: Algorithm = 'sha256', layerCount = 3): Promise<Part> {
    const blobs = [blobOf(200), ...Array.from({ length: layerCount }, () => blobOf(300))];
    for (const blob of blobs) await client.pushBlob(repo, blob, algorithm);
    const [first, ...layers] = blobs.map((blob, at) =>
      descriptor(at === 0 ? config.config : config.layer, blob, algorithm),
    );
    return json({ schemaVersion: 2, mediaType: MANIFEST, config: first, layers, ...more });
  }

  function json(manifest: { mediaType: string; [member: string]: unknown }): Part {
    return { bytes: Buffer.from(JSON.stringify(manifest)), mediaType: manifest.mediaType };
  }

  function index(children: readonly Part[], more: object = {}, algorithm: Algorithm = 'sha256'): Part {
    const manifests = children.map(({ bytes, mediaType }) => descriptor(mediaType, bytes, algorithm));
    return json({ schemaVersion: 2, mediaType: INDEX, manifests, ...more });
  }

  interface Case {
    readonly name: string;
    readonly algorithm?: Algorithm;
    /** In the order of pushing; the last one gets the tag. */
    readonly make: (algorithm: Algorithm) => Promise<readonly Part[]>;
  }

  const nondistributable = (n: number, suffix: string): object => ({
    mediaType: `application/vnd.oci.image.layer.nondistributable.v1.tar${suffix}`,
    digest: digest(`far away ${n}`),
    size: 123456,
    urls: ['https://store.example.com/blob'],
  });
  const cases: readonly Case[] = [
    { name: 'image', make: async () => [await image()] },
    {
      name: 'large manifest',
      make: async () => {
        const pairs = Array.from({ length: 390 }, (_, at) => [`large-annotation-${at}`, 'A'.repeat(10_000)]);
        return [await image({ annotations: Object.fromEntries(pairs) })];
      },
    },
    { name: 'index', make: async () => indexOf(await twoImages()) },
    {
      name: 'nested index',
      make: async () => {
        const [one, two] = [await indexOf(await twoImages()), await indexOf(await twoImages())];
        const tops = [one.at(-1), two.at(-1)].filter((part) => part !== undefined);
        return [...one, ...two, index(tops)];
      },
    },
    { name: 'empty index', make: async () => [index([])] },
    {
      name: 'artifact',
      make: async () => [await image({ artifactType: 'application/vnd.example.a+json' }, 'sha256', 1)],
    },
    {
      name: 'artifact index',
      make: async () => indexOf(await twoImages(), { artifactType: 'application/vnd.example.a' }),
    },
    {
      name: 'missing subject',
      make: async () => [await image({ subject: { mediaType: MANIFEST, digest: missing, size: 123 } })],
    },
    {
      name: 'non-distributable layers',
      make: async () => [await image({ layers: [nondistributable(1, '+gzip'), nondistributable(2, '')] })],
    },
    { name: 'custom fields', make: async () => [await image({ 'org.example.unknown': { deep: [1, 2] } })] },
    { name: 'no layers', make: async () => [await image({}, 'sha256', 0)] },
    { name: 'data field', make: async () => [await withData()] },
    {
      name: 'sha512',
      algorithm: 'sha512',
      make: async () => {
        const images = [await image({}, 'sha512'), await image({}, 'sha512')];
        return [...images, index(images, {}, 'sha512')];
      },
    },
  ];

  async function twoImages(): Promise<readonly Part[]> {
    return [await image(), await image()];
  }

  async function indexOf(children: readonly Part[], more: object = {}): Promise<readonly Part[]> {
    return [...children, index(children, more)];
  }

  async function withData(): Promise<Part> {
    const empty = Buffer.from('{}');
    await client.pushBlob(repo, empty);
    return await image({ config: { ...descriptor('application/vnd.oci.empty.v1+json', empty), data: 'e30=' } });
  }

  async function checkRead(reference: string, part: Part, wanted: string): Promise<void> {
    for (const method of ['GET', 'HEAD']) {
      const headers = { Accept: `${INDEX}, ${MANIFEST}` };
      const reply = await client.send(`/v2/${repo}/manifests/${reference}`, { method, headers });
      expect([reply.status, reply.headers.get('content-type')]).toEqual([200, part.mediaType]);
      expect(reply.headers.get('docker-content-digest')).toBe(wanted);
      expect(reply.headers.get('content-length')).toBe(String(part.bytes.length));
      expect(reply.body.equals(method === 'GET' ? part.bytes : Buffer.alloc(0))).toBe(true);
    }
  }

  it.each(cases)('$name: push by digest and tag, list, read, delete', async ({ name, algorithm = 'sha256', make }) => {
    const parts = await make(algorithm);
    const tag = name.replaceAll(' ', '-');
    for (const part of parts) {
      const wanted = digest(part.bytes, algorithm);
      const reply = await client.pushManifest(repo, wanted, part.bytes);
      expect(reply.status, reply.body.toString()).toBe(201);
      expect(reply.headers.get('docker-content-digest')).toBe(wanted);
      expect((await client.send(locationOf(reply))).body.equals(part.bytes)).toBe(true);
      await checkRead(wanted, part, wanted);
    }
    const top = parts.at(-1);
    if (top === undefined) throw new RangeError('a case has at least one manifest');
    const query = algorithm === 'sha512' ? `${digest(top.bytes, algorithm)}?tag=${tag}&tag=${tag}-2` : tag;
    const tagged = await client.pushManifest(repo, query, top.bytes);
    expect([tagged.status, tagged.headers.get('oci-tag')]).toEqual([
      201,
      algorithm === 'sha512' ? `${tag}, ${tag}-2` : null,
    ]);
    await checkRead(tag, top, digest(top.bytes, algorithm));
    expect((await client.send(`/v2/${repo}/tags/list`)).json().tags).toContain(tag);
    expect((await client.send(`/v2/${repo}/manifests/${tag}`, { method: 'DELETE' })).status).toBe(202);
    expect((await client.send(`/v2/${repo}/manifests/${tag}`, { method: 'HEAD' })).status).toBe(404);
    for (const part of [...parts].reverse()) {
      const url = `/v2/${repo}/manifests/${digest(part.bytes, algorithm)}`;
      expect((await client.send(url, { method: 'DELETE' })).status).toBe(202);
      expect((await client.send(url, { method: 'HEAD' })).status).toBe(404);
    }
  });

  it('refuses a manifest of another digest, and digests that are none', async () => {
    const part = await image();
    const padded = Buffer.concat([part.bytes, Buffer.from('  ')]);
    expect((await client.pushManifest(repo, digest(part.bytes), padded)).codes()).toEqual(['DIGEST_INVALID']);
    expect((await client.pushManifest(repo, 'sha256:baddigeststring', part.bytes)).status).toBe(400);
    expect((await client.send(`/v2/${repo}/manifests/sha256:baddigeststring`)).status).toBe(400);
    expect((await client.send(`/v2/${repo}/manifests/${missing}`)).codes()).toEqual(['MANIFEST_UNKNOWN']);
    expect((await client.send(`/v2/${repo}/manifests/missing-tag`)).codes()).toEqual(['MANIFEST_UNKNOWN']);
    expect((await client.send(`/v2/${repo}/manifests/.INVALID_MANIFEST_NAME`)).status).toBe(404);
  });

  it('lists referrers of images and indexes, by type too, and says which subject it saw', async () => {
    const subject = await image();
    expect((await client.pushManifest(repo, 'subject', subject.bytes)).status).toBe(201);
    const target = descriptor(MANIFEST, subject.bytes);
    const annotations = { 'org.opencontainers.conformance': 'hello conformance test' };
    const types = ['application/vnd.example.one', 'application/vnd.example.two'];
    const referrers = [
      await image({ subject: target }),
      ...(await Promise.all(types.map((artifactType) => image({ artifactType, annotations, subject: target })))),
      index([], { subject: target, artifactType: types[0], annotations }),
      index([], { subject: target }),
    ];
    for (const { bytes } of referrers) {
      const reply = await client.pushManifest(repo, digest(bytes), bytes);
      expect([reply.status, reply.headers.get('oci-subject')]).toEqual([201, target.digest]);
    }
    const listed = (await client.send(`/v2/${repo}/referrers/${target.digest}`)).json().manifests as Record<
      string,
      unknown
    >[];
    const byDigest = new Map(listed.map((entry) => [entry.digest, entry]));
    expect(listed).toHaveLength(referrers.length);
    const expected = [
      { artifactType: config.config },
      { artifactType: types[0], annotations },
      { artifactType: types[1], annotations },
      { artifactType: types[0], annotations },
      {},
    ];
    for (const [at, { bytes, mediaType }] of referrers.entries()) {
      expect(byDigest.get(digest(bytes))).toEqual({ ...descriptor(mediaType, bytes), ...expected[at] });
    }
    const filtered = await client.send(`/v2/${repo}/referrers/${target.digest}?artifactType=${types[0]}`);
    expect(filtered.headers.get('oci-filters-applied')).toBe('artifactType');
    expect(filtered.json().manifests).toHaveLength(2);
  });
});
