import { createMemoryStore, digestOf, type Store } from '@signet/oci';
import { carryCatalogue, HEAD_TAG, memoryPlace, publish, readHead } from '@signet/signed-tags';
import { describe, expect, it } from 'vitest';
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

  it('is missing where there is none', async () => {
    const origin = await world({ isNew: true });
    await expect(carry(origin, createMemoryStore())).rejects.toMatchObject({ code: 'CATALOGUE_MISSING' });
  });
});
