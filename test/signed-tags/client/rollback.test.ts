import { RegistryError, type Store } from '@signet/oci';
import { fileStatePlace, HEAD_TAG, type Receipt } from '@signet/signed-tags';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../support/temp.ts';
import { at, collection, entry, type How, hour, image, newClient, newStore, publish, told } from './client-world.ts';

const images = ['old', 'new'];
const [old, now] = [await entry('v1', 'old', at(0)), await entry('v1', 'new', at(5))];
const other = await entry('v2', 'old', at(0));
const asked: How = { now: at(12) };

/** `v1` is `old`. */
async function publishOld(store: Store, issued = at(1)): Promise<void> {
  await publish(store, { issued, tags: { v1: { entries: [old] }, v2: { entries: [other] } } });
}

/** `v1` is `new`. */
async function publishNew(store: Store, issued = at(6)): Promise<void> {
  await publish(store, { issued, tags: { v1: { entries: [now, old] }, v2: { entries: [other] } } });
}

/** Somebody who has seen that `v1` is `new`. */
async function warmClient() {
  const client = newClient(await newStore(...images));
  await publishNew(client.store);
  expect(told(await client.ask(':v1', asked), ...images)).toBe('new');
  return client;
}

function failing(store: Store, error: RegistryError): Store {
  return { ...store, resolve: () => Promise.reject(error), fetch: () => Promise.reject(error) };
}

const unreachable = new RegistryError('UNREACHABLE', 'no route');

describe('the registry tag', () => {
  it('is not what counts: that it names another image is told, where that is asked for', async () => {
    const store = await newStore(...images);
    await publishNew(store);
    await store.tag(await store.resolve(image('old').digest), 'v1');
    const answer = await newClient(store, { wantsDrift: true }).ask(':v1', asked);
    expect(told(answer, ...images)).toBe('new');
    expect(answer.facts.drift).toBe(image('old').digest);
    await store.tag(await store.resolve(image('new').digest), 'v1');
    expect((await newClient(store, { wantsDrift: true }).ask(':v1', asked)).facts.drift).toBeUndefined();
    expect((await newClient(store).ask(':v1', asked)).facts.drift).toBeUndefined();
  });
});

