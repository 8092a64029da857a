import { createMemoryStore, type Store } from '@signet/oci';
import { HEAD_TAG, memoryPlace, type Operation, publish, refresh, stage } from '@signet/signed-tags';
import { describe, expect, it } from 'vitest';
import { collection, imageDigest, type World, world } from './world.ts';

/** A store that counts what is read and pushed. */
function counting(store: Store): {
  readonly store: Store;
  readonly pushed: () => number;
  readonly fetched: () => number;
} {
  let [pushed, fetched] = [0, 0];
  return {
    pushed: () => pushed,
    fetched: () => fetched,
    store: {
      ...store,
      push: async (content, as, options) => {
        if (as.mediaType.includes('shard')) pushed += 1;
        return store.push(content, as, options);
      },
      fetch: async (target, options) => {
        fetched += 1;
        return store.fetch(target, options);
      },
    },
  };
}

const signs = (made: World, from: number, to: number): Promise<readonly Operation[]> =>
  Promise.all(Array.from({ length: to - from }, (_, at) => made.sign(`t${from + at}`, `image ${from + at}`)));

/** A catalogue of 400 tags, about 550 KB. */
async function largeWorld() {
  const { store, ...counts } = counting(createMemoryStore());
  const made = await world({ store });
  const state = memoryPlace();
  const writer = made.writer({ state, allowCold: true });
  await publish({ ...writer, operations: await signs(made, 0, 400) });
  return { made, writer, counts };
}

describe('a large catalogue', () => {
  it('lies in shards; an operation reads and writes the one that it touches', async () => {
    const { made, counts } = await largeWorld();
    const { catalogue, content, digestOf } = await made.read();
    expect(catalogue.tags).toMatchObject({ kind: 'sharded', bits: 4 });
    expect(content.tags.size).toBe(400);
    expect(digestOf('t399')).toBe(imageDigest('image 399'));
    const before = [counts.pushed(), counts.fetched()];
    const result = await publish(made.writer({ operations: [await made.sign('t7', 'other')], allowCold: true }));
    expect(result.outcome).toBe('published');
    expect([counts.pushed() - (before[0] ?? 0), counts.fetched() - (before[1] ?? 0)]).toEqual([1, 2]);
    const after = await made.read();
    expect(after.digestOf('t7')).toBe(imageDigest('other'));
    expect(after.content.tags.size).toBe(400);
  });

  it('that is signed anew keeps all of its shards', async () => {
    const { made, counts } = await largeWorld();
    const [before, pushed] = [(await made.read()).catalogue.tags, counts.pushed()];
    made.clock.nowMs += 1000;
    await refresh(made.writer({ allowCold: true }));
    expect((await made.read()).catalogue.tags).toEqual(before);
    expect(counts.pushed()).toBe(pushed);
  });

  it('comes together again where little is left', async () => {
    const { made, writer } = await largeWorld();
    const removals = Array.from({ length: 380 }, (_, at) => made.remove(`t${at}`, { atMs: made.clock.nowMs + 1 }));
    await publish({ ...writer, operations: await Promise.all(removals) });
    const { catalogue, content, digestOf } = await made.read();
    expect(catalogue.tags.kind).toBe('whole');
    expect([...content.tags.values()].filter(({ entries }) => entries.length > 0)).toHaveLength(20);
    expect([digestOf('t379'), digestOf('t380')]).toEqual([undefined, imageDigest('image 380')]);
  });

  it('is put back whole by who remembers it, from what it remembers and what the registry still has', async () => {
    const { made } = await largeWorld();
    const writer = made.writer({ allowCold: true });
    await publish({ ...writer, operations: [await made.sign('t7', 'other')] });
    await made.store.untag(HEAD_TAG);
    await publish({ ...writer, operations: [await made.sign('t8', 'other')] });
    const { content, digestOf } = await made.read();
    expect(content.tags.size).toBe(400);
    expect([digestOf('t7'), digestOf('t8')]).toEqual([imageDigest('other'), imageDigest('other')]);
  });

  it('takes what others recorded in any shard', async () => {
    const { made, writer } = await largeWorld();
    for (const tag of ['t1', 't2', 'new'])
      await stage({
        ...writer,
        collection,
        operations: [await made.sign(tag, 'staged', { atMs: made.clock.nowMs + 1 })],
      });
    await publish(writer);
    const { digestOf } = await made.read();
    expect(['t1', 't2', 'new', 't3'].map(digestOf)).toEqual([
      ...Array(3).fill(imageDigest('staged')),
      imageDigest('image 3'),
    ]);
  });
});
