import { createMemoryStore, digestOf, RegistryError, type Store } from '@signet/oci';
import { carryCatalogue, HEAD_TAG, memoryPlace, publish, readHead } from '@signet/signed-tags';
import { noRefusals } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import * as client from '../client/client-world.ts';
import { person, shortPace, type World, world } from '../publish/world.ts';

/** Takes the catalogue of a world elsewhere. */
const carry = (
  { store, authority, clock }: World,
  to: Store,
  more: Partial<Parameters<typeof carryCatalogue>[0]> = {},
) => carryCatalogue({ from: store, to, authority, now: () => clock.nowMs, pace: shortPace, ...more });

/** Publishes that a tag is an image, a second later than whatever was before. */
async function say(there: World, tag: string, image: string, writer = there.writer()): Promise<void> {
  there.clock.nowMs += 1000;
  const operation = await there.sign(tag, image, { atMs: there.clock.nowMs });
  expect((await publish({ ...writer, operations: [operation], allowCold: true })).outcome).toBe('published');
}

const headDigest = async (store: Store) => (await readHead(store, { pace: shortPace }))?.resolved.descriptor.digest;

/** A catalogue, a copy of it, and a newer catalogue at the first place. */
async function twice() {
  const origin = await world();
  await say(origin, 'v1', 'one');
  const mirror = createMemoryStore();
  await carry(origin, mirror);
  await say(origin, 'v1', 'two');
  return { origin, mirror, old: await headDigest(mirror) };
}

describe('a catalogue that is carried', () => {
  it('lies at the other end as it was, and verifies there', async () => {
    const origin = await world();
    await say(origin, 'v1', 'one');
    const mirror = createMemoryStore();
    expect(await carry(origin, mirror)).toMatchObject({ outcome: 'carried', manifest: await headDigest(origin.store) });
    expect(await headDigest(mirror)).toBe(await headDigest(origin.store));
    expect((await origin.read(mirror)).digestOf('v1')).toBe((await origin.read()).digestOf('v1'));
    expect(await carry(origin, mirror)).toMatchObject({ outcome: 'there' });
  });

  it('replaces an older one of the same line', async () => {
    const { origin, mirror, old } = await twice();
    expect(await carry(origin, mirror)).toMatchObject({ outcome: 'carried', replaced: { manifest: old } });
    expect(await headDigest(mirror)).toBe(await headDigest(origin.store));
  });

  it('never replaces a newer one', async () => {
    const { origin, mirror, old } = await twice();
    const back = { ...origin, store: mirror };
    await expect(carry(back, origin.store)).rejects.toMatchObject({ code: 'CATALOGUE_NEWER' });
    expect(await headDigest(origin.store)).not.toBe(old);
  });

  it('is not carried where a newer one was seen, whatever lies there now', async () => {
    const { origin, mirror } = await twice();
    const state = memoryPlace();
    await publish({ ...origin.writer(), state, operations: [], allowCold: true });
    const back = { ...origin, store: mirror };
    await expect(carry(back, createMemoryStore(), { state })).rejects.toMatchObject({
      code: 'CATALOGUE_NEWER',
      message: expect.stringContaining('was seen here'),
    });
    expect(await carry(back, createMemoryStore(), { state: memoryPlace() })).toMatchObject({ outcome: 'carried' });
  });

  it('does not replace an older one that holds what it does not', async () => {
    const { origin, mirror } = await twice();
    const fork = { ...origin, store: mirror };
    const alone = { ...fork.writer(), store: mirror, state: memoryPlace() };
    await say(fork, 'only-here', 'three', alone);
    await say(origin, 'v2', 'four');
    await expect(carry(origin, mirror)).rejects.toMatchObject({
      code: 'CATALOGUE_NEWER',
      message: expect.stringContaining('holds what this one does not'),
    });
  });

  it('replaces what nobody may have signed, and what is no catalogue', async () => {
    const origin = await world();
    await say(origin, 'v1', 'one');
    const junk = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [] }));
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const mirror = createMemoryStore();
    await mirror.tag({ bytes: junk, descriptor: { mediaType, digest: digestOf(junk), size: junk.length } }, HEAD_TAG);
    expect(await carry(origin, mirror)).toMatchObject({ outcome: 'carried', replaced: { manifest: digestOf(junk) } });
    const { source } = await person('another');
    const authority = { ...origin.authority, signedBy: source };
    await expect(carry(origin, createMemoryStore(), { authority })).rejects.toMatchObject({
      code: 'CATALOGUE_NOT_TRUSTED',
    });
  });

  it('writes nothing when it is only asked what would be done', async () => {
    const { origin, mirror, old } = await twice();
    expect(await carry(origin, mirror, { isDry: true })).toMatchObject({ outcome: 'carried' });
    expect(await headDigest(mirror)).toBe(old);
  });

  it('is remembered by who has carried it, who is not taken back behind it', async () => {
    const { origin, mirror } = await twice();
    const state = memoryPlace();
    await carry(origin, createMemoryStore(), { state });
    const back = { ...origin, store: mirror };
    await expect(carry(back, createMemoryStore(), { state })).rejects.toMatchObject({ code: 'CATALOGUE_NEWER' });
  });

  it('is looked for more than once at the other end: one 404 while the tag is overwritten is none', async () => {
    const { origin, mirror, old } = await twice();
    let isFirst = true;
    const flaky: Store = {
      ...origin.store,
      async resolve(...args) {
        if (!isFirst) return await origin.store.resolve(...args);
        isFirst = false;
        throw new RegistryError('NOT_FOUND', 'for a moment');
      },
    };
    await expect(carry({ ...origin, store: mirror }, flaky)).rejects.toMatchObject({ code: 'CATALOGUE_NEWER' });
    expect(await headDigest(origin.store)).not.toBe(old);
  });

  it('is missing where there is none', async () => {
    const origin = await world({ isNew: true });
    await expect(carry(origin, createMemoryStore())).rejects.toMatchObject({ code: 'CATALOGUE_MISSING' });
  });
});

