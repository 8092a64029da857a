import { createRegistryClient, RegistryError, type Store } from '@signet/oci';
import { HEAD_TAG, type Published, publish, stage } from '@signet/signed-tags';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCraneRegistry } from '../../support/crane-registry.ts';
import { startDockerRegistry, type TestRegistry } from '../../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../../support/embedded-registry.ts';
import { havePeers, type PeerName } from '../../support/peers.ts';
import { collection, imageDigest, shortPace, type World, world } from './world.ts';

const registries: readonly (readonly [string, PeerName | undefined, () => Promise<TestRegistry>])[] = [
  ['the embedded registry', undefined, () => startEmbeddedRegistry()],
  ['the embedded registry without conditions', undefined, () => startEmbeddedRegistry({ conditionalWrites: false })],
  ['docker-registry', 'docker-registry', () => startDockerRegistry()],
  ["crane's registry", 'crane', () => startCraneRegistry()],
];

/** Each writer with a state of its own and several tags, one after the other; all writers at once. */
async function race(made: World, storeOf: () => Store, { writers, each }: { writers: number; each: number }) {
  const results: Published[] = [];
  const write = async (name: number): Promise<void> => {
    const writer = made.writer({ store: storeOf(), allowCold: true, now: Date.now });
    for (let at = 0; at < each; at += 1) {
      const operations = [await made.sign(`w${name}-${at}`, `image ${name} ${at}`, { atMs: Date.now() })];
      results.push(await publish({ ...writer, operations }));
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, name) => write(name)));
  return results;
}

function expectAll(read: Awaited<ReturnType<World['read']>>, writers: number, each: number): void {
  for (let name = 0; name < writers; name += 1)
    for (let at = 0; at < each; at += 1)
      expect(read.digestOf(`w${name}-${at}`)).toBe(imageDigest(`image ${name} ${at}`));
}

describe('writers at once', () => {
  it('lose nothing in memory: 8 with 3 tags each', async () => {
    const made = await world();
    const results = await race(made, () => made.store, { writers: 8, each: 3 });
    expect(results.map(({ outcome }) => outcome)).toEqual(Array(24).fill('published'));
    expectAll(await made.read(), 8, 3);
  });

  for (const [name, peer, start] of registries) {
    describe.skipIf(!havePeers(peer === undefined ? [] : [peer]))(`on ${name}`, () => {
      let registry: TestRegistry;
      const client = createRegistryClient();
      beforeAll(async () => {
        registry = await start();
      });
      afterAll(async () => {
        await client.close();
        await registry.stop();
      });

      it('lose nothing: 4 with 3 tags each', async () => {
        const storeOf = () => client.repository({ registry: registry.host, repository: 'shop/api' });
        const made = await world({ store: storeOf() });
        const results = await race(made, storeOf, { writers: 4, each: 3 });
        expect(results.map(({ outcome }) => outcome)).toEqual(Array(12).fill('published'));
        expectAll(await made.read(), 4, 3);
      });
    });
  }

  it.skipIf(!havePeers(['docker-registry']))(
    'clean the journal where a registry cannot delete a tag alone',
    async () => {
      const registry = await startDockerRegistry();
      const client = createRegistryClient();
      try {
        const store = client.repository({ registry: registry.host, repository: 'shop/api' });
        const made = await world({ store });
        const writer = made.writer({ allowCold: true, ignoreDate: true });
        made.clock.nowMs -= 2 * 3_600_000;
        await stage({ ...writer, collection, operations: [await made.sign('v1', 'a')] });
        made.clock.nowMs += 2 * 3_600_000;
        expect(await publish(writer)).toMatchObject({ outcome: 'published', cleaned: 1 });
        const tags: string[] = [];
        for await (const tag of store.tags()) tags.push(tag);
        expect(tags).toEqual([HEAD_TAG]);
        expect((await made.read()).digestOf('v1')).toBe(imageDigest('a'));
      } finally {
        await client.close();
        await registry.stop();
      }
    },
  );

  it('sign and remove one tag: the greater wins everywhere', async () => {
    const made = await world();
    const { nowMs } = made.clock;
    const [sign, remove] = [await made.sign('v1', 'a'), await made.remove('v1', { atMs: nowMs })];
    const [signed, removed] = await Promise.all(
      [sign, remove].map((operation) => publish(made.writer({ operations: [operation], allowCold: true }))),
    );
    expect(removed?.outcome).toBe('published');
    expect(['published', 'superseded']).toContain(signed?.outcome);
    expect((await made.read()).digestOf('v1')).toBeUndefined();
  });
});

/** A store that is gone after so many calls: what comes then never comes about, and never answers well. */
function dyingAfter(store: Store, calls: number): { readonly store: Store; readonly isDead: () => boolean } {
  let left = calls;
  const live =
    <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      left -= 1;
      if (left < 0) throw new TypeError('killed');
      return work(...args);
    };
  return {
    store: {
      ...store,
      resolve: live(store.resolve),
      fetch: live(store.fetch),
      push: live(store.push),
      tag: live(store.tag),
      untag: live(store.untag),
      delete: live(store.delete),
    },
    isDead: () => left < 0,
  };
}

describe('a writer that is killed', () => {
  it('before any of its requests leaves its operation recorded whole, or not at all; the next completes it', async () => {
    for (let calls = 0; ; calls += 1) {
      const made = await world();
      const { store, isDead } = dyingAfter(made.store, calls);
      const operations = [await made.sign('v1', 'a')];
      const outcome = await publish(made.writer({ store, operations, allowCold: true })).then(
        ({ outcome: told }) => told,
        () => 'killed' as const,
      );
      const tags: string[] = [];
      for await (const tag of made.store.tags()) tags.push(tag);
      const isRecorded = tags.some((tag) => tag.startsWith('signet-tags.j.'));
      await publish(made.writer({ allowCold: true }));
      const found = (await made.read()).digestOf('v1');
      expect(found, `after ${calls} requests: ${outcome}`).toBe(isRecorded ? imageDigest('a') : undefined);
      if (outcome !== 'killed') expect(isRecorded).toBe(true);
      if (!isDead()) break;
      expect(calls).toBeLessThan(100);
    }
  });
});

