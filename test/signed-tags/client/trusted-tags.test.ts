import type { Store } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import {
  anyOf,
  at,
  collection,
  entry,
  hour,
  image,
  keyIdOf,
  newClient,
  newStore,
  publish,
  source,
  told,
} from './client-world.ts';

const [v1, v2] = [await entry('v1', 'old', at(0)), await entry('v1', 'new', at(5))];
const images = ['old', 'new'];

/** A registry whose catalogue names `old` at hour 1, then `new` at hour 6. */
async function storeAt(hours: number): Promise<Store> {
  const store = await newStore(...images);
  await publishAt(store, hours);
  return store;
}

async function publishAt(store: Store, hours: number): Promise<void> {
  const entries = hours < 6 ? [v1] : [v2, v1];
  await publish(store, { issued: at(hours), tags: { v1: { entries } } });
}

describe('a tag', () => {
  it('is what the catalogue says, and the report tells of it', async () => {
    const client = newClient(await storeAt(6));
    expect(await client.ask(':v1', { now: at(7) })).toMatchObject({
      kind: 'trusted',
      digest: image('new').digest,
      descriptor: { digest: image('new').digest, size: image('new').bytes.length },
      decision: { verdict: 'verified', allowed: true },
      facts: {
        collection,
        catalogue: 'shop',
        source: 'registry',
        issuedMs: at(6),
        expiresMs: at(6) + 72 * hour,
        atMs: at(5),
        cold: true,
      },
    });
    const again = await client.ask(':v1', { now: at(7) });
    expect(again.facts.cold).toBeUndefined();
    expect(Object.keys(again.facts).toSorted()).toEqual([
      'atMs',
      'catalogue',
      'collection',
      'expiresMs',
      'issuedMs',
      'source',
    ]);
  });

  it("that is not there, was removed, or is the protocol's own is not signed", async () => {
    const store = await newStore();
    await publish(store, { issued: at(1), tags: { v1: { entries: [v1] }, gone: { removedMs: at(0), entries: [] } } });
    const client = newClient(store);
    for (const tag of ['v3', 'gone', '__proto__', 'constructor', 'signet-tags', 'signet-tags.j.X'])
      expect(told(await client.ask(`:${tag}`, { now: at(2) })), tag).toBe('denied TAG_NOT_SIGNED');
    expect(told(await client.ask(':v1', { now: at(2) }), ...images)).toBe('old');
  });

  it("is none that begins as the protocol's own, even where a catalogue holds it and its statements are good", async () => {
    const store = await newStore(...images);
    const [own, like] = [await entry('signet-tags.x', 'old', at(0)), await entry('signet.x', 'old', at(0))];
    await publish(store, {
      issued: at(1),
      tags: { 'signet-tags.x': { entries: [own] }, 'signet.x': { entries: [like] } },
    });
    const client = newClient(store);
    expect(told(await client.ask(':signet.x', { now: at(2) }), ...images)).toBe('old');
    expect(told(await client.ask(':signet-tags.x', { now: at(2) }), ...images)).toBe('denied TAG_NOT_SIGNED');
  });

  it('is denied where its statements do not meet the rule, and the message says whose', async () => {
    const client = newClient(await storeAt(6));
    const answer = await client.ask(':v1', { now: at(7), require: source('bob') });
    expect(answer).toMatchObject({ kind: 'denied', code: 'NOT_TRUSTED', digest: image('new').digest });
    expect(answer.kind === 'denied' && answer.message).toMatch(/v1 is sha256:.* \(bob: /);
  });
});

describe('a catalogue', () => {
  it('that is missing denies; one that cannot be read decides nothing', async () => {
    expect(told(await newClient(await newStore()).ask(':v1', { now: at(1) }))).toBe('denied CATALOGUE_MISSING');
  });

  it('has to be signed by those who may', async () => {
    const client = newClient(await storeAt(6));
    const how = { now: at(7) };
    expect(told(await client.ask(':v1', { ...how, catalogue: { signedBy: source('mallory') } }))).toBe(
      'denied CATALOGUE_NOT_TRUSTED',
    );
    expect(
      told(await client.ask(':v1', { ...how, catalogue: { signedBy: anyOf('mallory', 'publisher') } }), ...images),
    ).toBe('new');
    const refuse = { keyIds: new Set([keyIdOf('publisher')]) };
    expect(told(await client.ask(':v1', { ...how, refuse }))).toBe('denied CATALOGUE_NOT_TRUSTED');
  });
});
