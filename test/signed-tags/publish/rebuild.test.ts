import {
  HEAD_TAG,
  init,
  memoryPlace,
  publish,
  readHead,
  readShard,
  rebuild,
  refresh,
  type Unproven,
} from '@signet/signed-tags';
import { describe, expect, it } from 'vitest';
import { authorityOf, imageDigest, person, shortPace, type World, world } from './world.ts';

/** The head of a store as an old catalogue. */
async function oldOf({ store }: World) {
  const head = (await readHead(store, { pace: shortPace })) ?? expect.fail('there is one');
  return { file: head.file, shards: [] };
}

const all = async (unproven: Unproven): Promise<Unproven> => unproven;
const none = async (): Promise<Unproven> => ({ removed: new Map(), revoked: new Map(), floors: [] });

/** Tags by alice and bob, of whom bob has left since; one removed, one digest revoked; signed by a publisher whose key is lost. */
async function ruins() {
  const [bob, lost] = [await person('bob'), await person('the old publisher')];
  const made = await world({ isNew: true });
  const { nowMs } = made.clock;
  const require = { kind: 'any', of: [made.alice.source, bob.source] } as const;
  const authority = authorityOf(require, lost.source);
  const operations = [
    await made.sign('v1', 'a'),
    await made.sign('v2', 'b', { by: bob }),
    await made.sign('v3', 'c'),
    await made.remove('v3', { atMs: nowMs + 1 }),
    await made.revoke('bad'),
  ];
  const { journal } = await init(made.writer({ authority, signers: [lost.signer], operations }));
  // Long ago: what is in the journal proves itself, and needs no rebuilding.
  for (const ulid of journal) await made.store.untag(`signet-tags.j.${ulid}`);
  return { made, old: await oldOf(made) };
}

