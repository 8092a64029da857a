import type { Store } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { at, entry, type How, hour, newClient, newStore, publish, told } from './client-world.ts';

const images = ['old', 'new'];
const v1 = await entry('v1', 'new', at(0));
const minute = 60_000;

/** Issued at hour 1, for 72 hours. */
async function storeWith(changes: Partial<Parameters<typeof publish>[1]> = {}): Promise<Store> {
  const store = await newStore(...images);
  await publish(store, { issued: at(1), tags: { v1: { entries: [v1] } }, ...changes });
  return store;
}

async function answerAt(now: number, catalogue: How['catalogue'] = {}, store?: Store) {
  return await newClient(store ?? (await storeWith())).ask(':v1', { now, catalogue });
}

describe('a catalogue', () => {
  it('counts until it expires', async () => {
    expect(told(await answerAt(at(73) - 1), ...images)).toBe('new');
    expect(told(await answerAt(at(73)))).toBe('denied CATALOGUE_EXPIRED');
  });

  it('counts until it is too old, even where it says that it lasts longer', async () => {
    const store = await storeWith({ expires: at(1) + 30 * 24 * hour });
    expect(told(await answerAt(at(73), {}, store), ...images)).toBe('new');
    expect(told(await answerAt(at(73) + 1, {}, store))).toBe('denied CATALOGUE_TOO_OLD');
  });

  it('that was not refreshed in time is taken for the time of grace, with a warning', async () => {
    const grace = { graceAfterExpiryMs: 24 * hour };
    const answer = await answerAt(at(97) - 1, grace);
    expect(told(answer, ...images)).toBe('new');
    expect(answer.facts.expired).toBe('grace');
    expect((await answerAt(at(73) - 1, grace)).facts.expired).toBeUndefined();
    expect(told(await answerAt(at(97), grace))).toBe('denied CATALOGUE_EXPIRED');
  });

  it('that comes by hand counts by the age that the policy has for it', async () => {
    const bundle: How['catalogue'] = { freshness: { mode: 'bundle', maxAgeMs: 30 * 24 * hour } };
    const answer = await answerAt(at(1) + 30 * 24 * hour, bundle);
    expect(told(answer, ...images)).toBe('new');
    expect(answer.facts.freshness).toBe('bundle');
    expect(told(await answerAt(at(1) + 30 * 24 * hour + 1, bundle))).toBe('denied CATALOGUE_TOO_OLD');
    expect(told(await answerAt(at(2), { ...bundle, notBeforeMs: at(2) }))).toBe('denied CATALOGUE_TOO_OLD');
  });

  it('from the future does not exist', async () => {
    const store = await storeWith({ issued: at(2) + 10 * minute });
    expect(told(await answerAt(at(2), {}, store), ...images)).toBe('new');
    expect(told(await answerAt(at(2) - 1, {}, store))).toBe('undecided CLOCK_BEHIND');
    // One of the year 2099 hides nothing and leaves nothing behind.
    const client = newClient(await storeWith());
    await client.ask(':v1', { now: at(2) });
    await publish(client.store, { issued: Date.UTC(2099, 0), tags: {} });
    expect(told(await client.ask(':v1', { now: at(3) }), ...images)).toBe('new');
    await publish(client.store, { issued: at(4), tags: { v1: { entries: [v1] } } });
    expect((await client.ask(':v1', { now: at(4) })).facts).toMatchObject({ source: 'registry', issuedMs: at(4) });
  });
});

describe('a clock', () => {
  it('that is behind what was seen decides nothing, and one that is ahead finds all expired', async () => {
    const client = newClient(await storeWith({ issued: at(30) }));
    expect(told(await client.ask(':v1', { now: at(31) }), ...images)).toBe('new');
    expect(told(await client.ask(':v1', { now: at(30) - 10 * minute }), ...images)).toBe('new');
    expect(told(await client.ask(':v1', { now: at(30) - 10 * minute - 1 }))).toBe('undecided CLOCK_BEHIND');
    expect(told(await client.ask(':v1', { now: at(7) }))).toBe('undecided CLOCK_BEHIND');
    expect(told(await client.ask(':v1', { now: at(365 * 24) }))).toBe('denied CATALOGUE_EXPIRED');
    expect(told(await client.ask(':v1', { now: at(31) }), ...images)).toBe('new');
  });
});

describe('an entry from the future', () => {
  it('does not exist: the one before it counts', async () => {
    const [future, before] = [await entry('v1', 'new', Date.UTC(2999, 0)), await entry('v1', 'old', at(0))];
    const store = await storeWith({ tags: { v1: { entries: [future, before] } } });
    expect(told(await answerAt(at(2), {}, store), ...images)).toBe('old');
    const soon = await entry('v1', 'new', at(2) + 10 * minute);
    const early = await storeWith({ tags: { v1: { entries: [soon, before] } } });
    expect(told(await answerAt(at(2), {}, early), ...images)).toBe('new');
    expect(told(await answerAt(at(2) - 1, {}, early), ...images)).toBe('old');
  });

  it('nor does a removal: who has seen the tag goes on with that', async () => {
    const client = newClient(await storeWith());
    await client.ask(':v1', { now: at(2) });
    await publish(client.store, { issued: at(3), tags: { v1: { removedMs: Date.UTC(2999, 0), entries: [] } } });
    expect(told(await client.ask(':v1', { now: at(4) }), ...images)).toBe('new');
  });

  it('nor does a removal or a floor: neither holds a tag back that is signed anew', async () => {
    const store = await storeWith({
      tags: { v1: { removedMs: Date.UTC(2999, 0), entries: [] } },
      floorMs: Date.UTC(2999, 0),
    });
    const client = newClient(store);
    expect(told(await client.ask(':v1', { now: at(2) }))).toBe('denied TAG_NOT_SIGNED');
    expect(told(await client.ask(':none', { now: at(2) }))).toBe('denied TAG_NOT_SIGNED');
    await publish(store, { issued: at(3), tags: { v1: { entries: [v1] } } });
    expect(told(await client.ask(':v1', { now: at(3) }), ...images)).toBe('new');
  });
});