describe('an older catalogue that is put back', () => {
  it('does not take back who has seen a newer: that one is gone on with, and it is told', async () => {
    const client = await warmClient();
    await publishOld(client.store);
    const answer = await client.ask(':v1', asked);
    expect(told(answer, ...images)).toBe('new');
    expect(answer.facts).toMatchObject({ source: 'cache', staleSource: true, issuedMs: at(6), atMs: at(5) });
  });

  it('is denied where the policy says so', async () => {
    const client = await warmClient();
    await publishOld(client.store);
    const answer = await client.ask(':v1', { ...asked, catalogue: { onRollback: 'deny' } });
    expect(told(answer)).toBe('denied ROLLBACK');
    expect(answer.facts.staleSource).toBe(true);
  });

  it('is accepted by who has seen nothing, until it expires, and the report says `cold`', async () => {
    const store = await newStore(...images);
    await publishOld(store);
    const answer = await newClient(store).ask(':v1', asked);
    expect(told(answer, ...images)).toBe('old');
    expect(answer.facts.cold).toBe(true);
  });

  it('is denied to him by notBefore, by maxAge, and by a receipt', async () => {
    const store = await newStore(...images);
    await publishOld(store);
    const ask = (changes: How['catalogue'], receipts: readonly Receipt[] = []) =>
      newClient(store, { receipts }).ask(':v1', { ...asked, ...(changes === undefined ? {} : { catalogue: changes }) });
    expect(told(await ask({ notBeforeMs: at(1) }), ...images)).toBe('old');
    expect(told(await ask({ notBeforeMs: at(1) + 1 }))).toBe('denied CATALOGUE_TOO_OLD');
    expect(told(await ask({ maxAgeMs: 11 * hour }), ...images)).toBe('old');
    expect(told(await ask({ maxAgeMs: 11 * hour - 1 }))).toBe('denied CATALOGUE_TOO_OLD');
    const receipt = { collection, tag: 'v1', digest: image('new').digest, atMs: at(5), issuedMs: at(6) };
    expect(told(await ask(undefined, [receipt]))).toBe('denied RECEIPT_NOT_REACHED');
    await publishNew(store);
    const reached = await ask(undefined, [receipt]);
    expect(told(reached, ...images)).toBe('new');
    expect(reached.facts.cold).toBeUndefined();
  });

  it('is gone beyond by the receipt of another tag or collection', async () => {
    const store = await newStore(...images);
    await publishOld(store);
    const receipt = { collection, tag: 'v1', digest: image('new').digest, atMs: at(5), issuedMs: at(6) };
    const receipts = [
      { ...receipt, tag: 'v2' },
      { ...receipt, collection: `${collection}2` },
      { ...receipt, atMs: at(0), digest: image('old').digest },
    ];
    expect(told(await newClient(store, { receipts }).ask(':v1', asked), ...images)).toBe('old');
  });

  it('does not let a tag fall while another is asked for: a file of a stale branch is newer, and says less', async () => {
    const client = await warmClient();
    await publishOld(client.store, at(8)); // signed anew by somebody who was shown the old head
    expect(told(await client.ask(':v2', asked), ...images)).toBe('old');
    const answer = await client.ask(':v1', asked);
    expect(told(answer, ...images)).toBe('new');
    expect(answer.facts).toMatchObject({ source: 'cache', staleSource: true, issuedMs: at(6), atMs: at(5) });
    expect(told(await client.ask(':v1', { ...asked, catalogue: { onRollback: 'deny' } }))).toBe('denied ROLLBACK');
  });

  it('does not let it fall when the file that vouched for it has expired, either', async () => {
    const client = await warmClient();
    await publishOld(client.store, at(70));
    expect(told(await client.ask(':v1', { now: at(77) }), ...images)).toBe('new');
    expect(told(await client.ask(':v1', { now: at(79) }))).toBe('denied ROLLBACK');
    await publishNew(client.store, at(80));
    expect(told(await client.ask(':v1', { now: at(81) }), ...images)).toBe('new');
  });

  it('does not let it fall where a file leaves the tag out, or gives an older time', async () => {
    const client = await warmClient();
    await publish(client.store, { issued: at(8), tags: { v2: { entries: [other] } } });
    expect(told(await client.ask(':v1', asked), ...images)).toBe('new');
    await publishNew(client.store, at(9));
    const answer = await client.ask(':v1', asked);
    expect(answer.facts).toMatchObject({ source: 'registry', issuedMs: at(9) });
    expect(answer.facts.staleSource).toBeUndefined();
  });

  it('does not bring a removed tag back', async () => {
    const client = await warmClient();
    await publish(client.store, { issued: at(8), tags: { v1: { removedMs: at(7), entries: [] } } });
    expect(told(await client.ask(':v1', asked))).toBe('denied TAG_NOT_SIGNED');
    await publishNew(client.store, at(9));
    expect(told(await client.ask(':v1', asked))).toBe('denied TAG_NOT_SIGNED');
    await publish(client.store, { issued: at(10), floorMs: at(7), tags: {} });
    expect(told(await client.ask(':v1', asked))).toBe('denied TAG_NOT_SIGNED');
    const anew = await entry('v1', 'new', at(8));
    await publish(client.store, { issued: at(11), tags: { v1: { entries: [anew] } } });
    expect(told(await client.ask(':v1', asked), ...images)).toBe('new');
  });

  it('does not bring back by its floor what the floor told was removed', async () => {
    const client = await warmClient();
    await publish(client.store, { issued: at(8), floorMs: at(7), tags: {} });
    expect(told(await client.ask(':v1', asked))).toBe('denied TAG_NOT_SIGNED');
    await publishNew(client.store, at(9));
    expect(told(await client.ask(':v1', asked))).toBe('denied TAG_NOT_SIGNED');
  });

  it('does not let a revoked digest through again', async () => {
    const client = await warmClient();
    const revoked = new Map([[image('new').digest, { atMs: at(7), reason: 'leaked a key' }]]);
    await publish(client.store, { issued: at(8), revoked, tags: { v1: { entries: [now] } } });
    const answer = await client.ask(':v1', asked);
    expect(told(answer)).toBe('denied DIGEST_REVOKED');
    expect(answer.kind === 'denied' && answer.message).toContain('leaked a key');
    await publishNew(client.store, at(9));
    expect(told(await client.ask(':v1', asked))).toBe('denied DIGEST_REVOKED');
    // Who was shown the newest first, and only then the file that revokes.
    const late = await warmClient();
    await publish(late.store, { issued: at(5), revoked, tags: {} });
    expect(told(await late.ask(':v1', asked))).toBe('denied DIGEST_REVOKED');
  });
});

