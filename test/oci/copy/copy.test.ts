import {
  type CopyEvent,
  copy,
  createMemoryStore,
  type Digest,
  digestHex,
  digestOf,
  encodeManifest,
  MEDIA_TYPE_LAYER_GZIP,
  parseManifest,
  partsOf,
  RegistryError,
  type Resolved,
  type Source,
  type Store,
} from '@signet/oci';
import { beforeEach, describe, expect, it } from 'vitest';
import { codeOf } from '../code-of.ts';
import { allOf, pushBlob, pushImage, pushManifest, pushReferrer, referrerDigests, testType } from '../images.ts';

let source: Store;
let destination: Store;
beforeEach(() => {
  source = createMemoryStore();
  destination = createMemoryStore();
});

const cosignTag = (digest: Digest): string => `sha256-${digestHex(digest)}.sig`;

/** A `.sig` manifest in cosign's way: one layer for each signature, which stands in an annotation. */
async function pushCosignSignatures(store: Store, subject: Resolved, signatures: readonly string[]): Promise<Resolved> {
  const layer = await pushBlob(store, 'payload');
  const config = await pushBlob(store, `{"n":${signatures.length}}`, 'application/vnd.oci.image.config.v1+json');
  const layers = signatures.map((text) => ({ ...layer, annotations: { 'dev.cosignproject.cosign/signature': text } }));
  const manifest = await pushManifest(store, encodeManifest({ kind: 'manifest', config, layers }));
  await store.tag(manifest, cosignTag(subject.descriptor.digest));
  return manifest;
}

describe('copy', () => {
  it('brings an image with its blobs, byte for byte, and tags it', async () => {
    const image = await pushImage(source, 'a');
    const result = await copy(source, destination, image, { tag: 'v1', extraTags: ['latest'] });
    expect(result).toMatchObject({
      copied: 3,
      skipped: 0,
      mounted: 0,
      referrers: 0,
      ignored: 0,
      tags: ['v1', 'latest'],
    });
    expect(Buffer.from((await destination.resolve('latest')).bytes)).toEqual(Buffer.from(image.bytes));
    const parts = partsOf(parseManifest(image.bytes)).reduce((sum, part) => sum + part.size, 0);
    expect(result.bytes).toBe(image.bytes.length + parts);
  });

  it('leaves out what is there already', async () => {
    const image = await pushImage(source, 'a');
    await pushReferrer(source, image.descriptor, 'one');
    await copy(source, destination, image);
    const again = await copy(source, destination, image.descriptor, { tag: 'v1' });
    expect(again).toMatchObject({ copied: 0, bytes: 0, referrers: 1, skipped: 2 });
  });

  it('brings an index, its children, what refers to them, and what refers to that', async () => {
    const [amd64, arm64] = [await pushImage(source, 'amd64'), await pushImage(source, 'arm64')];
    const manifests = [amd64.descriptor, arm64.descriptor];
    const index = await pushManifest(source, encodeManifest({ kind: 'index', manifests }));
    const onIndex = await pushReferrer(source, index.descriptor, 'on the index');
    const onChild = await pushReferrer(source, arm64.descriptor, 'on a child');
    const onReferrer = await pushReferrer(source, onIndex.descriptor, 'on a referrer');
    const signed = await pushCosignSignatures(source, onReferrer, ['s']);
    expect((await copy(source, destination, index, { tag: 'v1' })).referrers).toBe(4);
    for (const manifest of [amd64, arm64, index, onIndex, onChild, onReferrer, signed]) {
      const there = await destination.resolve(manifest.descriptor.digest);
      expect(Buffer.from(there.bytes)).toEqual(Buffer.from(manifest.bytes));
    }
    expect(await referrerDigests(destination, index.descriptor)).toEqual([onIndex.descriptor.digest]);
    expect(await referrerDigests(destination, onIndex.descriptor)).toEqual([onReferrer.descriptor.digest]);
    const tagged = await destination.resolve(cosignTag(onReferrer.descriptor.digest));
    expect(tagged.descriptor.digest).toBe(signed.descriptor.digest);
  });

  it('copies the image alone when it is told to', async () => {
    const image = await pushImage(source, 'a');
    await pushReferrer(source, image.descriptor, 'one');
    await pushCosignSignatures(source, image, ['s']);
    const result = await copy(source, destination, image, { referrers: false, tag: 'v1' });
    expect(result).toMatchObject({ copied: 3, referrers: 0 });
    expect(await allOf(destination.tags())).toEqual(['v1']);
    expect(await referrerDigests(destination, image.descriptor)).toEqual([]);
  });

  it('writes children before parents, subjects before referrers, and tags last', async () => {
    const child = await pushImage(source, 'child');
    const index = await pushManifest(source, encodeManifest({ kind: 'index', manifests: [child.descriptor] }));
    const referrer = await pushReferrer(source, index.descriptor, 'one');
    await pushCosignSignatures(source, index, ['s']);
    const events: CopyEvent[] = [];
    await copy(source, destination, index, { tag: 'v1', onProgress: (event) => events.push(event) });
    const done = events.filter((event) => event.kind === 'copied').map((event) => event.descriptor.digest);
    const places = [child, index, referrer].map((each) => done.indexOf(each.descriptor.digest));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(events.slice(-2)).toMatchObject([
      { kind: 'tagged', tag: cosignTag(index.descriptor.digest) },
      { kind: 'tagged', tag: 'v1' },
    ]);
  });

  it('brings 1,000 referrers, a bounded number of requests at once', async () => {
    const image = await pushImage(source, 'a');
    for (let n = 0; n < 1000; n++) await pushReferrer(source, image.descriptor, `${n}`);
    let now = 0;
    let most = 0;
    const fetch: Source['fetch'] = async (target, options) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return source.fetch(target, options);
    };
    const result = await copy({ ...source, fetch }, destination, image, { tag: 'v1', concurrency: 5 });
    expect(result.referrers).toBe(1000);
    expect(most).toBe(5);
    expect(await referrerDigests(destination, image.descriptor)).toEqual(
      await referrerDigests(source, image.descriptor),
    );
  });

  it('streams a large blob and never reads it whole', async () => {
    const bytes = Buffer.alloc(3 * 1024 * 1024, 'large');
    const layer = { mediaType: MEDIA_TYPE_LAYER_GZIP, digest: digestOf(bytes), size: bytes.length };
    await source.push(bytes, layer);
    const config = await pushBlob(source, '{"a":1}');
    const image = await pushManifest(source, encodeManifest({ kind: 'manifest', config, layers: [layer] }));
    const whole: Digest[] = [];
    const fetch: Source['fetch'] = (target, options) => {
      whole.push(target.digest);
      return source.fetch(target, options);
    };
    await copy({ ...source, fetch }, destination, image);
    expect(whole).toContain(config.digest);
    expect(whole).not.toContain(layer.digest);
    expect(Buffer.from(await destination.fetch(layer)).equals(bytes)).toBe(true);
  });

  it('mounts where it is told from where, and pushes what cannot be mounted', async () => {
    const image = await pushImage(source, 'a');
    const mounted: string[] = [];
    const mount: Store['mount'] = async (blob, from) => {
      if (blob.mediaType !== MEDIA_TYPE_LAYER_GZIP) return false;
      mounted.push(from);
      await destination.push(await source.fetch(blob), blob);
      return true;
    };
    const result = await copy(source, { ...destination, mount }, image, { mountFrom: 'team/app' });
    expect(mounted).toEqual(['team/app']);
    expect(result).toMatchObject({ mounted: 1, copied: 2 });
  });

  it('finds the digest tags of many manifests, also where tags cannot be listed', async () => {
    const children: Resolved[] = [];
    for (let n = 0; n < 40; n++) children.push(await pushImage(source, `${n}`));
    for (const child of children) await pushCosignSignatures(source, child, [child.descriptor.digest]);
    const manifests = children.map((child) => child.descriptor);
    const index = await pushManifest(source, encodeManifest({ kind: 'index', manifests }));
    expect((await copy(source, destination, index)).referrers).toBe(40);
    const tags: Source['tags'] = async function* () {
      yield* [];
      throw unreachable();
    };
    expect((await copy({ ...source, tags }, createMemoryStore(), index)).referrers).toBe(40);
  });
});

