import { askAhead, createMemoryStore, digestOf, MEDIA_TYPE_MANIFEST, type Source } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { createFakeSource } from '../verifier/fake-source.ts';

const bytes = Buffer.from('{"schemaVersion":2}');
const digest = digestOf(bytes);
const subject = { mediaType: MEDIA_TYPE_MANIFEST, digest, size: 0 };
const maxBytes = 1000;

function sourceWithImage() {
  const source = createFakeSource();
  source.blobs.set(digest, bytes);
  source.tagged.set('1.0', { bytes, descriptor: { ...subject, size: bytes.length } });
  source.pages = [
    { via: 'api', descriptors: [subject] },
    { via: 'api', descriptors: [] },
  ];
  return source;
}

async function pagesOf(source: Source, options: Parameters<Source['referrers']>[1]) {
  return await all(source.referrers(subject, options));
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('what is asked ahead', () => {
  it('is asked at once, and its answer given to who asks for it, once', async () => {
    const source = sourceWithImage();
    const ahead = askAhead(source, [{ what: 'resolve', tagOrDigest: '1.0', maxBytes }]);
    expect(source.requests).toEqual(['resolve 1.0']);
    expect((await ahead.resolve('1.0', { maxBytes })).descriptor.digest).toBe(digest);
    expect(source.requests).toEqual(['resolve 1.0']);
    await ahead.resolve('1.0', { maxBytes });
    expect(source.requests).toEqual(['resolve 1.0', 'resolve 1.0']);
  });

  it('may be a listing, all pages of it', async () => {
    const source = sourceWithImage();
    const ahead = askAhead(source, [{ what: 'referrers', subject, maxBytes }]);
    expect(source.requests).toEqual([`referrers ${digest}`]);
    expect(await pagesOf(ahead, { maxBytes })).toEqual(source.pages);
    expect(source.requests).toEqual([`referrers ${digest}`]);
    expect(await pagesOf(ahead, { maxBytes })).toEqual(source.pages);
    expect(source.requests).toHaveLength(2);
  });

  it('may be several questions', async () => {
    const source = sourceWithImage();
    const ahead = askAhead(source, [
      { what: 'referrers', subject, maxBytes },
      { what: 'resolve', tagOrDigest: digest, maxBytes },
      { what: 'resolve', tagOrDigest: '1.0', maxBytes },
    ]);
    const asked = [`referrers ${digest}`, `resolve ${digest}`, 'resolve 1.0'];
    expect(source.requests).toEqual(asked);
    expect((await ahead.resolve('1.0', { maxBytes })).descriptor.digest).toBe(digest);
    expect((await ahead.resolve(digest, { maxBytes })).descriptor.digest).toBe(digest);
    expect(await pagesOf(ahead, { maxBytes })).toEqual(source.pages);
    expect(source.requests).toEqual(asked);
  });

  it('is not taken for another question: another name, another bound, a filter', async () => {
    const source = sourceWithImage();
    const resolving = askAhead(source, [{ what: 'resolve', tagOrDigest: '1.0', maxBytes }]);
    await resolving.resolve(digest, { maxBytes });
    await resolving.resolve('1.0', { maxBytes: 2000 });
    await resolving.resolve('1.0');
    expect(source.requests).toEqual(['resolve 1.0', `resolve ${digest}`, 'resolve 1.0', 'resolve 1.0']);
    const listing = askAhead(source, [{ what: 'referrers', subject, maxBytes }]);
    await pagesOf(listing, { maxBytes: 2000 });
    await pagesOf(listing, { maxBytes, artifactType: 'a/b' });
    await all(listing.referrers({ ...subject, digest: digestOf(Buffer.from('other')) }, { maxBytes }));
    expect(source.requests.slice(4)).toHaveLength(4);
  });

  it('fails for who asks, and for nobody else', async () => {
    const source = createFakeSource();
    const [resolving, unasked] = [1, 2].map(() =>
      askAhead(source, [{ what: 'resolve', tagOrDigest: 'gone', maxBytes }]),
    );
    source.before = () => Promise.reject(new RangeError('broken'));
    const listing = askAhead(source, [{ what: 'referrers', subject, maxBytes }]);
    await new Promise((resolve) => setImmediate(resolve));
    await expect(resolving?.resolve('gone', { maxBytes })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(pagesOf(listing, { maxBytes })).rejects.toThrow('broken');
    expect(unasked).toBeDefined();
  });

  it('is broken off by the signal of who asks', async () => {
    const source = sourceWithImage();
    const signals: (AbortSignal | undefined)[] = [];
    source.before = (_, signal) => void signals.push(signal);
    const [early, late] = [new AbortController(), new AbortController()];
    const resolving = askAhead(source, [{ what: 'resolve', tagOrDigest: '1.0', maxBytes }]);
    const listing = askAhead(source, [{ what: 'referrers', subject, maxBytes }]);
    early.abort(new RangeError('before'));
    await resolving.resolve('1.0', { maxBytes, signal: early.signal });
    await pagesOf(listing, { maxBytes, signal: late.signal });
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, false]);
    late.abort(new RangeError('after'));
    expect(signals.map((signal) => signal?.reason.message)).toEqual(['before', 'after']);
  });

  it('leaves everything else to the store', async () => {
    const store = createMemoryStore();
    const ahead = askAhead(store, [{ what: 'referrers', subject, maxBytes }]);
    await ahead.push(bytes, { mediaType: 'application/octet-stream', digest, size: bytes.length });
    expect(await store.exists({ ...subject, mediaType: 'application/octet-stream', size: bytes.length })).toBe(true);
  });
});
