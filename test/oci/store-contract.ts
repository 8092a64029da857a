import {
  type Descriptor,
  type DigestAlgorithm,
  digestOf,
  MEDIA_TYPE_EMPTY,
  MEDIA_TYPE_MANIFEST,
  type ReferrersPage,
  RegistryError,
  type Resolved,
  type Source,
  type Store,
} from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { codeOf } from './code-of.ts';
import { describeStoreEdges } from './store-contract-edges.ts';
import { algorithmsOf, type StoreTraits } from './store-traits.ts';

const octets = 'application/octet-stream';
export const emptyJson: Uint8Array = Buffer.from('{}');

/** What every Store promises, run over each implementation. `create` gives an empty store each time. */
export function describeStore(name: string, create: () => Promise<Store>, traits: StoreTraits = {}): void {
  describeStoreEdges(name, create, traits);
  describe(`${name} keeps the Store contract`, () => {
    for (const algorithm of algorithmsOf(traits, 'blobs')) {
      it(`gives back a blob pushed by ${algorithm}`, async () => {
        const store = await create();
        const blob = descriptorOf(Buffer.from('layer'), octets, algorithm);
        expect(await store.exists(blob)).toBe(false);
        await store.push(Buffer.from('layer'), blob);
        await store.push(Buffer.from('layer'), blob);
        expect(await store.exists(blob)).toBe(true);
        expect(Buffer.from(await store.fetch(blob)).toString()).toBe('layer');
        expect(await textOf(store, blob)).toBe('layer');
      });
    }

    it('refuses a push whose bytes are not the descriptor’s, and keeps nothing', async () => {
      const store = await create();
      const blob = descriptorOf(Buffer.from('right'), octets);
      expect(await codeOf(store.push(Buffer.from('wrong'), blob))).toBe('DIGEST_MISMATCH');
      expect(await codeOf(store.push(Buffer.from('longer than'), blob))).toBe('SIZE_MISMATCH');
      expect(await codeOf(store.pushStream(one('wrong'), blob))).toBe('DIGEST_MISMATCH');
      expect(await codeOf(store.pushStream(one('longer than'), blob))).toBe('SIZE_MISMATCH');
      expect(await codeOf(store.pushStream(one('sho'), blob))).toBe('SIZE_MISMATCH');
      expect(await store.exists(blob)).toBe(false);
    });

    it('takes a blob from a stream', async () => {
      const store = await create();
      const blob = descriptorOf(Buffer.from('streamed'), octets);
      await store.pushStream(one('streamed'), blob);
      expect(await textOf(store, blob)).toBe('streamed');
    });

    it('checks the bound before it hands out bytes', async () => {
      const store = await create();
      const blob = await pushBlob(store, 'twelve bytes');
      expect(await codeOf(store.fetch(blob, { maxBytes: 11 }))).toBe('TOO_LARGE');
      expect((await store.fetch(blob, { maxBytes: 12 })).length).toBe(12);
    });

    it('refuses to hand out bytes for a descriptor of another size', async () => {
      const store = await create();
      const blob = await pushBlob(store, 'sized');
      expect(await codeOf(store.fetch({ ...blob, size: 4 }))).toBe('SIZE_MISMATCH');
      expect(await codeOf(textOf(store, { ...blob, size: 4 }))).toBe('SIZE_MISMATCH');
    });

    it('resolves a tag and a digest to the bytes that were pushed', async () => {
      const store = await create();
      const image = await pushImage(store, {});
      await store.tag(image, 'v1');
      for (const name of ['v1', image.descriptor.digest]) {
        const resolved = await store.resolve(name);
        expect(resolved.descriptor.digest).toBe(image.descriptor.digest);
        expect(resolved.descriptor.mediaType).toBe(MEDIA_TYPE_MANIFEST);
        expect(Buffer.from(resolved.bytes)).toEqual(Buffer.from(image.bytes));
      }
      expect(await all(store.tags())).toEqual(['v1']);
    });

    it('says NOT_FOUND for what is not there', async () => {
      const store = await create();
      const absent = descriptorOf(Buffer.from('absent'), octets);
      expect(await codeOf(store.resolve('absent'))).toBe('NOT_FOUND');
      expect(await codeOf(store.fetch(absent))).toBe('NOT_FOUND');
      expect(await codeOf(store.open(absent))).toBe('NOT_FOUND');
      if (traits.delete !== false) expect(await codeOf(store.delete(absent))).toBe(traits.deleteAbsent ?? 'NOT_FOUND');
      if (traits.untag !== false) expect(await codeOf(store.untag('absent'))).toBe('NOT_FOUND');
    });

    it('writes a tag only while its condition holds', async () => {
      const store = await create();
      const first = await pushImage(store, { n: '1' });
      const second = await pushImage(store, { n: '2' });
      expect(await codeOf(store.tag(first, 'v1', { condition: { expected: second.descriptor.digest } }))).toBe(
        'CONFLICT',
      );
      await store.tag(first, 'v1', { condition: { expected: null } });
      expect(await codeOf(store.tag(second, 'v1', { condition: { expected: null } }))).toBe('CONFLICT');
      await store.tag(second, 'v1', { condition: { expected: first.descriptor.digest } });
      expect((await store.resolve('v1')).descriptor.digest).toBe(second.descriptor.digest);
    });

    it('writes a tag once as at other times, unless what is called right before says no', async () => {
      const store = await create();
      const [first, second] = [await pushImage(store, { n: '1' }), await pushImage(store, { n: '2' })];
      const calls: string[] = [];
      const beforeWrite = (): void => void calls.push('before');
      await store.tag(first, 'v1', { condition: { expected: null }, once: true, beforeWrite });
      const condition = { expected: first.descriptor.digest };
      expect(await codeOf(store.tag(second, 'v1', { condition: { expected: null }, once: true, beforeWrite }))).toBe(
        'CONFLICT',
      );
      expect(calls).toEqual(['before']);
      const tooLate = (): void => {
        throw new RegistryError('TIMEOUT', 'too late');
      };
      expect(await codeOf(store.tag(second, 'v1', { condition, once: true, beforeWrite: tooLate }))).toBe('TIMEOUT');
      expect((await store.resolve('v1')).descriptor.digest).toBe(first.descriptor.digest);
      await store.tag(second, 'v1', { condition, once: true });
      expect((await store.resolve('v1')).descriptor.digest).toBe(second.descriptor.digest);
    });

    it('gives back what is known of a tag while it has not moved', async () => {
      const store = await create();
      const [first, second] = [await pushImage(store, { n: '1' }), await pushImage(store, { n: '2' })];
      await store.tag(first, 'v1');
      const known = await store.resolve('v1');
      expect(await store.resolve('v1', { known })).toBe(known);
      await store.tag(second, 'v1');
      const moved = await store.resolve('v1', { known });
      expect(moved.descriptor.digest).toBe(second.descriptor.digest);
      expect(Buffer.from(moved.bytes)).toEqual(Buffer.from(second.bytes));
      expect(await codeOf(store.resolve('v2', { known }))).toBe('NOT_FOUND');
    });

    it('refuses a tag outside the grammar', async () => {
      const store = await create();
      const image = await pushImage(store, {});
      for (const tag of ['', '../up', 'a/b', 'x'.repeat(129)]) {
        expect(await codeOf(store.tag(image, tag))).toBe('REFERENCE_INVALID');
      }
    });

    it('finds a referrer by its subject, with its type and annotations', async () => {
      const store = await create();
      const image = await pushImage(store, {});
      const other = await pushImage(store, { n: '2' });
      const referrer = await pushImage(store, { note: 'yes' }, image.descriptor);
      const listed = await referrersOf(store, image.descriptor);
      expect(listed.map((entry) => entry.digest)).toEqual([referrer.descriptor.digest]);
      expect(listed[0]).toMatchObject({ artifactType: 'application/x.test', annotations: { note: 'yes' } });
      expect(await referrersOf(store, other.descriptor)).toEqual([]);
    });

    it.runIf(traits.delete !== false)('removes a manifest with its tags and its listing entry', async () => {
      const store = await create();
      const image = await pushImage(store, {});
      const referrer = await pushImage(store, {}, image.descriptor);
      await store.tag(referrer, 'sig');
      await store.delete(referrer.descriptor);
      expect(await store.exists(referrer.descriptor)).toBe(false);
      if (traits.tagsFollowManifest !== false) expect(await codeOf(store.resolve('sig'))).toBe('NOT_FOUND');
      expect(await referrersOf(store, image.descriptor)).toEqual([]);
    });

    it.runIf(traits.untag !== false)('removes a tag alone', async () => {
      const store = await create();
      const image = await pushImage(store, {});
      await store.tag(image, 'v1');
      await store.tag(image, 'v2');
      await store.untag('v1');
      expect(await all(store.tags())).toEqual(['v2']);
      expect(await store.exists(image.descriptor)).toBe(true);
    });

    it.runIf(traits.untag === false)('says UNSUPPORTED where a tag cannot be removed alone, and keeps it', async () => {
      const store = await create();
      await store.tag(await pushImage(store, {}), 'v1');
      expect(await codeOf(store.untag('v1'))).toBe('UNSUPPORTED');
      expect(await all(store.tags())).toEqual(['v1']);
    });

    it('keeps every one of many pushes at once', async () => {
      const store = await create();
      const image = await pushImage(store, {});
      await Promise.all(Array.from({ length: 25 }, (_, n) => pushImage(store, { n: `${n}` }, image.descriptor)));
      expect(await referrersOf(store, image.descriptor)).toHaveLength(25);
    });
  });
}

