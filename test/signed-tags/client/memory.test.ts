import { readFileSync, writeFileSync } from 'node:fs';
import { MEDIA_TYPE_MANIFEST, RegistryError } from '@signet/oci';
import {
  encodeState,
  type FilePlace,
  fileStatePlace,
  memoryPlace,
  parseState,
  type StatePlace,
  type TagsState,
} from '@signet/signed-tags';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../support/temp.ts';
import {
  anyOf,
  at,
  collection,
  entry,
  type How,
  image,
  newClient,
  newStore,
  publish,
  source,
  told,
} from './client-world.ts';

const images = ['old', 'new'];
const [old, now] = [await entry('v1', 'old', at(0)), await entry('v1', 'new', at(5))];
const asked: How = { now: at(12) };

async function storeWith(changes: Partial<Parameters<typeof publish>[1]> = {}) {
  const store = await newStore(...images);
  await publish(store, { issued: at(6), tags: { v1: { entries: [now, old] } }, ...changes });
  return store;
}

function newFilePlace(): FilePlace {
  return fileStatePlace({ folder: tempDir(), collection, catalogue: 'shop' });
}

/** A client whose memory is this place. */
async function clientWith(place: StatePlace, store?: Awaited<ReturnType<typeof newStore>>) {
  return newClient(store ?? (await storeWith()), { placeOf: () => place });
}

/** What is remembered, changed by hand. */
function tamper(place: FilePlace, change: (state: TagsState) => TagsState): void {
  writeFileSync(place.path, encodeState(change(parseState(readFileSync(place.path)))));
}

describe('what cannot be remembered', () => {
  it('does not change the answer, and is told', async () => {
    const client = await clientWith({ ...memoryPlace(), merge: async () => false });
    const answer = await client.ask(':v1', asked);
    expect(told(answer, ...images)).toBe('new');
    expect(answer.facts.stateSaved).toBe(false);
    expect(answer.facts.cold).toBe(true);
  });

  it('is told of a denial as well', async () => {
    const client = await clientWith({ ...memoryPlace(), merge: async () => false });
    const answer = await client.ask(':v3', asked);
    expect(told(answer)).toBe('denied TAG_NOT_SIGNED');
    expect(answer.facts.stateSaved).toBe(false);
  });
});

describe('memory', () => {
  it('that is damaged decides nothing, and the message names the file', async () => {
    const place = newFilePlace();
    const client = await clientWith(place);
    await client.ask(':v1', asked);
    writeFileSync(place.path, readFileSync(place.path).subarray(0, -1));
    const answer = await client.ask(':v1', asked);
    expect(told(answer)).toBe('undecided INCOMPLETE');
    expect(answer.kind === 'undecided' && answer.message).toMatch(/^STATE_INVALID: .*state\.json/);
    expect(answer.kind === 'undecided' && answer.remedy).toContain('signet tags state reset');
    await place.reset();
    expect(told(await client.ask(':v1', asked), ...images)).toBe('new');
  });

  it('holds what was seen with a denial: that it was issued, and what it revokes', async () => {
    const client = newClient(await storeWith());
    expect(told(await client.ask(':v1', { ...asked, now: at(200) }))).toBe('denied CATALOGUE_EXPIRED');
    await publish(client.store, { issued: at(4), tags: { v1: { entries: [old] } } });
    expect(told(await client.ask(':v1', asked), ...images)).toBe('new');
  });

  it('holds no item that the rule was not met for', async () => {
    const client = newClient(await storeWith());
    expect(told(await client.ask(':v1', { ...asked, require: source('bob') }))).toBe('denied NOT_TRUSTED');
    await publish(client.store, { issued: at(7), tags: { v1: { entries: [old] } } });
    const answer = await client.ask(':v1', asked);
    expect(told(answer, ...images)).toBe('old');
    expect(answer.facts.cold).toBe(true);
  });

  it('of another catalogue of the policy is not gone by', async () => {
    const client = newClient(await storeWith());
    await client.ask(':v1', asked);
    await publish(client.store, { issued: at(4), tags: { v1: { entries: [old] } } });
    expect(told(await client.ask(':v1', { ...asked, catalogue: { name: 'other' } }), ...images)).toBe('old');
    expect(told(await client.ask(':v1', asked), ...images)).toBe('new');
  });
});