describe('rebuilding', () => {
  it('takes entries that prove themselves, whoever signed the file, and the rest when it is confirmed', async () => {
    const { made, old } = await ruins();
    let asked: Unproven | undefined;
    const confirm = async (unproven: Unproven) => {
      asked = unproven;
      return unproven;
    };
    const result = await rebuild({ ...made.writer(), catalogues: [old], confirm });
    expect(result).toMatchObject({ outcome: 'published', isOwn: true, isCold: false });
    expect([...(asked?.removed ?? [])]).toEqual([['v3', made.clock.nowMs + 1]]);
    expect([...(asked?.revoked.keys() ?? [])]).toEqual([imageDigest('bad')]);
    const { catalogue, digestOf } = await made.read();
    expect(['v1', 'v2', 'v3'].map(digestOf)).toEqual([imageDigest('a'), undefined, undefined]);
    expect(catalogue.revoked.size).toBe(1);
  });

  it('of what is not confirmed takes nothing', async () => {
    const { made, old } = await ruins();
    await rebuild({ ...made.writer(), catalogues: [old], confirm: none });
    const { catalogue, content } = await made.read();
    expect([catalogue.revoked.size, content.tags.has('v3')]).toEqual([0, false]);
  });

  it('takes the greatest of several catalogues, and statements that were found', async () => {
    const { made, old } = await ruins();
    const later = await world({ isNew: true });
    await init(later.writer({ operations: [await made.sign('v1', 'newer', { atMs: made.clock.nowMs + 5 })] }));
    const operations = [await made.sign('v9', 'found')];
    await rebuild({ ...made.writer(), catalogues: [await oldOf(later), old], operations, confirm: all });
    const { digestOf } = await made.read();
    expect(['v1', 'v9'].map(digestOf)).toEqual([imageDigest('newer'), imageDigest('found')]);
  });

  it('takes nothing of another collection, and refuses what is no catalogue', async () => {
    const { made, old } = await ruins();
    const other = { ...old, file: Buffer.from(Buffer.from(old.file).toString().replace('/shop/api', '/shop/web')) };
    await rebuild({ ...made.writer(), catalogues: [other], confirm: all });
    expect((await made.read()).content.tags.size).toBe(0);
    const junk = { file: Buffer.from('junk'), shards: [] };
    await expect(rebuild({ ...made.writer(), catalogues: [junk], confirm: all })).rejects.toThrow('not JSON');
  });

  describe('after a removal of which only the floor of an older catalogue tells', () => {
    const day = 86_400_000;

    /** `v1` held since before the floor; `v3` removed, and forgotten 31 days later; `before`: a catalogue that still holds `v3`. */
    async function forgotten() {
      const made = await world({ isNew: true });
      const { nowMs } = made.clock;
      const stale = await made.sign('v3', 'old');
      const state = memoryPlace();
      const first = await init(made.writer({ state, operations: [await made.sign('v1', 'a'), stale] }));
      const before = await oldOf(made);
      const witness = memoryPlace();
      await publish(made.writer({ state: witness, operations: [await made.sign('v2', 'b')], allowCold: true }));
      const removal = await made.remove('v3', { atMs: nowMs + 1000 });
      const second = await publish(made.writer({ state, operations: [removal] }));
      made.clock.nowMs = nowMs + 31 * day;
      await refresh(made.writer({ state, allowCold: true }));
      for (const ulid of [...first.journal, ...second.journal])
        await made.store.untag(`signet-tags.j.${ulid}`).catch(() => undefined);
      const old = await oldOf(made);
      expect((await made.read()).content).toMatchObject({ floorMs: nowMs + 1000 });
      const anew = await world({ isNew: true });
      anew.clock.nowMs = made.clock.nowMs;
      return { made, anew, before, old, stale, nowMs, witness, writer: { ...made.writer(), store: anew.store } };
    }

    it('an old statement on an image does not bring the tag back, and a new one does', async () => {
      const { made, old, stale, writer, anew } = await forgotten();
      await rebuild({ ...writer, catalogues: [old], operations: [stale], confirm: all });
      const { content } = await made.read(anew.store);
      expect([...content.tags.keys()].toSorted()).toEqual(['v1', 'v2']);
      const operations = [await made.sign('v3', 'new', { atMs: made.clock.nowMs })];
      await rebuild({ ...writer, catalogues: [old], operations, confirm: all });
      expect([...(await made.read(anew.store)).content.tags.keys()].toSorted()).toEqual(['v1', 'v2', 'v3']);
    });

    it('nor does a catalogue from before, in whatever order', async () => {
      for (const isReversed of [false, true]) {
        const { made, old, before, writer, anew, nowMs } = await forgotten();
        const catalogues = isReversed ? [before, old] : [old, before];
        let asked: Unproven | undefined;
        const confirm = async (unproven: Unproven) => {
          asked = unproven;
          return unproven;
        };
        await rebuild({ ...writer, catalogues, confirm });
        expect([...(asked?.removed ?? [])]).toEqual([['v3', nowMs + 1000]]);
        expect([...(await made.read(anew.store)).content.tags.keys()].toSorted()).toEqual(['v1', 'v2']);
      }
    });

    it('nor does what the one who rebuilds remembers of it', async () => {
      const { made, old, witness, writer, anew } = await forgotten();
      await rebuild({ ...writer, state: witness, catalogues: [old], confirm: all });
      expect([...(await made.read(anew.store)).content.tags.keys()].toSorted()).toEqual(['v1', 'v2']);
    });

    it('what is not confirmed comes back', async () => {
      const { made, old, stale, writer, anew } = await forgotten();
      await rebuild({ ...writer, catalogues: [old], operations: [stale], confirm: none });
      expect([...(await made.read(anew.store)).content.tags.keys()].toSorted()).toEqual(['v1', 'v2', 'v3']);
    });
  });

  it('goes over a head that is trusted without losing what it holds', async () => {
    const { old } = await ruins();
    const made = await world();
    await publish(made.writer({ operations: [await made.sign('v5', 'kept')], allowCold: true }));
    const before = (await made.store.resolve(HEAD_TAG)).descriptor.digest;
    await rebuild({ ...made.writer(), catalogues: [old], confirm: all });
    expect((await made.store.resolve(HEAD_TAG)).descriptor.digest).not.toBe(before);
    const { digestOf } = await made.read();
    expect(['v1', 'v5'].map(digestOf)).toEqual([imageDigest('a'), imageDigest('kept')]);
  });
});

it('a large catalogue is rebuilt from those of its shards that are there', async () => {
  const made = await world();
  const operations = await Promise.all(Array.from({ length: 120 }, (_, at) => made.sign(`t${at}`, `image ${at}`)));
  await publish(made.writer({ operations, allowCold: true }));
  const head = (await readHead(made.store, { pace: shortPace })) ?? expect.fail('there is one');
  const { catalogue } = await made.read();
  const read = (index: number) => readShard(made.store, { head, catalogue }, index, { pace: shortPace });
  const shards = await Promise.all([...head.shards.keys()].map(read));
  expect(shards.length).toBeGreaterThan(1);
  const [whole, part] = [await world({ isNew: true }), await world({ isNew: true })];
  await rebuild({ ...whole.writer(), catalogues: [{ file: head.file, shards: shards.toReversed() }], confirm: all });
  expect((await whole.read()).content.tags.size).toBe(120);
  await rebuild({ ...part.writer(), catalogues: [{ file: head.file, shards: shards.slice(1) }], confirm: all });
  const { size } = (await part.read()).content.tags;
  expect(size > 30 && size < 120).toBe(true);
});
