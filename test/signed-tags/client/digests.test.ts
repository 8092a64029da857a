import { signImage, sigstoreFormat } from '@signet/core';
import { parseReference, RegistryError, type Store } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import {
  at,
  collection,
  entry,
  type How,
  hour,
  image,
  type Name,
  newClient,
  newStore,
  publish,
  quietPace,
  signerOf,
  told,
} from './client-world.ts';

const images = ['first', 'second', 'third', 'other'];
const [first, second, third] = await Promise.all([
  entry('v1', 'first', at(0)),
  entry('v1', 'second', at(3)),
  entry('v1', 'third', at(5)),
]);
const asked: How = { now: at(12) };
const digestOf = (name: string) => image(name).digest;

async function storeWith(changes: Partial<Parameters<typeof publish>[1]> = {}): Promise<Store> {
  const store = await newStore(...images);
  await publish(store, { issued: at(6), tags: { v1: { entries: [third, second, first] } }, ...changes });
  return store;
}

/** As `signet sign REPO:TAG` leaves it on the image. */
async function sign(store: Store, name: string, reference: string, by: Name = 'alice'): Promise<void> {
  await signImage({
    store,
    reference: parseReference(`${collection}@${digestOf(name)}`),
    format: sigstoreFormat,
    signer: signerOf(by),
    signedReference: reference,
    signedAtMs: at(5),
    pace: quietPace(),
  });
}

describe('REPO:TAG@DIGEST', () => {
  it('is what the tag names now', async () => {
    const client = newClient(await storeWith());
    expect(told(await client.ask(`:v1@${digestOf('third')}`, asked), ...images)).toBe('third');
    expect(told(await client.ask(`:v1@${digestOf('second')}`, asked))).toBe('denied DIGEST_NOT_CURRENT');
    expect(told(await client.ask(`:v1@${digestOf('other')}`, asked))).toBe('denied DIGEST_NOT_CURRENT');
    expect(told(await client.ask(`:v2@${digestOf('third')}`, asked))).toBe('denied TAG_NOT_SIGNED');
  });

  it('is not what it named even where the clock is a little behind that of who moved the tag', async () => {
    const client = newClient(await storeWith());
    expect(told(await client.ask(`:v1@${digestOf('second')}`, { now: at(5) - 1 }))).toBe('undecided CLOCK_BEHIND');
    await publish(client.store, { issued: at(5), tags: { v1: { entries: [third, second] } } });
    expect(told(await client.ask(`:v1@${digestOf('second')}`, { now: at(5) - 1 }))).toBe('denied DIGEST_NOT_CURRENT');
  });

  it('may be what it named until not long ago, where the policy says so', async () => {
    const client = newClient(await storeWith());
    const ask = (name: string, supersededMs: number) =>
      client.ask(`:v1@${digestOf(name)}`, { ...asked, catalogue: { supersededMs } });
    const answer = await ask('second', 7 * hour);
    expect(told(answer, ...images)).toBe('second');
    expect(answer.facts).toMatchObject({ superseded: true, atMs: at(3) });
    expect(told(await ask('second', 7 * hour - 1))).toBe('denied DIGEST_NOT_CURRENT');
    expect(told(await ask('first', 9 * hour), ...images)).toBe('first');
    expect(told(await ask('first', 9 * hour - 1))).toBe('denied DIGEST_NOT_CURRENT');
    expect(told(await ask('other', 100 * hour))).toBe('denied DIGEST_NOT_CURRENT');
  });

  it('is not what it named where that is revoked or not proven, or where what took its place is not', async () => {
    const superseded: How = { ...asked, catalogue: { supersededMs: 24 * hour } };
    const ask = async (changes: Parameters<typeof storeWith>[0]) =>
      told(await newClient(await storeWith(changes)).ask(`:v1@${digestOf('second')}`, superseded), ...images);
    expect(await ask({})).toBe('second');
    expect(await ask({ revoked: new Map([[digestOf('second'), { atMs: at(6), reason: '' }]]) })).toBe(
      'denied DIGEST_REVOKED',
    );
    const unproven = { ...second, statements: first.statements };
    expect(await ask({ tags: { v1: { entries: [third, unproven] } } })).toBe('denied NOT_TRUSTED');
    const redated = { ...third, atMs: at(11) };
    expect(await ask({ tags: { v1: { entries: [redated, second] } } })).toBe('denied DIGEST_NOT_CURRENT');
  });

  it('is held against what was seen: a file that says less makes nothing current again', async () => {
    const client = newClient(await storeWith());
    await client.ask(':v1', asked);
    await publish(client.store, { issued: at(7), tags: { v1: { entries: [second, first] } } });
    expect(told(await client.ask(`:v1@${digestOf('second')}`, asked))).toBe('denied DIGEST_NOT_CURRENT');
    const answer = await client.ask(`:v1@${digestOf('second')}`, { ...asked, catalogue: { supersededMs: 24 * hour } });
    expect(told(answer, ...images)).toBe('second');
    expect(answer.facts.superseded).toBe(true);
  });
});