describe('memory that somebody has tampered with is never authority', () => {
  it('an entry in it is proven again by its statements', async () => {
    const place = newFilePlace();
    const client = await clientWith(place);
    await client.ask(':v1', asked);
    const forged = { ...old, atMs: at(9) };
    tamper(place, (state) => ({
      ...state,
      seen: new Map([...state.seen].map(([tag, seen]) => [tag, { ...seen, entry: forged }])),
    }));
    expect(told(await client.ask(':v1', asked))).toBe('denied NOT_TRUSTED');
  });

  it('a file in it is verified again', async () => {
    const place = newFilePlace();
    const store = await storeWith();
    const client = await clientWith(place, store);
    await client.ask(':v1', asked);
    tamper(place, (state) => ({
      ...state,
      seen: new Map(),
      ...(state.newest === undefined ? {} : { newest: { ...state.newest, signatures: [] } }),
    }));
    const away = { ...store, resolve: () => Promise.reject(new RegistryError('UNREACHABLE', 'away')) };
    expect(told(await client.ask(':v1', { ...asked, source: away }))).toBe('undecided INCOMPLETE');
  });

  it('a file in it is not taken for that of a manifest which names another', async () => {
    const place = newFilePlace();
    const before = await clientWith(place, await storeWith({ issued: at(4), tags: { v1: { entries: [old] } } }));
    await before.ask(':v1', asked);
    const store = await storeWith();
    const head = await store.resolve('signet-tags');
    tamper(place, (state) => ({
      ...state,
      ...(state.newest === undefined ? {} : { newest: { ...state.newest, manifest: head } }),
    }));
    const client = await clientWith(place, store);
    const answer = await client.ask(':v1', asked);
    expect(told(answer, ...images)).toBe('new');
    expect(answer.facts).toMatchObject({ source: 'registry', issuedMs: at(6) });
    expect(head.descriptor.mediaType).toBe(MEDIA_TYPE_MANIFEST);
  });

  it('who vouched in it is looked up in the policy of the day', async () => {
    const place = newFilePlace();
    const store = await storeWith({ by: ['successor'] });
    const both: How = { ...asked, catalogue: { signedBy: anyOf('publisher', 'successor') } };
    const client = await clientWith(place, store);
    expect(told(await client.ask(':v1', both), ...images)).toBe('new');
    await publish(store, { issued: at(7), tags: { v1: { entries: [old] } } });
    expect(told(await client.ask(':v1', both), ...images)).toBe('new');
    expect(told(await client.ask(':v1', asked))).toBe('denied ROLLBACK');
    expect(image('old').digest).not.toBe(image('new').digest);
  });
});

describe('many who remember at the same time', () => {
  it('share the writing: two for any number', async () => {
    let writes = 0;
    const held = memoryPlace();
    const place: StatePlace = {
      ...held,
      async merge(state) {
        writes += 1;
        await new Promise((resolve) => setImmediate(resolve));
        return await held.merge(state);
      },
    };
    const names = Array.from({ length: 8 }, (_, index) => `t${index}`);
    const entries = await Promise.all(names.map((tag) => entry(tag, 'new', at(5))));
    const tags = Object.fromEntries(names.map((tag, index) => [tag, { entries: entries.slice(index, index + 1) }]));
    const client = await clientWith(place, await storeWith({ tags }));
    const answers = await Promise.all(names.map((tag) => client.ask(`:${tag}`, asked)));
    expect(answers.map((each) => told(each, ...images))).toEqual(names.map(() => 'new'));
    expect([...((await held.read())?.seen.keys() ?? [])].toSorted()).toEqual(names);
    expect(writes).toBeLessThan(names.length);
  });
});
