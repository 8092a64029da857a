import { cosignFormat, cosignTag, generateKey, type PrivateKey } from '@signet/core';
import { type Descriptor, digestOf, encodeManifest, RegistryError, type Store } from '@signet/oci';
import { beforeAll, describe, expect, it } from 'vitest';
import { pace, request, sealed, storeWithImage, subject } from './signing-world.ts';

const tag = cosignTag(subject.digest);
let key: PrivateKey;
let other: PrivateKey;
beforeAll(async () => {
  [key, other] = await Promise.all([generateKey('ecdsa-p256'), generateKey('ed25519')]);
});

interface SigImage {
  readonly annotations?: Record<string, string>;
  readonly layers: Descriptor[];
}

async function sigImage(store: Store): Promise<SigImage> {
  return JSON.parse(Buffer.from((await store.resolve(tag)).bytes).toString()) as SigImage;
}

async function sign(store: Store, by: PrivateKey = key, annotations: Record<string, string> = {}) {
  const { artifact } = await sealed(cosignFormat, by, { annotations });
  return cosignFormat.store(artifact, request.signedAtMs, { store, subject, pace });
}

async function put(store: Store, manifest: unknown, mediaType: string): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(manifest));
  await store.tag({ descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes }, tag);
}

describe('storing', () => {
  it('writes the manifest and config that cosign writes', async () => {
    const store = await storeWithImage();
    const stored = await sign(store);
    const { descriptor, bytes } = await store.resolve(tag);
    expect(stored).toEqual({ manifest: descriptor.digest, via: 'sig' });
    const manifest = JSON.parse(Buffer.from(bytes).toString());
    expect(Object.keys(manifest)).toEqual(['schemaVersion', 'mediaType', 'config', 'layers']);
    expect(Object.keys(manifest.layers[0].annotations)).toEqual(['dev.cosignproject.cosign/signature']);
    const config = JSON.parse(Buffer.from(await store.fetch(manifest.config)).toString());
    expect(config).toEqual({
      architecture: '',
      created: '0001-01-01T00:00:00Z',
      history: [{ created: '0001-01-01T00:00:00Z' }],
      os: '',
      rootfs: { type: 'layers', diff_ids: [manifest.layers[0].digest] },
      config: {},
    });
  });

  it('appends, and keeps the annotations and layers of others', async () => {
    const store = await storeWithImage();
    await sign(store);
    const first = await sigImage(store);
    await put(store, { ...first, annotations: { theirs: 'kept' } }, 'application/vnd.oci.image.manifest.v1+json');
    await sign(store, other);
    const now = await sigImage(store);
    expect(now.annotations).toEqual({ theirs: 'kept' });
    expect(now.layers).toHaveLength(2);
    expect(now.layers[0]).toEqual(first.layers[0]);
  });

  it('two keys over one payload are two layers with one blob', async () => {
    const store = await storeWithImage();
    await sign(store, key);
    await sign(store, other);
    const { layers } = await sigImage(store);
    expect(new Set(layers.map(({ digest }) => digest)).size).toBe(1);
    expect(layers).toHaveLength(2);
  });

  it('eight at once lose nothing', async () => {
    const store = await storeWithImage();
    await Promise.all(Array.from({ length: 8 }, (_, n) => sign(store, key, { n: `${n}` })));
    expect((await sigImage(store)).layers).toHaveLength(8);
  });

  it('puts back what another writer overwrote, its own signature and theirs', async () => {
    const store = await storeWithImage();
    await sign(store, other, { writer: 'first' });
    const before = await store.resolve(tag);
    let overwrites = 2;
    const racing: Store = {
      ...store,
      async tag(manifest, name, options) {
        const pushed = await store.tag(manifest, name, options);
        overwrites -= 1;
        if (overwrites >= 0) await store.tag(before, tag); // a slow writer that read before us
        return pushed;
      },
    };
    await sign(racing, key, { writer: 'second' });
    expect((await sigImage(store)).layers).toHaveLength(2);
  });

  it('merges when the tag moved between read and write', async () => {
    const store = await storeWithImage();
    let isFirst = true;
    const racing: Store = {
      ...store,
      async tag(manifest, name, options) {
        if (isFirst) {
          isFirst = false;
          await sign(store, other, { writer: 'between' });
        }
        return store.tag(manifest, name, options);
      },
    };
    const { artifact } = await sealed(cosignFormat, key);
    await cosignFormat.store(artifact, 0, { store: racing, subject, pace });
    expect((await sigImage(store)).layers).toHaveLength(2);
  });

  it('does not believe a passing 404', async () => {
    const store = await storeWithImage();
    await sign(store, other);
    let passing = 1;
    const flaky: Store = {
      ...store,
      async resolve(name, options) {
        if (name === tag && passing > 0) {
          passing -= 1;
          throw new RegistryError('NOT_FOUND', 'for a moment');
        }
        return store.resolve(name, options);
      },
      // As registries without conditional writes do where nothing was there when they were asked.
      tag: (manifest, name) => store.tag(manifest, name),
    };
    await sign(flaky, key);
    expect((await sigImage(store)).layers).toHaveLength(2);
  });

  it('gives up when others change the tag every time', async () => {
    const store = await storeWithImage();
    const losing: Store = {
      ...store,
      tag: () => Promise.reject(new RegistryError('CONFLICT', 'moved')),
    };
    await expect(sign(losing)).rejects.toMatchObject({ name: 'EnvelopeError', code: 'SIGNATURE_NOT_STORED' });
  });

  it('leaves an index under the tag as it is', async () => {
    const store = await storeWithImage();
    const { bytes, descriptor } = encodeManifest({ kind: 'index', manifests: [] });
    await store.tag({ bytes, descriptor }, tag);
    await expect(sign(store)).rejects.toMatchObject({ code: 'SIGNATURE_NOT_STORED' });
    expect((await store.resolve(tag)).descriptor).toEqual(descriptor);
  });

  it('fails when the payload does not come back', async () => {
    const store = await storeWithImage();
    const forgetful: Store = {
      ...store,
      fetch: (target, options) =>
        target.mediaType.includes('simplesigning')
          ? Promise.reject(new RegistryError('NOT_FOUND', 'gone'))
          : store.fetch(target, options),
    };
    await expect(sign(forgetful)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('takes the thousandth signature, and not one more', async () => {
    const store = await storeWithImage();
    await sign(store);
    const image = await sigImage(store);
    const [layer] = image.layers;
    const layers = Array.from({ length: 999 }, (_, n) => ({ ...layer, annotations: { n: `${n}` } }));
    await put(store, { ...image, layers }, 'application/vnd.oci.image.manifest.v1+json');
    await sign(store, other);
    expect((await sigImage(store)).layers).toHaveLength(1000);
    await expect(sign(store, key, { one: 'more' })).rejects.toMatchObject({ code: 'SIGNATURE_NOT_STORED' });
  });
});

describe('finding', () => {
  const later = { signedAtMs: request.signedAtMs + 5_000 };
  const find = (store: Store, by: PrivateKey, changes: Partial<typeof request> = {}) =>
    cosignFormat.find(cosignFormat.payload({ ...request, ...changes }), by.publicKey, { store, subject, pace });

  it('finds the same payload of the same key at another time', async () => {
    const store = await storeWithImage();
    const stored = await sign(store, key, request.annotations);
    expect(await find(store, key, later)).toEqual(stored);
  });

  it.each([
    ['of another key', (store: Store) => find(store, other, later)],
    ['with other annotations', (store: Store) => find(store, key, { ...later, annotations: { env: 'test' } })],
    ['of another tag', (store: Store) => find(store, key, { ...later, signedReference: 'r.example/team/web:1.5' })],
  ])('finds none %s', async (_, search) => {
    const store = await storeWithImage();
    await sign(store, key, request.annotations);
    expect(await search(store)).toBeUndefined();
  });

  it('finds nothing where there is no tag', async () => {
    expect(await find(await storeWithImage(), key)).toBeUndefined();
  });

  it('does not count a signature whose payload is gone', async () => {
    const store = await storeWithImage();
    await sign(store, key, request.annotations);
    const [layer] = (await sigImage(store)).layers;
    if (layer !== undefined) await store.delete(layer);
    expect(await find(store, key, later)).toBeUndefined();
  });
});
