import {
  createMemoryStore,
  type Descriptor,
  digestOf,
  emptyContent,
  emptyDescriptor,
  encodeManifest,
  type NewImageManifest,
  RegistryError,
  type Store,
} from '@signet/oci';
import {
  CATALOGUE_TYPE,
  encodeShard,
  HEAD_TAG,
  readHead,
  readShard,
  SHARD_TYPE,
  shardContent,
  TagsError,
} from '@signet/signed-tags';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeShard } from '../../../packages/signed-tags/src/head/encode-head.ts';
import { contentWith, entry } from '../catalogue-data.ts';
import { catalogue, collection, publisher, putHead, recordingPace } from './head-world.ts';

const { signer } = await publisher('publisher');
const ulid = '01KAQ4DM200000000000000000';

/** Answers of the first calls, in the place of the store's own. */
function failing(store: Store, codes: readonly ('NOT_FOUND' | 'SERVER_ERROR' | 'FORBIDDEN')[]): Store {
  const left = [...codes];
  return {
    ...store,
    resolve: async (name, options) => {
      const code = left.shift();
      if (code !== undefined) throw new RegistryError(code, 'for a moment');
      return store.resolve(name, options);
    },
  };
}

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'read',
    (error: unknown) =>
      error instanceof TagsError || error instanceof RegistryError ? error.code : expect.fail(`${error}`),
  );

describe('a head', () => {
  it('is read as it was written, in one request', async () => {
    const store = createMemoryStore();
    const written = await putHead(store, [signer], { merged: [ulid] });
    const fetch = () => expect.fail('the file lies in the manifest');
    const head = await readHead({ ...store, fetch }, { pace: recordingPace() });
    expect(Buffer.from(head?.file ?? [])).toEqual(Buffer.from(written.file));
    expect(head?.fileDigest).toBe(digestOf(written.file));
    expect(head?.signatures).toEqual(written.signatures);
    expect(head?.merged).toEqual([ulid]);
  });

  it('names file and signatures where its manifest would be large', async () => {
    const store = createMemoryStore();
    const shards = Array.from({ length: 1024 }, (_, at) => describeShard(Buffer.from(`${at}`)));
    const written = await putHead(store, [signer], { shards });
    const { bytes } = await store.resolve(HEAD_TAG);
    expect(bytes.toString()).not.toContain('"data"');
    expect(await readHead(store, { pace: recordingPace() })).toMatchObject({ file: written.file, shards });
  });

  it('is itself again where nothing has changed', async () => {
    const store = createMemoryStore();
    await putHead(store, [signer]);
    const known = await readHead(store, { pace: recordingPace() });
    if (known === undefined) expect.fail('there is one');
    expect(await readHead(store, { known, pace: recordingPace() })).toBe(known);
    await putHead(store, [signer], { catalogue: { ...catalogue, expiresMs: catalogue.expiresMs + 1 } });
    expect(await readHead(store, { known, pace: recordingPace() })).not.toBe(known);
  });

  it('that is not there is asked for once, and a few times where it should be', async () => {
    const store = createMemoryStore();
    const pace = recordingPace();
    expect(await readHead(store, { pace })).toBeUndefined();
    expect(pace.waits).toEqual([]);
    expect(await readHead(store, { pace, isExpected: true })).toBeUndefined();
    expect(pace.waits).toHaveLength(4);
    for (const wait of pace.waits) expect(wait >= 20 && wait <= 1000).toBe(true);
  });

  it('is there again after a moment in which the registry says that it is not', async () => {
    const store = createMemoryStore();
    await putHead(store, [signer]);
    const moment = (count: number) =>
      failing(store, [...(['NOT_FOUND', 'SERVER_ERROR'] as const), ...Array(count).fill('NOT_FOUND')]);
    expect(await readHead(moment(2), { pace: recordingPace(), isExpected: true })).toBeDefined();
    expect(await readHead(moment(3), { pace: recordingPace(), isExpected: true })).toBeUndefined();
    expect(await codeOf(readHead(failing(store, ['SERVER_ERROR']), { pace: recordingPace() }))).toBe('SERVER_ERROR');
    const forbidden = failing(store, ['FORBIDDEN']);
    expect(await codeOf(readHead(forbidden, { pace: recordingPace(), isExpected: true }))).toBe('FORBIDDEN');
  });

  const file: Descriptor = { ...describeAs('file', CATALOGUE_TYPE), data: Buffer.from('file') };
  const signature: Descriptor = { ...describeAs('signature', 'application/json'), data: Buffer.from('signature') };
  const shard = describeAs('shard', SHARD_TYPE);
  const subject = describeAs('subject', 'application/vnd.oci.image.manifest.v1+json');
  it.each<[string, Partial<NewImageManifest>]>([
    ['of another type', { artifactType: 'application/json' }],
    ['with a subject', { subject }],
    ['without a file', { layers: [signature] }],
    ['with a shard before a signature', { layers: [file, shard, signature] }],
    ['with nine signatures', { layers: [file, ...Array(9).fill(signature)] }],
    ['with a file that is not the embedded one', { layers: [{ ...file, data: Buffer.from('FILE') }] }],
    ['with a file of another size', { layers: [{ ...file, size: 5 }] }],
    ['with a file of more than 512 KiB', { layers: [{ ...file, size: 512 * 1024 + 1 }] }],
    ['with a signature of more than 64 KiB', { layers: [file, { ...signature, size: 64 * 1024 + 1 }] }],
    ['whose file is nowhere', { layers: [describeAs('file', CATALOGUE_TYPE)] }],
  ])('%s is none', async (_, changes) => {
    const store = createMemoryStore();
    await store.push(emptyContent, emptyDescriptor);
    const manifest = encodeManifest({
      kind: 'manifest',
      artifactType: CATALOGUE_TYPE,
      layers: [file, signature],
      ...changes,
    });
    await store.tag(manifest, HEAD_TAG);
    expect(await codeOf(readHead(store, { pace: recordingPace() }))).toBe('HEAD_MALFORMED');
  });

  it('that is an index, or too large, is none', async () => {
    const store = createMemoryStore();
    await store.tag(encodeManifest({ kind: 'index', artifactType: CATALOGUE_TYPE, manifests: [] }), HEAD_TAG);
    expect(await codeOf(readHead(store, { pace: recordingPace() }))).toBe('HEAD_MALFORMED');
    const annotations = { x: 'x'.repeat(1024 * 1024) };
    await store.tag(encodeManifest({ kind: 'manifest', artifactType: CATALOGUE_TYPE, annotations }), HEAD_TAG);
    expect(await codeOf(readHead(store, { pace: recordingPace() }))).toBe('TOO_LARGE');
  });

  it('is read or refused, whatever is in it, and nothing else happens', async () => {
    const store = createMemoryStore();
    await putHead(store, [signer]);
    const { bytes, descriptor } = await store.resolve(HEAD_TAG);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.uint8Array({ maxLength: 8 }), async (at, put) => {
        const changed = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + put.length)]);
        const resolved = {
          bytes: changed,
          descriptor: { ...descriptor, digest: digestOf(changed), size: changed.length },
        };
        await codeOf(readHead({ ...store, resolve: async () => resolved }, { pace: recordingPace() }));
      }),
    );
  });
});

