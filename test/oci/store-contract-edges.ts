import {
  type Descriptor,
  digestOf,
  emptyContent,
  emptyDescriptor,
  encodeManifest,
  MEDIA_TYPE_INDEX,
  MEDIA_TYPE_MANIFEST,
  type Store,
} from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { codeOf } from './code-of.ts';
import {
  allOf,
  describeBytes,
  pushBlob,
  pushImage,
  pushManifest,
  pushReferrer,
  referrerDigests,
  streamOf,
  testType,
} from './images.ts';
import { algorithmsOf, type StoreTraits } from './store-traits.ts';

type Create = () => Promise<Store>;

/** The second half of the Store contract: idempotence, hostile input, several of everything, aborting. */
export function describeStoreEdges(name: string, create: Create, traits: StoreTraits): void {
  describe(`${name} keeps the Store contract at its edges:`, () => {
    describeContent(create, traits);
    describeTags(create, traits);
    describeReferrers(create, traits);
    describeAborting(create);
  });
}

function describeContent(create: Create, traits: StoreTraits): void {
  it('pushing what is there succeeds, by bytes and by stream', async () => {
    const store = await create();
    const blob = await pushBlob(store, 'again');
    await store.pushStream(streamOf('again'), blob);
    await store.push(Buffer.from('again'), blob);
    const image = await pushImage(store, 'a');
    await pushManifest(store, image);
    expect(Buffer.from(await store.fetch(image.descriptor))).toEqual(Buffer.from(image.bytes));
  });

  it('an empty blob and one of some megabytes come back', async () => {
    const store = await create();
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(3_000_000, 'stream')]) {
      const blob = describeBytes(bytes);
      await store.pushStream(
        (async function* () {
          for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
        })(),
        blob,
      );
      expect(Buffer.concat(await allOf(await store.open(blob))).equals(bytes)).toBe(true);
    }
  });

  it('a stream that breaks off leaves nothing behind', async () => {
    const store = await create();
    const blob = describeBytes(Buffer.from('broken stream'));
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('broken');
      throw new TypeError('the sender went away');
    };
    await expect(store.pushStream(broken(), blob)).rejects.toThrow();
    expect(await store.exists(blob)).toBe(false);
    await store.pushStream(streamOf('broken stream'), blob);
    expect(await store.exists(blob)).toBe(true);
  });

  it('what was handed out or pushed can be changed without changing the store', async () => {
    const store = await create();
    const pushed = Buffer.from('unchanged');
    const blob = describeBytes(pushed);
    await store.push(pushed, blob);
    pushed.fill(0);
    (await store.fetch(blob)).fill(0);
    expect(Buffer.from(await store.fetch(blob)).toString()).toBe('unchanged');
  });

  it('bytes that are no manifest are not taken as one', async () => {
    const store = await create();
    const index = encodeManifest({ kind: 'index', manifests: [] });
    for (const text of ['not JSON', '{}', '{"schemaVersion":1}']) {
      const bytes = Buffer.from(text);
      const code = await codeOf(store.push(bytes, describeBytes(bytes, MEDIA_TYPE_MANIFEST)));
      expect(['MANIFEST_INVALID', 'JSON_INVALID']).toContain(code);
    }
    const disguised: Descriptor = { ...index.descriptor, mediaType: MEDIA_TYPE_MANIFEST };
    expect(await codeOf(store.push(index.bytes, disguised))).toBe('MANIFEST_INVALID');
    expect(await store.exists(disguised)).toBe(false);
  });

  it('manifests are bounded when resolved and fetched, and a bound that suffices does no harm', async () => {
    const store = await create();
    const image = await pushImage(store, 'a');
    await store.tag(image, 'v1');
    const size = image.bytes.length;
    for (const name of ['v1', image.descriptor.digest]) {
      expect(await codeOf(store.resolve(name, { maxBytes: size - 1 }))).toBe('TOO_LARGE');
      expect((await store.resolve(name, { maxBytes: size })).bytes.length).toBe(size);
    }
    expect(await codeOf(store.fetch(image.descriptor, { maxBytes: size - 1 }))).toBe('TOO_LARGE');
    expect(await codeOf(store.fetch({ ...image.descriptor, size: size + 1 }))).toBe('SIZE_MISMATCH');
  });

  it('an index is resolved as an index, by sha512 too', async () => {
    const store = await create();
    const child = await pushImage(store, 'a');
    for (const algorithm of algorithmsOf(traits, 'manifests')) {
      const index = encodeManifest({ kind: 'index', manifests: [child.descriptor] }, algorithm);
      await pushManifest(store, index);
      const resolved = await store.resolve(index.descriptor.digest);
      expect(resolved.descriptor).toMatchObject(index.descriptor);
      expect(resolved.descriptor.mediaType).toBe(MEDIA_TYPE_INDEX);
    }
  });

  it('what cannot be mounted is said, not thrown', async () => {
    const store = await create();
    const blob = describeBytes(Buffer.from('elsewhere'));
    expect(await store.mount(blob, 'no/such/repository')).toBe(false);
    expect(await store.exists(blob)).toBe(false);
  });

  it.runIf(traits.delete !== false)(
    'a blob that is removed is gone, twice is NOT_FOUND, and it can come back',
    async () => {
      const store = await create();
      const blob = await pushBlob(store, 'short-lived');
      const kept = await pushBlob(store, 'kept');
      await store.delete(blob);
      expect(await store.exists(blob)).toBe(false);
      expect(await codeOf(store.fetch(blob))).toBe('NOT_FOUND');
      expect(await codeOf(store.delete(blob))).toBe(traits.deleteAbsent ?? 'NOT_FOUND');
      expect(await store.exists(kept)).toBe(true);
      await store.push(Buffer.from('short-lived'), blob);
      expect(await store.exists(blob)).toBe(true);
    },
  );

  it.runIf(traits.delete !== false)('a manifest that is removed is gone by digest, and can come back', async () => {
    const store = await create();
    const image = await pushImage(store, 'a');
    const other = await pushImage(store, 'b');
    await store.tag(other, 'other');
    await store.delete(image.descriptor);
    expect(await codeOf(store.resolve(image.descriptor.digest))).toBe('NOT_FOUND');
    expect(await codeOf(store.delete(image.descriptor))).toBe('NOT_FOUND');
    expect(await allOf(store.tags())).toEqual(['other']);
    await pushManifest(store, image);
    expect((await store.resolve(image.descriptor.digest)).bytes.length).toBe(image.bytes.length);
  });
}

