import { createMemoryStore, type Digest, digestOf, MEDIA_TYPE_MANIFEST, RegistryError, type Store } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { createSharedReads } from '../../../packages/cli/src/audit/shared-reads.ts';
import { addBlob, createFakeSource } from '../../verifier/fake-source.ts';

const entry = (name: string, annotation = '') => ({
  mediaType: MEDIA_TYPE_MANIFEST,
  digest: digestOf(Buffer.from(name)),
  size: 1,
  ...(annotation === '' ? {} : { annotations: { a: annotation } }),
});
const subject = entry('image');
const pages = [
  { via: 'api', descriptors: [entry('a')] },
  { via: 'api', descriptors: [entry('b'), entry('c')] },
] as const;

/** A repository that counts what it is asked, and several ways to it that share their reads. */
function world() {
  const source = createFakeSource();
  source.pages = pages;
  const shared = createSharedReads();
  const store: Store = { ...createMemoryStore(), ...source };
  const of = (repository: string) => shared.of(store, repository);
  return { source, of, one: of('r.example/a'), other: of('r.example/a') };
}

async function listingOf(store: Store, signal?: AbortSignal, atMost = 100) {
  const found: Digest[] = [];
  for await (const { descriptors } of store.referrers(subject, signal === undefined ? {} : { signal })) {
    found.push(...descriptors.map(({ digest }) => digest));
    if (--atMost === 0) break;
  }
  return found;
}

const all = pages.flatMap(({ descriptors }) => descriptors.map(({ digest }) => digest));
const twice = <T>(store: Store, read: (store: Store) => Promise<T>) => Promise.all([read(store), read(store)]);

describe('reads that images share', () => {
  it('are made once for those who ask at once, and for those who ask later', async () => {
    const { source, one, other } = world();
    const { descriptor } = addBlob(source, Buffer.from('{}'));
    const signatures = `sha256-${'ab'.repeat(32)}.sig`;
    const readAll = async (store: Store) => [
      await store.resolve(descriptor.digest),
      await store.fetch(descriptor),
      await listingOf(store),
      await store.resolve(signatures).catch(({ code }) => code),
    ];
    const [first, second] = await Promise.all([readAll(one), readAll(other)]);
    expect(first).toEqual(second);
    expect(first.slice(2)).toEqual([all, 'NOT_FOUND']);
    expect(await readAll(other)).toEqual(first);
    expect(source.requests).toEqual([
      `resolve ${descriptor.digest}`,
      `fetch ${descriptor.digest}`,
      `referrers ${subject.digest}`,
      `resolve ${signatures}`,
    ]);
  });

  it('are not what a tag names, and nothing of another repository, of another bound or for another filter', async () => {
    const { source, one, of } = world();
    source.tagged.set('1.0', addBlob(source, Buffer.from('{}')));
    await twice(one, (store) => store.resolve('1.0'));
    expect(source.requests).toHaveLength(2);
    await listingOf(one);
    await listingOf(of('r.example/b'));
    for await (const _ of one.referrers(subject, { maxBytes: 5 }));
    for await (const _ of one.referrers(subject, { artifactType: 'a/b' }));
    expect(source.requests).toHaveLength(6);
  });

  it('leave out who had enough early: what he saw serves others, who ask for all when they want more', async () => {
    const { source, one, other } = world();
    expect(await listingOf(one, undefined, 1)).toEqual(all.slice(0, 1));
    expect(await listingOf(other, undefined, 1)).toEqual(all.slice(0, 1));
    expect(source.requests).toHaveLength(1);
    expect(await listingOf(other)).toEqual([...all.slice(0, 1), ...all]);
    expect(await listingOf(one)).toEqual(all);
    expect(source.requests).toHaveLength(2);
  });

  it.each(['resolve', 'fetch', 'listing'] as const)('that failed are made anew by who waited (%s)', async (what) => {
    const { source, one } = world();
    const { descriptor } = addBlob(source, Buffer.from('{}'));
    const reads = {
      resolve: () => one.resolve(descriptor.digest),
      fetch: () => one.fetch(descriptor),
      listing: () => listingOf(one),
    };
    source.before = () => {
      if (source.requests.length < 3) throw new RegistryError('TIMEOUT', 'too slow');
    };
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => reads[what]()));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled', 'fulfilled']);
    expect(source.requests).toHaveLength(3);
  });

  it('that break off after a page are kept by nobody', async () => {
    const { source, one } = world();
    source.listingError = new RegistryError('LIMIT_REACHED', 'too many');
    await expect(listingOf(one)).rejects.toThrow('too many');
    source.listingError = undefined;
    expect(await listingOf(one)).toEqual(all);
    expect(source.requests).toHaveLength(2);
  });

  it('end for who waits when his time is up, and go on for the others', async () => {
    const { source, one } = world();
    const { descriptor } = addBlob(source, Buffer.from('{}'));
    const held = Promise.withResolvers<void>();
    source.before = () => held.promise;
    const patient = Promise.all([one.fetch(descriptor), listingOf(one)]);
    const signal = AbortSignal.abort(new RegistryError('TIMEOUT', 'his time'));
    const late = AbortSignal.timeout(1);
    await expect(one.fetch(descriptor, { signal })).rejects.toThrow('his time');
    await expect(listingOf(one, signal)).rejects.toThrow('his time');
    await expect(one.fetch(descriptor, { signal: late })).rejects.toThrow('timeout');
    await expect(listingOf(one, late)).rejects.toThrow('timeout');
    held.resolve();
    expect(await patient).toEqual([Buffer.from('{}'), all]);
  });

  it('are kept by nobody where they are large', async () => {
    const { source, one } = world();
    const { descriptor } = addBlob(source, Buffer.alloc(1024 * 1024));
    await one.fetch(descriptor);
    await one.fetch(descriptor);
    const large = entry('large', 'x'.repeat(300_000));
    source.pages = [{ via: 'api', descriptors: [large] }];
    for (const _ of [1, 2]) expect(await listingOf(one)).toEqual([large.digest]);
    expect(source.requests).toHaveLength(4);
  });

  it('of many images take bounded memory: what was not asked for longest goes', async () => {
    const { source, one } = world();
    const blobs = Array.from({ length: 40 }, (_, at) => addBlob(source, Buffer.alloc(400_000, at)).descriptor);
    for (const blob of blobs) await one.fetch(blob);
    source.requests.length = 0;
    for (const blob of [blobs[0], blobs[39]]) if (blob !== undefined) await one.fetch(blob);
    expect(source.requests).toEqual([`fetch ${blobs[0]?.digest}`]);
  });
});