describe('a catalogue that is not to be had', () => {
  it('is gone on with from memory until it expires, and then its lack counts', async () => {
    const client = await warmClient();
    const gone = failing(client.store, new RegistryError('NOT_FOUND', 'deleted'));
    const answer = await client.ask(':v1', { ...asked, source: gone });
    expect(told(answer, ...images)).toBe('new');
    expect(answer.facts).toMatchObject({ source: 'cache', issuedMs: at(6) });
    expect(answer.facts.staleSource).toBeUndefined();
    expect(told(await client.ask(':v1', { now: at(79), source: gone }))).toBe('denied CATALOGUE_MISSING');
  });

  it('decides nothing where it cannot be read, once what was seen has expired', async () => {
    const client = await warmClient();
    for (const code of ['UNREACHABLE', 'UNAUTHORIZED', 'FORBIDDEN', 'SERVER_ERROR', 'TIMEOUT'] as const) {
      const away = failing(client.store, new RegistryError(code, 'away'));
      expect(told(await client.ask(':v1', { ...asked, source: away }), ...images)).toBe('new');
      const late = await client.ask(':v1', { now: at(79), source: away });
      expect(told(late)).toBe('undecided INCOMPLETE');
      expect(late.kind === 'undecided' && late.gap?.code).toBe(code);
    }
    expect(told(await newClient(failing(client.store, unreachable)).ask(':v1', asked))).toBe('undecided INCOMPLETE');
  });

  it('or is junk, is no more than one that was deleted; who has seen nothing is told what it is', async () => {
    const client = await warmClient();
    await publish(client.store, { issued: at(8), by: ['mallory'], tags: {} });
    const answer = await client.ask(':v1', asked);
    expect(told(answer, ...images)).toBe('new');
    expect(answer.facts).toMatchObject({ source: 'cache', staleSource: true });
    expect(told(await newClient(client.store).ask(':v1', asked))).toBe('denied CATALOGUE_NOT_TRUSTED');
    await client.store.tag(await client.store.resolve(image('old').digest), HEAD_TAG);
    expect(told(await client.ask(':v1', asked), ...images)).toBe('new');
    expect(told(await newClient(client.store).ask(':v1', asked))).toBe('denied CATALOGUE_MALFORMED');
  });

  it('counts after it was asked for a few times: a tag that is overwritten is not there for moments', async () => {
    const store = await newStore(...images);
    await publishNew(store);
    const stuttering = (times: number): Store => {
      let left = times;
      return {
        ...store,
        resolve: async (...args) => {
          left -= 1;
          if (left >= 0) throw new RegistryError(left % 2 === 1 ? 'SERVER_ERROR' : 'NOT_FOUND', 'for a moment');
          return await store.resolve(...args);
        },
      };
    };
    expect((await newClient(stuttering(4)).ask(':v1', asked)).facts.source).toBe('registry');
    expect(told(await newClient(stuttering(5)).ask(':v1', asked))).toBe('denied CATALOGUE_MISSING');
  });
});

describe('a replica', () => {
  it('that does not have the image yet decides nothing, where that is asked for', async () => {
    const store = await newStore('old');
    await publishNew(store);
    const client = newClient(store, { wantsImage: true });
    expect(await client.ask(':v1', asked)).toMatchObject({
      kind: 'undecided',
      code: 'IMAGE_NOT_REPLICATED',
      digest: image('new').digest,
    });
    const { bytes, digest } = image('new');
    await store.push(bytes, { ...(await store.resolve(image('old').digest)).descriptor, digest, size: bytes.length });
    expect(told(await client.ask(':v1', asked), ...images)).toBe('new');
    const exists = () => Promise.reject(unreachable);
    expect(told(await client.ask(':v1', { ...asked, source: { ...store, exists } }))).toBe('undecided INCOMPLETE');
  });
});

describe('what one process has seen', () => {
  it('another goes by', async () => {
    const folder = tempDir();
    const placeOf = (where: { readonly collection: string; readonly catalogue: string }) =>
      fileStatePlace({ folder, ...where });
    const store = await newStore(...images);
    await publishNew(store);
    await newClient(store, { placeOf }).ask(':v1', asked);
    await publishOld(store);
    expect(told(await newClient(store, { placeOf }).ask(':v1', asked), ...images)).toBe('new');
    expect(told(await newClient(store).ask(':v1', asked), ...images)).toBe('old');
  });
});