function describeTags(create: Create, traits: StoreTraits): void {
  it('a store that holds nothing has no tags', async () => {
    const listed = allOf((await create()).tags());
    if (traits.emptyTags === 'NOT_FOUND') expect(await codeOf(listed)).toBe('NOT_FOUND');
    else expect(await listed).toEqual([]);
  });

  it('one manifest can have several tags, and a tag moves', async () => {
    const store = await create();
    const [first, second] = [await pushImage(store, 'a'), await pushImage(store, 'b')];
    for (const tag of ['v1', 'v1.0', 'latest']) await store.tag(first, tag);
    await store.tag(second, 'latest');
    await store.tag(second, 'latest');
    expect((await allOf(store.tags())).sort()).toEqual(['latest', 'v1', 'v1.0']);
    expect((await store.resolve('latest')).descriptor.digest).toBe(second.descriptor.digest);
    expect((await store.resolve('v1')).descriptor.digest).toBe(first.descriptor.digest);
  });

  it('a manifest that lost its last tag is still there by digest', async () => {
    const store = await create();
    const [first, second] = [await pushImage(store, 'a'), await pushImage(store, 'b')];
    await store.tag(first, 'latest');
    await store.tag(second, 'latest');
    expect((await store.resolve(first.descriptor.digest)).descriptor.digest).toBe(first.descriptor.digest);
  });

  it('tagging pushes a manifest that is not there', async () => {
    const store = await create();
    await store.push(emptyContent, emptyDescriptor);
    const manifest = encodeManifest({ kind: 'manifest', artifactType: testType });
    await store.tag(manifest, 'v1');
    expect(await store.exists(manifest.descriptor)).toBe(true);
    expect(Buffer.from((await store.resolve('v1')).bytes)).toEqual(Buffer.from(manifest.bytes));
  });

  it('a refused tag changes nothing', async () => {
    const store = await create();
    const image = await pushImage(store, 'a');
    const wrong = { descriptor: image.descriptor, bytes: Buffer.from(image.bytes).fill(32) };
    await store.tag(image, 'v0');
    expect(await codeOf(store.tag(wrong, 'v1'))).toBe('DIGEST_MISMATCH');
    expect(await allOf(store.tags())).toEqual(['v0']);
  });

  it('hostile names are refused before anything is looked up', async () => {
    const store = await create();
    for (const name of ['', '..', '../../etc/passwd', 'a b', 'a\n', 'sha256:../../x', `sha256:${'A'.repeat(64)}`]) {
      expect(await codeOf(store.resolve(name))).toBe('REFERENCE_INVALID');
    }
  });

  it.runIf(traits.untag !== false)('a tag is removed once', async () => {
    const store = await create();
    await store.tag(await pushImage(store, 'a'), 'v1');
    await store.untag('v1');
    expect(await codeOf(store.untag('v1'))).toBe('NOT_FOUND');
    expect(await codeOf(store.resolve('v1'))).toBe('NOT_FOUND');
  });

  it('many tags at once are all kept', async () => {
    const store = await create();
    const image = await pushImage(store, 'a');
    const tags = Array.from({ length: 30 }, (_, n) => `t${n}`).sort();
    await Promise.all(tags.map((tag) => store.tag(image, tag)));
    expect((await allOf(store.tags())).sort()).toEqual(tags);
  });
}