describe('copy from a source that fails or lies', () => {
  it('leaves no tag when it fails in the middle, and goes on from there the next time', async () => {
    const image = await pushImage(source, 'a');
    const referrers: Resolved[] = [];
    for (let n = 0; n < 20; n++) referrers.push(await pushReferrer(source, image.descriptor, `${n}`));
    const fetch: Source['fetch'] = (target, options) =>
      target.digest === referrers[13]?.descriptor.digest
        ? Promise.reject(unreachable())
        : source.fetch(target, options);
    expect(await codeOf(copy({ ...source, fetch }, destination, image, { tag: 'v1' }))).toBe('UNREACHABLE');
    expect(await allOf(destination.tags())).toEqual([]);
    const result = await copy(source, destination, image, { tag: 'v1' });
    expect(result.referrers).toBe(20);
    expect(result.skipped).toBeGreaterThan(0);
    expect(await referrerDigests(destination, image.descriptor)).toHaveLength(20);
  });

  it('fails before the tag when the listing of referrers is not complete', async () => {
    const image = await pushImage(source, 'a');
    await pushReferrer(source, image.descriptor, 'one');
    const referrers: Source['referrers'] = async function* (subject, options) {
      yield* source.referrers(subject, options);
      throw unreachable();
    };
    expect(await codeOf(copy({ ...source, referrers }, destination, image, { tag: 'v1' }))).toBe('UNREACHABLE');
    expect(await allOf(destination.tags())).toEqual([]);
  });

  it('leaves out listed manifests that refer to something else, are missing or are none', async () => {
    const image = await pushImage(source, 'a');
    const foreign = await pushReferrer(source, (await pushImage(source, 'b')).descriptor, 'of another');
    const real = await pushReferrer(source, image.descriptor, 'real');
    const missing = { ...image.descriptor, digest: digestOf(Buffer.from('missing')) };
    const junk = await pushBlob(source, 'junk');
    const disguised = { ...(await pushBlob(source, 'disguised')), mediaType: image.descriptor.mediaType };
    const referrers: Source['referrers'] = async function* (subject) {
      if (subject.digest !== image.descriptor.digest) return;
      yield { via: 'api', descriptors: [foreign.descriptor, missing, junk, disguised, real.descriptor] };
    };
    const result = await copy({ ...source, referrers }, destination, image, { tag: 'v1' });
    expect(result).toMatchObject({ ignored: 4, referrers: 1 });
    expect(await destination.exists(foreign.descriptor)).toBe(false);
  });

  it('ends when digest tags lead in a circle', async () => {
    const [first, second] = [await pushImage(source, 'a'), await pushImage(source, 'b')];
    await source.tag(second, cosignTag(first.descriptor.digest));
    await source.tag(first, cosignTag(second.descriptor.digest));
    expect((await copy(source, destination, first, { tag: 'v1' })).referrers).toBe(2);
    expect(await allOf(destination.tags())).toHaveLength(3);
  });

  it('stops at its limits', async () => {
    const image = await pushImage(source, 'a');
    for (let n = 0; n < 10; n++) await pushReferrer(source, image.descriptor, `${n}`);
    const limits = { maxManifests: 100, maxManifestBytes: 1_000_000, maxDepth: 2 };
    const limited = (part: object): Promise<string> =>
      codeOf(copy(source, createMemoryStore(), image.descriptor, { limits: { ...limits, ...part } }));
    expect(await limited({})).toBe('resolved');
    expect(await limited({ maxManifests: 9 })).toBe('LIMIT_REACHED');
    expect(await limited({ maxManifestBytes: 2000 })).toBe('LIMIT_REACHED');
    let nested = image;
    for (let depth = 0; depth < 3; depth++)
      nested = await pushManifest(source, encodeManifest({ kind: 'index', manifests: [nested.descriptor] }));
    expect(await codeOf(copy(source, destination, nested, { limits }))).toBe('LIMIT_REACHED');
  });

  it('refuses a root whose bytes are not its descriptor’s, a wrong tag, and stops when it is aborted', async () => {
    const image = await pushImage(source, 'a');
    expect(await codeOf(copy(source, destination, { ...image, bytes: Buffer.from('{}') }))).toBe('SIZE_MISMATCH');
    expect(await codeOf(copy(source, destination, image, { tag: 'a/b' }))).toBe('REFERENCE_INVALID');
    expect(await codeOf(copy(source, destination, image, { signal: AbortSignal.abort() }))).toBe('ABORTED');
    expect(await allOf(destination.tags())).toEqual([]);
  });

  it('takes embedded content that is right, and reads the blob where it is wrong', async () => {
    const content = Buffer.from('embedded');
    const layer = { mediaType: 'application/octet-stream', digest: digestOf(content), size: content.length };
    const build = (data: Uint8Array): Resolved =>
      encodeManifest({
        kind: 'manifest',
        artifactType: testType,
        config: { ...layer, data },
        layers: [{ ...layer, data }],
      });
    await copy(source, destination, await pushManifest(source, build(content)));
    expect(Buffer.from(await destination.fetch(layer)).toString()).toBe('embedded');
    const wrong = await pushManifest(source, build(Buffer.from('embeddeD')));
    expect(await codeOf(copy(source, createMemoryStore(), wrong))).toBe('NOT_FOUND');
  });
});