describe('a shard', () => {
  const contents = ['a', 'b'].map((name) => contentWith({ [name]: { entries: [entry(name, 1)] } }));
  const shardBytes = contents.map((content, index) => encodeShard({ collection, bits: 1, index, content }));
  const sharded = {
    ...catalogue,
    tags: { kind: 'sharded', bits: 1, digests: shardBytes.map((bytes) => digestOf(bytes)) },
  } as const;
  const shards = shardBytes.map(describeShard);

  it('is the one that the file names', async () => {
    const store = createMemoryStore();
    await putHead(store, [signer], { catalogue: sharded, shards, shardBytes });
    const head = (await readHead(store, { pace: recordingPace() })) ?? expect.fail('there is one');
    const bytes = await readShard(store, { head, catalogue: sharded }, 1, { pace: recordingPace() });
    expect(shardContent(sharded, 1, bytes)).toEqual(contents[1]);
    expect(() => shardContent(sharded, 0, bytes)).toThrow('not the bytes');
    expect(() => shardContent(catalogue, 0, bytes)).toThrow('not the bytes');
  });

  it('that the manifest lacks, or has as another, or is nowhere, is not there', async () => {
    const store = createMemoryStore();
    const read = (parts: readonly Descriptor[], index = 0) =>
      codeOf(readShard(store, { head: { shards: parts }, catalogue: sharded }, index, { pace: recordingPace() }));
    expect(await read([])).toBe('HEAD_MALFORMED');
    expect(await read(shards.toReversed())).toBe('HEAD_MALFORMED');
    expect(await read(shards, 2)).toBe('HEAD_MALFORMED');
    expect(await read(shards)).toBe('HEAD_MALFORMED');
    expect(await read(shards.map((part) => ({ ...part, size: 512 * 1024 + 1 })))).toBe('CATALOGUE_TOO_LARGE');
  });

  it.each([
    ['index', { index: 1 }],
    ['number of shards', { bits: 2 }],
    ['collection', { collection: 'registry.example/other' }],
  ])('that says another %s is refused', (_, changes) => {
    const bytes = encodeShard({ collection, bits: 1, index: 0, content: contentWith({}), ...changes });
    const named = { ...sharded, tags: { ...sharded.tags, digests: [digestOf(bytes), digestOf(bytes)] } };
    expect(() => shardContent(named, 0, bytes)).toThrow('says that it is another');
  });
});

function describeAs(text: string, mediaType: string): Descriptor {
  const bytes = Buffer.from(text);
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}
