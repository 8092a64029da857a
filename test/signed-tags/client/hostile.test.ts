import { digestOf, encodeManifest, RegistryError, type Store } from '@signet/oci';
import { CATALOGUE_TYPE, HEAD_TAG } from '@signet/signed-tags';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeHead, pushParts } from '../../../packages/signed-tags/src/head/encode-head.ts';
import { signFile } from '../../../packages/signed-tags/src/head/sign-file.ts';
import {
  at,
  collection,
  entry,
  type How,
  image,
  newClient,
  newStore,
  publish,
  quietPace,
  signerOf,
  told,
} from './client-world.ts';

const images = ['old', 'new'];
const v1 = await entry('v1', 'new', at(0));
const asked: How = { now: at(2) };

/** A file that the publisher has signed, whatever it is. */
async function putFile(store: Store, file: Uint8Array): Promise<void> {
  const signed = await signFile(file, [signerOf('publisher')]);
  await pushParts(store, { ...signed, shards: [] });
  await store.tag(encodeHead({ ...signed, shards: [], merged: [] }), HEAD_TAG);
}

async function answerTo(file: string): Promise<string> {
  const store = await newStore(...images);
  await putFile(store, Buffer.from(file));
  return told(await newClient(store).ask(':v1', asked), ...images);
}

const good = {
  _type: CATALOGUE_TYPE,
  collection,
  issued: new Date(at(1)).toISOString(),
  expires: new Date(at(73)).toISOString(),
  tags: {
    v1: {
      digest: image('new').digest,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      size: image('new').bytes.length,
      at: new Date(at(0)).toISOString(),
      statements: v1.statements.map(({ mediaType, bytes }) => ({
        mediaType,
        data: Buffer.from(bytes).toString('base64'),
      })),
    },
  },
};

describe('a catalogue file that its publisher signed', () => {
  it('is read as it is', async () => {
    expect(await answerTo(JSON.stringify(good))).toBe('new');
  });

  it.each<[string, string]>([
    ['with a malformed time', JSON.stringify({ ...good, issued: '2026-11-23T09:00:00Z' })],
    ['with a key twice', JSON.stringify(good).replace('{', `{"collection":"${collection}",`)],
    ['with an unknown member', JSON.stringify({ ...good, version: 2 })],
    ['nested 10,000 deep', '['.repeat(10_000)],
    ['that is no JSON', 'x'],
    ['that is empty', ''],
  ])('%s is refused', async (_, file) => {
    expect(await answerTo(file)).toBe('denied CATALOGUE_MALFORMED');
  });

  it('may hold tags with names of things that every object has', async () => {
    const { v1: tag } = good.tags;
    const text = JSON.stringify({ ...good, tags: { constructor: tag } }).replace('"constructor"', '"__proto__"');
    const store = await newStore(...images);
    await putFile(store, Buffer.from(text));
    const client = newClient(store);
    // Its statement is of another tag.
    expect(told(await client.ask(':__proto__', asked))).toBe('denied TAG_MISMATCH');
    for (const name of ['constructor', 'toString', 'hasOwnProperty'])
      expect(told(await client.ask(`:${name}`, asked)), name).toBe('denied TAG_NOT_SIGNED');
  });

  it('of another repository is denied, and so is one for a mirror that the policy does not name', async () => {
    const store = await newStore(...images);
    await publish(store, { issued: at(1), tags: { v1: { entries: [v1] } } });
    const client = newClient(store);
    const web = 'registry.example/shop/web:v1';
    expect(told(await client.ask(web, asked))).toBe('denied COLLECTION_MISMATCH');
    const mirror = 'mirror.local/shop/api:v1';
    expect(told(await client.ask(mirror, asked))).toBe('denied COLLECTION_MISMATCH');
    const mirrors = [{ name: 'mirror.local/shop', isTree: true }];
    expect(told(await client.ask(mirror, { ...asked, catalogue: { mirrors } }), ...images)).toBe('new');
  });
});