describe('copy over a digest tag that the destination has', () => {
  let image: Resolved;
  beforeEach(async () => {
    image = await pushImage(source, 'a');
    await copy(source, destination, image);
  });

  it.each([
    ['replaces it when the source has more', ['x', 'y'], ['x'], 'source'],
    ['keeps it when the destination has more', ['x'], ['x', 'y'], 'destination'],
  ])('%s', async (_title, own, theirs, winner) => {
    const ours = await pushCosignSignatures(source, image, own);
    const kept = await pushCosignSignatures(destination, image, theirs);
    await copy(source, destination, image, { tag: 'v1' });
    const tagged = (await destination.resolve(cosignTag(image.descriptor.digest))).descriptor.digest;
    expect(tagged).toBe((winner === 'source' ? ours : kept).descriptor.digest);
  });

  it('refuses to lose a signature, and does it where that is allowed', async () => {
    const ours = await pushCosignSignatures(source, image, ['x']);
    const theirs = await pushCosignSignatures(destination, image, ['y']);
    const tag = cosignTag(image.descriptor.digest);
    expect(await codeOf(copy(source, destination, image, { tag: 'v1' }))).toBe('CONFLICT');
    expect((await destination.resolve(tag)).descriptor.digest).toBe(theirs.descriptor.digest);
    expect(await allOf(destination.tags())).toEqual([tag]);
    await copy(source, destination, image, { tag: 'v1', allowReplacedSignatures: true });
    expect((await destination.resolve(tag)).descriptor.digest).toBe(ours.descriptor.digest);
  });
});

function unreachable(): RegistryError {
  return new RegistryError('UNREACHABLE', 'the test pulled the cable');
}