describe('a reference by digest alone', () => {
  const ask = async (store: Store, name: string, changes: How['catalogue'] = {}) =>
    await newClient(store).ask(`@${digestOf(name)}`, { ...asked, catalogue: changes });

  it('has to be what some tag names now', async () => {
    const store = await storeWith();
    expect(told(await ask(store, 'third'), ...images)).toBe('third');
    expect(told(await ask(store, 'second'))).toBe('denied DIGEST_NOT_LISTED');
    expect(told(await ask(store, 'second', { supersededMs: 24 * hour }), ...images)).toBe('second');
    expect(told(await ask(store, 'other'))).toBe('denied DIGEST_NOT_LISTED');
  });

  it('is denied where it is revoked or nobody proves it, and then says so', async () => {
    const revoked = new Map([[digestOf('third'), { atMs: at(6), reason: '' }]]);
    expect(told(await ask(await storeWith({ revoked }), 'third'))).toBe('denied DIGEST_REVOKED');
    const unproven = { ...third, statements: first.statements };
    const store = await storeWith({ tags: { v1: { entries: [unproven] } } });
    expect(told(await ask(store, 'third'))).toBe('denied NOT_TRUSTED');
  });

  it('is listed where one of several tags proves it', async () => {
    const unproven = { ...third, statements: first.statements };
    const latest = await entry('latest', 'third', at(5));
    const store = await storeWith({ tags: { a: { entries: [unproven] }, latest: { entries: [latest] } } });
    expect(told(await ask(store, 'third'), ...images)).toBe('third');
  });

  it('is looked for, in a catalogue with shards, under the tags that the statements on the image name', async () => {
    const latest = await entry('latest', 'third', at(5));
    const store = await storeWith({ tags: { v1: { entries: [second] }, latest: { entries: [latest] } }, bits: 6 });
    expect(told(await ask(store, 'third'))).toBe('denied DIGEST_NOT_LISTED');
    await sign(store, 'third', `${collection}:latest`);
    expect(told(await ask(store, 'third'), ...images)).toBe('third');
    await sign(store, 'second', `${collection}:latest`);
    expect(told(await ask(store, 'second'))).toBe('denied DIGEST_NOT_LISTED');
    await sign(store, 'second', 'registry.example/shop/web:v1');
    await sign(store, 'second', `${collection}:v1`, 'mallory');
    expect(told(await ask(store, 'second'))).toBe('denied DIGEST_NOT_LISTED');
  });

  it('is found there without them where it was seen before, and decides nothing where they cannot be read', async () => {
    const store = await storeWith({ bits: 6 });
    const referrers = () => {
      throw new RegistryError('UNREACHABLE', 'no route');
    };
    const blind = { ...store, referrers };
    const client = newClient(blind);
    expect(told(await client.ask(`@${digestOf('third')}`, asked))).toBe('undecided INCOMPLETE');
    await client.ask(':v1', asked);
    expect(told(await client.ask(`@${digestOf('third')}`, asked), ...images)).toBe('third');
  });

  it('may be any signed one where the policy says so, but no revoked one', async () => {
    const store = await storeWith();
    expect(told(await ask(store, 'other', { digestReferences: 'any' }))).toBe('denied NO_SIGNATURE');
    await sign(store, 'other', 'registry.example/shop/web:v1');
    expect(told(await ask(store, 'other', { digestReferences: 'any' }))).toBe('denied TAG_MISMATCH');
    await sign(store, 'other', `${collection}:v9`);
    expect(told(await ask(store, 'other', { digestReferences: 'any' }), ...images)).toBe('other');
    const revoked = new Map([[digestOf('other'), { atMs: at(6), reason: '' }]]);
    await publish(store, { issued: at(7), revoked, tags: {} });
    expect(told(await ask(store, 'other', { digestReferences: 'any' }))).toBe('denied DIGEST_REVOKED');
  });
});
