import { RegistryError, type Store } from '@signet/oci';
import { fileStatePlace, shardOf } from '@signet/signed-tags';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../support/temp.ts';
import { at, entry, type How, newClient, newStore, publish, told } from './client-world.ts';

const images = ['old', 'new', 'later'];
const asked: How = { now: at(12) };
const [v1, v2] = [await entry('v1', 'new', at(3)), await entry('v2', 'old', at(3))];
const tags = { v1: { entries: [v1] }, v2: { entries: [v2] } };
const published = { issued: at(4), tags, bits: 4 };

/** Tells what is asked of it: `resolve` (answered by what is known: `same`), `fetch`. */
function counting(store: Store): Store & { readonly calls: string[] } {
  const calls: string[] = [];
  return {
    ...store,
    calls,
    async resolve(tag, options) {
      const resolved = await store.resolve(tag, options);
      calls.push(resolved === options?.known ? 'same' : 'resolve');
      return resolved;
    },
    async fetch(target, options) {
      calls.push('fetch');
      return await store.fetch(target, options);
    },
  };
}

async function storeWith(changes: Partial<Parameters<typeof publish>[1]> = {}) {
  const store = await newStore(...images);
  await publish(store, { ...published, ...changes });
  return counting(store);
}

describe('questions to the registry', () => {
  it('are one, cold; two where the catalogue has shards', async () => {
    const store = await storeWith();
    expect(told(await newClient(store).ask(':v1', asked), ...images)).toBe('new');
    expect(store.calls).toEqual(['resolve', 'fetch']);
    const whole = counting(await newStore(...images));
    await publish(whole, { issued: at(4), tags });
    await newClient(whole).ask(':v1', asked);
    expect(whole.calls).toEqual(['resolve']);
  });

  it('are one whether the head is still the same, warm, also in another process', async () => {
    const folder = tempDir();
    const placeOf = (where: { readonly collection: string; readonly catalogue: string }) =>
      fileStatePlace({ folder, ...where });
    const store = await storeWith();
    await newClient(store, { placeOf }).ask(':v1', asked);
    store.calls.length = 0;
    const answer = await newClient(store, { placeOf }).ask(':v1', asked);
    expect(told(answer, ...images)).toBe('new');
    expect(answer.facts.source).toBe('registry');
    expect(store.calls).toEqual(['same']);
  });

  it('are one for many tags of one collection that are asked side by side, and one a shard', async () => {
    const store = await storeWith();
    const client = newClient(store);
    const answers = await Promise.all(['v1', 'v2', 'v1', 'v2', 'v3'].map((tag) => client.ask(`:${tag}`, asked)));
    expect(answers.map((each) => told(each, ...images))).toEqual(['new', 'old', 'new', 'old', 'denied TAG_NOT_SIGNED']);
    expect(store.calls.filter((call) => call !== 'fetch')).toEqual(['resolve']);
  });

  it('are none about the head for as long as a server reuses it', async () => {
    let now = 0;
    const store = await storeWith();
    const pace = { clock: () => now, random: () => 0, wait: (_: number, signal?: AbortSignal) => untilAborted(signal) };
    const client = newClient(store, { reuseMs: 120_000, pace });
    await client.ask(':v1', asked);
    now = 59_999;
    await client.ask(':v1', asked);
    expect(store.calls).toEqual(['resolve', 'fetch']);
    now = 60_000;
    await client.ask(':v1', asked);
    expect(store.calls).toEqual(['resolve', 'fetch', 'same']);
  });
});

describe('a shard', () => {
  it('that is not changed is not read again', async () => {
    const store = await storeWith();
    const client = newClient(store);
    await client.ask(':v1', asked);
    expect(shardOf('v1', 4)).not.toBe(shardOf('other', 4));
    const other = await entry('other', 'later', at(5));
    await publish(store, { ...published, issued: at(6), tags: { ...tags, other: { entries: [other] } } });
    store.calls.length = 0;
    const answer = await client.ask(':v1', asked);
    expect(answer.facts).toMatchObject({ source: 'registry', issuedMs: at(6) });
    expect(store.calls).toEqual(['resolve']);
  });

  it('that is missing denies, or is made up for by what was seen of the tag', async () => {
    const store = await storeWith();
    const client = newClient(store);
    await client.ask(':v1', asked);
    const next = await newStore(...images);
    await publish(next, { ...published, issued: at(6), withoutShards: true, bits: 5 });
    expect(told(await client.ask(':v1', { ...asked, source: next }), ...images)).toBe('new');
    expect(told(await client.ask(':v2', { ...asked, source: next }))).toBe('denied CATALOGUE_MALFORMED');
    expect(told(await newClient(next).ask(':v1', asked))).toBe('denied CATALOGUE_MALFORMED');
  });

  it('that cannot be read decides nothing', async () => {
    const store = await storeWith();
    const fetch = () => Promise.reject(new RegistryError('UNREACHABLE', 'no route'));
    expect(told(await newClient({ ...store, fetch }).ask(':v1', asked))).toBe('undecided INCOMPLETE');
  });

  it('of an older head is read from the registry where the older head is put back', async () => {
    const store = await storeWith({ issued: at(6) });
    const client = newClient(store);
    await client.ask(':v1', asked);
    const older = await newStore(...images);
    await publish(older, { issued: at(4), tags: {}, bits: 3 });
    const both = { ...older, fetch: store.fetch };
    const answer = await client.ask(':v2', { ...asked, source: both });
    expect(told(answer, ...images)).toBe('old');
    expect(answer.facts).toMatchObject({ source: 'cache', staleSource: true });
  });
});

describe('other shards', () => {
  it('do not take a tag back', async () => {
    const store = await storeWith();
    const client = newClient(store);
    await client.ask(':v1', asked);
    const before = await entry('v1', 'old', at(2));
    for (const bits of [5, 3, undefined]) {
      const next = await newStore(...images);
      await publish(next, {
        issued: at(7),
        tags: { v1: { entries: [before] } },
        ...(bits === undefined ? {} : { bits }),
      });
      expect(told(await client.ask(':v1', { ...asked, source: next }), ...images)).toBe('new');
    }
    const later = await entry('v1', 'later', at(8));
    await publish(store, { issued: at(9), tags: { v1: { entries: [later] } }, bits: 6 });
    expect(told(await client.ask(':v1', asked), ...images)).toBe('later');
  });
});

function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('over'))));
}