describe('whatever a registry says', () => {
  it('a head of any bytes is denied or not decided, never trusted, and nothing is thrown', async () => {
    const store = await newStore(...images);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const descriptor = {
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          digest: digestOf(bytes),
          size: bytes.length,
        };
        const hostile: Store = { ...store, resolve: async () => ({ descriptor, bytes }) };
        expect((await newClient(hostile).ask(':v1', asked)).kind).not.toBe('trusted');
      }),
      { numRuns: 50 },
    );
  });

  it('of any error it answers that nothing could be decided', async () => {
    const store = await newStore(...images);
    for (const error of [
      new RegistryError('DIGEST_MISMATCH', 'x'),
      new RegistryError('TOO_LARGE', 'x'),
      new TypeError('x'),
    ]) {
      const resolve = () => Promise.reject(error);
      expect(told(await newClient({ ...store, resolve }).ask(':v1', asked))).toBe('undecided INCOMPLETE');
    }
  });

  it('its manifest is bounded: the bound is asked for, and a large layer is not read', async () => {
    const store = await newStore(...images);
    const bounds: (number | undefined)[] = [];
    const resolve: Store['resolve'] = (tag, options) => {
      bounds.push(options?.maxBytes);
      return store.resolve(tag, options);
    };
    await newClient({ ...store, resolve }).ask(':v1', asked);
    expect(new Set(bounds)).toEqual(new Set([1024 * 1024]));
    const large = { mediaType: CATALOGUE_TYPE, digest: digestOf(Buffer.from('')), size: 512 * 1024 + 1 };
    const head = encodeManifest({ kind: 'manifest', artifactType: CATALOGUE_TYPE, layers: [large] });
    const fetch = () => expect.fail('it is not to be read');
    const hostile: Store = { ...store, fetch, resolve: async () => head };
    expect(told(await newClient(hostile).ask(':v1', asked))).toBe('denied CATALOGUE_MALFORMED');
  });

  it('no more than so many questions are put to it', async () => {
    const store = await newStore(...images);
    await publish(store, { issued: at(1), tags: { v1: { entries: [v1] } }, bits: 3 });
    const ask = async (maxRequests: number) => await newClient(store, { limits: { maxRequests } }).ask(':v1', asked);
    expect(told(await ask(2), ...images)).toBe('new');
    const answer = await ask(1);
    expect(told(answer)).toBe('undecided INCOMPLETE');
    expect(answer.kind === 'undecided' && answer.gap?.code).toBe('LIMIT_REACHED');
  });

  it('it is waited for 30 seconds, or until the caller gives up', async () => {
    const store = await newStore(...images);
    await publish(store, { issued: at(1), tags: { v1: { entries: [v1] } } });
    const late = Promise.withResolvers<void>();
    const waits: number[] = [];
    const wait = (ms: number): Promise<void> => {
      waits.push(ms);
      return late.promise;
    };
    const pace = { ...quietPace(), wait };
    const resolve: Store['resolve'] = (_, options) =>
      new Promise((_resolve, reject) => {
        options?.signal?.addEventListener('abort', () => reject(new RegistryError('ABORTED', 'aborted')));
        late.resolve();
      });
    const answer = await newClient({ ...store, resolve }, { pace }).ask(':v1', asked);
    expect(waits).toEqual([30_000]);
    expect(answer).toMatchObject({ kind: 'undecided', gap: { what: 'time', code: 'TIMEOUT' } });
    const controller = new AbortController();
    const asking = newClient({ ...store, resolve }).ask(':v1', { ...asked, signal: controller.signal });
    controller.abort(new RegistryError('ABORTED', 'no longer wanted'));
    expect(await asking).toMatchObject({ kind: 'undecided', gap: { what: 'time', code: 'ABORTED' } });
  });

  it('who has seen the catalogue goes on with it where the registry never answers', async () => {
    const store = await newStore(...images);
    await publish(store, { issued: at(1), tags: { v1: { entries: [v1] } } });
    const client = newClient(store);
    await client.ask(':v1', asked);
    const resolve: Store['resolve'] = () => Promise.reject(new RegistryError('TIMEOUT', 'slow'));
    expect(told(await client.ask(':v1', { ...asked, source: { ...store, resolve } }), ...images)).toBe('new');
  });
});