function describeReferrers(create: Create, traits: StoreTraits): void {
  it('a subject has several referrers, also one that came before it and one by sha512', async () => {
    const store = await create();
    const later = encodeManifest({ kind: 'manifest', artifactType: testType, annotations: { comes: 'later' } });
    const early = await pushReferrer(store, later.descriptor, 'early');
    await pushManifest(store, later);
    const second = await pushReferrer(store, later.descriptor, 'second');
    const { mediaType, digest, size } = later.descriptor;
    const third = await pushManifest(
      store,
      encodeManifest(
        { kind: 'manifest', artifactType: testType, subject: { mediaType, digest, size } },
        algorithmsOf(traits, 'manifests').at(-1),
      ),
    );
    const all = [early, second, third].map((each) => each.descriptor.digest as string);
    expect(await referrerDigests(store, later.descriptor)).toEqual(all.sort());
  });

  it('a filter leaves out nothing of the asked type', async () => {
    const store = await create();
    const image = await pushImage(store, 'a');
    const wanted = await pushReferrer(store, image.descriptor, 'wanted', 'application/vnd.example.wanted');
    await pushReferrer(store, image.descriptor, 'other', 'application/vnd.example.other');
    const pages = await allOf(store.referrers(image.descriptor, { artifactType: 'application/vnd.example.wanted' }));
    const found = pages.flatMap((page) => page.descriptors).map((entry) => entry.digest);
    expect(found).toContain(wanted.descriptor.digest);
  });

  it('an index can refer to a subject; the type of a config is the type of its manifest', async () => {
    const store = await create();
    const image = await pushImage(store, 'a');
    const config = await pushBlob(store, '{"old":1}', 'application/vnd.example.config.v1+json');
    await pushManifest(store, encodeManifest({ kind: 'index', manifests: [], subject: image.descriptor }));
    await pushManifest(
      store,
      encodeManifest({ kind: 'manifest', config, layers: [config], subject: image.descriptor }),
    );
    const pages = await allOf(store.referrers(image.descriptor));
    const types = pages.flatMap((page) => page.descriptors).map((entry) => entry.artifactType ?? 'none');
    expect(types.sort()).toEqual(['application/vnd.example.config.v1+json', 'none']);
  });

  it('nothing refers to what nobody knows', async () => {
    const unknown = { mediaType: MEDIA_TYPE_MANIFEST, digest: digestOf(Buffer.from('unknown')), size: 7 };
    expect(await referrerDigests(await create(), unknown)).toEqual([]);
  });
}

function describeAborting(create: Create): void {
  it('every call that was aborted before it began says so', async () => {
    const store = await create();
    const image = await pushImage(store, 'a');
    const blob = await pushBlob(store, 'there');
    await store.tag(image, 'v0');
    const options = { signal: AbortSignal.abort() };
    const calls: readonly Promise<unknown>[] = [
      store.resolve(image.descriptor.digest, options),
      store.fetch(blob, options),
      store.open(blob, options),
      store.exists(blob, options),
      allOf(store.referrers(image.descriptor, options)),
      store.push(Buffer.from('new'), describeBytes(Buffer.from('new')), options),
      store.pushStream(streamOf('new'), describeBytes(Buffer.from('new')), options),
      store.mount(blob, 'other/repository', options),
      store.tag(image, 'v1', options),
      store.delete(blob, options),
      store.untag('v1', options),
    ];
    expect(await Promise.all(calls.map(codeOf))).toEqual(calls.map(() => 'ABORTED'));
    expect(await allOf(store.tags())).toEqual(['v0']);
    expect(await store.exists(describeBytes(Buffer.from('new')))).toBe(false);
  });

  it('a stream that is aborted on its way ends, in both directions', async () => {
    const store = await create();
    const bytes = Buffer.alloc(2_000_000, 'x');
    const blob = describeBytes(bytes);
    const sending = new AbortController();
    const content = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 1_000_000);
      sending.abort();
      yield bytes.subarray(1_000_000);
    };
    expect(await codeOf(store.pushStream(content(), blob, { signal: sending.signal }))).toBe('ABORTED');
    expect(await store.exists(blob)).toBe(false);
    await store.push(bytes, blob);
    const reading = new AbortController();
    const read = async (): Promise<void> => {
      for await (const _piece of await store.open(blob, { signal: reading.signal })) reading.abort();
    };
    expect(await codeOf(read())).toBe('ABORTED');
  });
}