function descriptorOf(bytes: Uint8Array, mediaType: string, algorithm: DigestAlgorithm = 'sha256'): Descriptor {
  return { mediaType, digest: digestOf(bytes, algorithm), size: bytes.length };
}

async function pushBlob(store: Store, text: string): Promise<Descriptor> {
  const bytes = Buffer.from(text);
  const blob = descriptorOf(bytes, octets);
  await store.push(bytes, blob);
  return blob;
}

async function pushImage(store: Store, annotations: Record<string, string>, subject?: Descriptor): Promise<Resolved> {
  const empty = descriptorOf(emptyJson, MEDIA_TYPE_EMPTY);
  await store.push(emptyJson, empty);
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE_MANIFEST,
    artifactType: 'application/x.test',
    config: empty,
    layers: [empty],
    ...(subject === undefined ? {} : { subject }),
    annotations,
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  const descriptor = descriptorOf(bytes, MEDIA_TYPE_MANIFEST);
  await store.push(bytes, descriptor);
  return { descriptor, bytes };
}

async function referrersOf(source: Source, subject: Descriptor): Promise<readonly Descriptor[]> {
  const pages: readonly ReferrersPage[] = await all(source.referrers(subject));
  return pages.flatMap((page) => page.descriptors);
}

async function textOf(source: Source, target: Descriptor): Promise<string> {
  return Buffer.concat(await all(await source.open(target))).toString();
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function* one(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text.slice(0, 2));
  yield Buffer.from(text.slice(2));
}