describe('a clock that is behind that of the other end', () => {
  it('does not take what lies there for the future: nothing is carried over it, unless that is asked for', async () => {
    const { origin, mirror, old } = await twice();
    const there: Store = {
      ...origin.store,
      resolve: async (...args) => ({ ...(await origin.store.resolve(...args)), dateMs: origin.clock.nowMs }),
    };
    const late = {
      authority: origin.authority,
      from: mirror,
      to: there,
      pace: shortPace,
      now: () => origin.clock.nowMs - client.hour,
    };
    await expect(carryCatalogue(late)).rejects.toMatchObject({ code: 'CLOCK_DIFFERS' });
    expect(await headDigest(origin.store)).not.toBe(old);
  });
});

describe('a catalogue from the future', () => {
  const year = 365 * 24 * client.hour;
  const nowMs = client.at(3);
  const authority = { collection: client.collection, signedBy: client.source('publisher'), refuse: noRefusals };
  const take = (from: Store, to: Store) => carryCatalogue({ from, to, authority, now: () => nowMs, pace: shortPace });

  it('is not carried, and keeps no good one out', async () => {
    const [future, good] = [createMemoryStore(), createMemoryStore()];
    await client.publish(good, { issued: client.at(2) });
    await client.publish(future, { issued: nowMs + year });
    await expect(take(future, good)).rejects.toMatchObject({ code: 'CLOCK_DIFFERS' });
    expect(await take(good, future)).toMatchObject({
      outcome: 'carried',
      replaced: { refused: expect.stringContaining('yet to come') },
    });
  });

  it('nor does an entry of one', async () => {
    const [ahead, good] = [createMemoryStore(), createMemoryStore()];
    const later = await client.entry('v1', 'later', nowMs + year);
    await client.publish(ahead, { issued: client.at(1), tags: { v1: { entries: [later] } } });
    await client.publish(good, { issued: client.at(2) });
    expect(await take(good, ahead)).toMatchObject({ outcome: 'carried' });
  });
});

describe('without an authority, by what both say themselves', () => {
  const take = (from: Store, to: Store) => carryCatalogue({ from, to, now: () => client.at(3), pace: shortPace });
  const published = async (more: Partial<Parameters<typeof client.publish>[1]>): Promise<Store> => {
    const store = createMemoryStore();
    await client.publish(store, { issued: client.at(1), ...more });
    return store;
  };

  it('a later one that holds all takes the place of another', async () => {
    const tags = { v1: { entries: [await client.entry('v1', 'one', client.at(0))] } };
    const later = await published({ issued: client.at(2), tags });
    expect(await take(later, await published({ tags }))).toMatchObject({ outcome: 'carried', copied: { tags: [] } });
  });

  it.each<[string, Partial<Parameters<typeof client.publish>[1]>, string]>([
    ['one that is newer', { issued: client.at(2) + 1 }, 'CATALOGUE_NEWER'],
    ['one of another collection', { collection: 'registry.example/shop/other' }, 'COLLECTION_MISMATCH'],
    [
      'one that revokes more',
      { revoked: new Map([[client.image('x').digest, { atMs: client.at(1), reason: 'bad' }]]) },
      'CATALOGUE_NEWER',
    ],
    ['one with a later floor', { floorMs: client.at(1) }, 'CATALOGUE_NEWER'],
  ])('%s stays', async (_, there, code) => {
    await expect(take(await published({ issued: client.at(2) }), await published(there))).rejects.toMatchObject({
      code,
    });
  });

  it('one that holds a tag more stays, or one statement more, in whatever shards both are', async () => {
    const alone = await client.entry('v1', 'one', client.at(0));
    const both = await client.entry('v1', 'one', client.at(0), { at: client.at(0) }, { by: 'bob', at: client.at(0) });
    for (const bits of [undefined, 2])
      for (const [mine, its] of [
        [{}, { v1: { entries: [alone] } }],
        [{ v1: { entries: [alone] } }, { v1: { entries: [both] } }],
      ] as const) {
        const sharded = bits === undefined ? {} : { bits };
        const own = await published({ issued: client.at(2), tags: mine });
        await expect(take(own, await published({ tags: its, ...sharded }))).rejects.toMatchObject({
          code: 'CATALOGUE_NEWER',
        });
      }
  });

  it('what is no catalogue stays', async () => {
    const junk = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [] }));
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const there = createMemoryStore();
    await there.tag({ bytes: junk, descriptor: { mediaType, digest: digestOf(junk), size: junk.length } }, HEAD_TAG);
    await expect(take(await published({}), there)).rejects.toMatchObject({ code: 'CATALOGUE_MALFORMED' });
  });
});
