import { ANNOTATION_ENVELOPE, generateKey, type PrivateKey, sigstoreFormat } from '@signet/core';
import { type Descriptor, digestOf, encodeManifest, listReferrers, RegistryError, type Store } from '@signet/oci';
import { beforeAll, describe, expect, it } from 'vitest';
import { pace, request, sealed, storeWithImage, subject } from './signing-world.ts';

let key: PrivateKey;
let other: PrivateKey;
beforeAll(async () => {
  [key, other] = await Promise.all([generateKey('ecdsa-p256'), generateKey('ed25519')]);
});

/** Annotations that make a payload of about this length. */
const long = (bytes: number): { readonly annotations: Record<string, string> } => ({
  annotations: { text: 'x'.repeat(bytes) },
});

async function sign(store: Store, changes: Partial<typeof request> = {}, by: PrivateKey = key) {
  const { artifact } = await sealed(sigstoreFormat, by, changes);
  return sigstoreFormat.store(artifact, request.signedAtMs, { store, subject, pace });
}

async function manifestOf(store: Store, digest: string) {
  return JSON.parse(Buffer.from((await store.resolve(digest)).bytes).toString());
}

describe('storing', () => {
  it('writes the manifest that cosign writes, with the envelope in it twice', async () => {
    const store = await storeWithImage();
    const { manifest, via } = await sign(store);
    expect(via).toBe('scan');
    const written = await manifestOf(store, manifest);
    const envelope = Buffer.from(await store.fetch(written.layers[0]));
    const type = 'application/vnd.dev.sigstore.bundle.v0.3+json';
    expect(written).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: type,
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(Buffer.from('{}')), size: 2 },
      layers: [
        { mediaType: type, digest: digestOf(envelope), size: envelope.length, data: envelope.toString('base64') },
      ],
      subject: { ...subject },
      annotations: {
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1',
        'org.opencontainers.image.created': '2026-11-23T09:00:00Z',
        [ANNOTATION_ENVELOPE]: envelope.toString('base64'),
      },
    });
  });

  it.each([
    ['short', 10, { annotated: true, data: true }],
    ['above 8 KiB', 8 * 1024, { annotated: false, data: true }],
    ['above 256 KiB', 200 * 1024, { annotated: false, data: false }],
  ])('embeds an envelope that is %s', async (_, bytes, wanted) => {
    const store = await storeWithImage();
    const written = await manifestOf(store, (await sign(store, long(bytes))).manifest);
    expect({
      annotated: written.annotations[ANNOTATION_ENVELOPE] !== undefined,
      data: written.layers[0].data !== undefined,
    }).toEqual(wanted);
    expect(await store.fetch(written.layers[0])).toHaveLength(written.layers[0].size);
  });

  it('waits for a listing that lags behind, and gives up on one that stays so', async () => {
    const lagging = (store: Store, times: number): Store => {
      let asked = 0;
      return {
        ...store,
        async *referrers(...args) {
          asked += 1;
          if (asked > times) yield* store.referrers(...args);
        },
      };
    };
    expect((await sign(lagging(await storeWithImage(), 5))).via).toBe('scan');
    await expect(sign(lagging(await storeWithImage(), 6))).rejects.toMatchObject({ code: 'SIGNATURE_NOT_STORED' });
  });

  it('pushes the config and the envelope before the manifest', async () => {
    const pushed: string[] = [];
    const store = await storeWithImage();
    const noting: Store = {
      ...store,
      push(content, as, options) {
        pushed.push(as.mediaType);
        return store.push(content, as, options);
      },
    };
    await sign(noting);
    expect(pushed.at(-1)).toBe('application/vnd.oci.image.manifest.v1+json');
    expect(pushed).toHaveLength(3);
  });
});

describe('finding', () => {
  const find = (store: Store, changes: Partial<typeof request> = {}, by: PrivateKey = key) => {
    const payload = sigstoreFormat.payload({ ...request, signedAtMs: request.signedAtMs + 5000, ...changes });
    return sigstoreFormat.find(payload, by.publicKey, { store, subject, pace });
  };
  const addJunk = async (store: Store, annotations: Record<string, string>, artifactType = 'application/x.junk') => {
    const { bytes, descriptor } = encodeManifest({ kind: 'manifest', artifactType, subject, annotations });
    await store.push(bytes, descriptor);
  };

  it.each([10, 8 * 1024, 200 * 1024])('finds the same payload at another time, also with %i bytes', async (bytes) => {
    const store = await storeWithImage();
    const stored = await sign(store, long(bytes));
    expect(await find(store, long(bytes))).toEqual(stored);
    expect(await find(store, long(bytes + 1))).toBeUndefined();
    expect(await find(store, long(bytes), other)).toBeUndefined();
  });

  it.each([
    ['no base64', '!'],
    ['no bundle', Buffer.from('{}').toString('base64')],
    ['empty', ''],
    ['very long', 'A'.repeat(100_000)],
  ])('is not led astray by junk that is %s', async (_, text) => {
    const store = await storeWithImage();
    await addJunk(store, { [ANNOTATION_ENVELOPE]: text });
    const stored = await sign(store);
    expect(await find(store)).toEqual(stored);
  });

  it('does not believe an entry whose manifest is gone', async () => {
    const store = await storeWithImage();
    const { manifest } = await sign(store);
    const [entry] = await listReferrers(store, subject);
    const { descriptor } = await store.resolve(manifest);
    await store.delete(descriptor);
    const stale: Store = {
      ...store,
      async *referrers() {
        yield { via: 'tag', descriptors: entry === undefined ? [] : [entry] };
      },
    };
    expect(await find(stale)).toBeUndefined();
  });

  it('does not believe an entry whose manifest is about another image', async () => {
    const store = await storeWithImage();
    await sign(store);
    const [entry] = await listReferrers(store, subject);
    const elsewhere = encodeManifest({
      kind: 'manifest',
      artifactType: 'application/x.junk',
      subject: { ...subject, digest: digestOf(Buffer.from('another')) },
    });
    await store.push(elsewhere.bytes, elsewhere.descriptor);
    const lying: Store = {
      ...store,
      async *referrers() {
        const descriptors: Descriptor[] = entry === undefined ? [] : [{ ...entry, ...elsewhere.descriptor }];
        yield { via: 'api', descriptors };
      },
    };
    expect(await find(lying)).toBeUndefined();
  });

  it('looks at 1000 entries and no more', async () => {
    const stored = async (count: number) => {
      const store = await storeWithImage();
      for (let n = 0; n < count; n += 1) await addJunk(store, { n: `${n}` });
      await sign(store);
      return find(store);
    };
    expect(await stored(999)).toBeDefined();
    expect(await stored(1000)).toBeUndefined();
  });

  it('reads at most 20 envelopes that no listing carries', async () => {
    const stored = async (count: number) => {
      const store = await storeWithImage();
      const type = 'application/vnd.dev.sigstore.bundle.v0.3+json';
      for (let n = 0; n < count; n += 1) await addJunk(store, { n: `${n}` }, type);
      await sign(store, long(8 * 1024));
      return find(store, long(8 * 1024));
    };
    expect(await stored(19)).toBeDefined();
    expect(await stored(20)).toBeUndefined();
  });

  it('takes a listing that fails for one without the signature', async () => {
    const store = await storeWithImage();
    await sign(store);
    const failing: Store = {
      ...store,
      // biome-ignore lint/correctness/useYield: it fails before it lists anything.
      async *referrers() {
        throw new RegistryError('SERVER_ERROR', 'no list today');
      },
    };
    expect(await find(failing)).toBeUndefined();
  });
});