describe('a write of the head', () => {
  const withTag = (store: Store, tag: (write: () => Promise<unknown>) => Promise<unknown>): Store => ({
    ...store,
    tag: async (manifest, name, options) => {
      if (name !== HEAD_TAG) return store.tag(manifest, name, options);
      await tag(() => store.tag(manifest, name, options));
      return {};
    },
  });

  it('whose answer is lost has been made', async () => {
    const made = await world();
    let lost = 0;
    const store = withTag(made.store, async (write) => {
      await write();
      lost += 1;
      if (lost === 1) throw new RegistryError('UNREACHABLE', 'the connection broke');
    });
    const operations = [await made.sign('v1', 'a')];
    expect(await publish(made.writer({ store, operations, allowCold: true }))).toMatchObject({
      outcome: 'published',
      rounds: 2,
    });
    expect(lost).toBe(1);
  });

  it.each(['SERVER_ERROR', 'UNREACHABLE', 'FORBIDDEN'] as const)(
    'that always fails (%s) leaves the operation recorded',
    async (code) => {
      const made = await world();
      const store = withTag(made.store, async () => {
        throw new RegistryError(code, 'no');
      });
      const operations = [await made.sign('v1', 'a')];
      const result = await publish(made.writer({ store, operations, allowCold: true }));
      expect(result).toMatchObject({ outcome: 'recorded', failure: { code }, operations: [{ outcome: 'recorded' }] });
      expect(result.journal).toHaveLength(1);
      await publish(made.writer({ allowCold: true }));
      expect((await made.read()).digestOf('v1')).toBe(imageDigest('a'));
    },
  );

  it('ends after two minutes in which others were always faster', async () => {
    const made = await world();
    let clock = 0;
    const pace = { ...shortPace, clock: () => clock };
    const store = withTag(made.store, async () => {
      clock += 1000;
      throw new RegistryError('CONFLICT', 'another was faster');
    });
    const operations = [await made.sign('v1', 'a')];
    const result = await publish(made.writer({ store, pace, operations, allowCold: true }));
    expect(result).toMatchObject({ outcome: 'recorded', rounds: 120, failure: { code: 'PUBLISH_TIMEOUT' } });
  });

  it('is not begun more than 30 seconds after the reading, by either clock', async () => {
    for (const which of ['clock', 'wall'] as const) {
      const made = await world();
      let [clock, slow] = [0, true];
      const writes: number[] = [];
      const { signer } = made.publisher;
      // A signer that takes its time, once: the person at the token, or a suspended machine.
      const signers = [
        {
          ...signer,
          sign: async (...args: Parameters<typeof signer.sign>) => {
            if (slow && which === 'clock') clock += 30_001;
            if (slow && which === 'wall') made.clock.nowMs += 30_001;
            slow = false;
            return signer.sign(...args);
          },
        },
      ];
      const store = withTag(made.store, async (write) => {
        writes.push(clock);
        await write();
      });
      const operations = [await made.sign('v1', 'a')];
      const pace = { ...shortPace, clock: () => clock };
      const result = await publish(made.writer({ store, pace, signers, operations, allowCold: true }));
      expect(result).toMatchObject({ outcome: 'published', rounds: 3 });
      expect(writes).toHaveLength(1);
    }
  });

  it('that arrives long after the journal was cleaned loses nothing for good', async () => {
    const made = await world();
    let late: (() => Promise<unknown>) | undefined;
    const unconditional: Store = {
      ...made.store,
      // It passed all checks, and hung on its way.
      tag: (manifest, name) => made.store.tag(manifest, name),
    };
    const slow = withTag(unconditional, async (write) => {
      late ??= write;
      throw new RegistryError('FORBIDDEN', 'the writer does not wait for it');
    });
    await publish(made.writer({ store: slow, operations: [await made.sign('v1', 'a')], allowCold: true }));
    const writer = made.writer({ allowCold: true });
    await publish({ ...writer, operations: [await made.sign('v2', 'b')] });
    made.clock.nowMs += 2 * 3_600_000;
    expect((await publish(writer)).cleaned).toBe(2);
    await late?.();
    expect((await made.read()).digestOf('v2')).toBeUndefined();
    await publish(writer);
    const read = await made.read();
    expect([read.digestOf('v1'), read.digestOf('v2')]).toEqual([imageDigest('a'), imageDigest('b')]);
  });
});

describe('more junk than a run reads', () => {
  it('holds nobody up for long, and keeps no entry out for ever', async () => {
    const made = await world();
    const { store } = made;
    await stage({ ...made.writer(), collection, operations: [await made.sign('v1', 'a')] });
    const head = await store.resolve(HEAD_TAG);
    const junk = Array.from({ length: 2500 }, (_, at) => `01KAQ4DM2000000000000${String(at).padStart(5, '0')}`);
    for (const ulid of junk) await store.tag(head, `signet-tags.j.${ulid}`);
    const result = await publish(made.writer({ operations: [await made.sign('v2', 'b')], allowCold: true }));
    expect(result).toMatchObject({ outcome: 'published', cleaned: 200 });
    expect(result.ignored.length).toBeGreaterThanOrEqual(1999);
    for (let tries = 0; (await made.read()).digestOf('v1') === undefined; tries += 1) {
      expect(tries).toBeLessThan(20);
      await publish(made.writer({ allowCold: true }));
    }
  });
});
