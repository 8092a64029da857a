import { createMemoryStore, emptyContent, emptyDescriptor, encodeManifest, RegistryError } from '@signet/oci';
import {
  CATALOGUE_TYPE,
  collectGarbage,
  HEAD_TAG,
  init,
  itemOf,
  memoryPlace,
  type Operation,
  publish,
  readHead,
  refresh,
  stage,
  status,
  TagsError,
  viewCatalogue,
} from '@signet/signed-tags';
import type { Requirement } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { authorityOf, collection, imageDigest, person, shortPace, type World, world } from './world.ts';

const minute = 60_000;
const hour = 60 * minute;

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) =>
      error instanceof TagsError || error instanceof RegistryError ? error.code : expect.fail(`${error}`),
  );

/** Tags of the store that are not the head's. */
async function journalTags({ store }: World): Promise<readonly string[]> {
  const tags: string[] = [];
  for await (const tag of store.tags()) if (tag.startsWith('signet-tags.j.')) tags.push(tag);
  return tags;
}

const warm = async (made: World, ...operations: readonly Operation[]) => {
  const writer = made.writer({ operations, allowCold: true });
  return { writer, result: await publish(writer) };
};

describe('publishing', () => {
  it('puts a tag into the catalogue, after the journal', async () => {
    const made = await world();
    const { result } = await warm(made, await made.sign('v1', 'a'));
    expect(result).toMatchObject({ outcome: 'published', isOwn: true, isCold: true, isStateSaved: true, ignored: [] });
    expect(result.operations).toMatchObject([{ outcome: 'published', atMs: made.clock.nowMs }]);
    expect((await made.read()).digestOf('v1')).toBe(imageDigest('a'));
    expect(await journalTags(made)).toEqual(result.journal.map((ulid) => `signet-tags.j.${ulid}`));
  });

  it('of what is there already writes nothing', async () => {
    const made = await world();
    const operation = await made.sign('v1', 'a');
    const { writer } = await warm(made, operation);
    const before = (await made.store.resolve(HEAD_TAG)).descriptor.digest;
    const again = await publish({ ...writer, operations: [operation] });
    expect(again).toMatchObject({ outcome: 'published', isOwn: false, rounds: 1, journal: [] });
    expect((await made.store.resolve(HEAD_TAG)).descriptor.digest).toBe(before);
  });

  it('of an older statement says that it is superseded', async () => {
    const made = await world();
    const { writer } = await warm(made, await made.sign('v1', 'b'));
    const older = await made.sign('v1', 'a', { atMs: made.clock.nowMs - 1 });
    const result = await publish({ ...writer, operations: [older] });
    expect(result).toMatchObject({ outcome: 'superseded', operations: [{ outcome: 'superseded' }] });
    expect((await made.read()).digestOf('v1')).toBe(imageDigest('b'));
  });

  it('keeps what a tag was, names the file before, and is later than it whatever the clock says', async () => {
    const made = await world();
    const { writer, result: first } = await warm(made, await made.sign('v1', 'a'));
    made.clock.nowMs -= minute;
    const second = await publish({
      ...writer,
      operations: [await made.sign('v1', 'b', { atMs: made.clock.nowMs + 2 * minute })],
    });
    expect(second.head?.issuedMs).toBe((first.head?.issuedMs ?? 0) + 1);
    const { catalogue, content } = await made.read();
    expect(catalogue.prev).toBe(first.head?.file);
    expect(content.tags.get('v1')?.entries.map(({ digest }) => digest)).toEqual([imageDigest('b'), imageDigest('a')]);
  });

  it('removes a tag, which an old statement does not bring back', async () => {
    const made = await world();
    const old = await made.sign('v1', 'a');
    const { writer } = await warm(made, old);
    const result = await publish({ ...writer, operations: [await made.remove('v1', { atMs: made.clock.nowMs + 1 })] });
    expect(result.outcome).toBe('published');
    expect((await made.read()).digestOf('v1')).toBeUndefined();
    expect((await publish({ ...writer, operations: [old] })).outcome).toBe('superseded');
    expect((await made.read()).digestOf('v1')).toBeUndefined();
  });

  it('revokes a digest', async () => {
    const made = await world();
    const { result } = await warm(made, await made.revoke('a'));
    expect(result.outcome).toBe('published');
    expect([...(await made.read()).catalogue.revoked]).toEqual([
      [imageDigest('a'), { atMs: made.clock.nowMs, reason: 'stolen' }],
    ]);
  });

  it('takes several operations, of one tag the greatest', async () => {
    const made = await world();
    const { nowMs } = made.clock;
    const operations = await Promise.all([
      ...['a', 'b', 'c'].map((image, at) => made.sign('v1', image, { atMs: nowMs + at })),
      ...Array.from({ length: 30 }, (_, at) => made.sign(`t${at}`, `image ${at}`)),
    ]);
    const { result } = await warm(made, ...operations);
    expect(result.operations.map(({ outcome }) => outcome).slice(0, 3)).toEqual([
      'superseded',
      'superseded',
      'published',
    ]);
    expect(result.journal.length).toBeGreaterThan(1);
    const read = await made.read();
    expect(read.digestOf('v1')).toBe(imageDigest('c'));
    expect(read.digestOf('t29')).toBe(imageDigest('image 29'));
  });

  it('refuses what nobody who counts has signed, before anything is written', async () => {
    const made = await world();
    const mallory = await person('mallory');
    const [sign, remove, revoke] = [
      await made.sign('v1', 'a', { by: mallory }),
      await made.remove('v1', { by: mallory }),
      await made.revoke('a', { by: mallory }),
    ];
    const reserved = await made.sign('signet-tags.x', 'a');
    for (const operation of [sign, remove, revoke, reserved])
      expect(await codeOf(warm(made, operation))).toBe('OPERATION_REFUSED');
    const { signer } = mallory;
    expect(
      await codeOf(
        publish(made.writer({ operations: [await made.sign('v1', 'a')], allowCold: true, signers: [signer] })),
      ),
    ).toBe('SIGNER_NOT_TRUSTED');
    expect(await journalTags(made)).toEqual([]);
  });

  it('gives a receipt for each tag', async () => {
    const made = await world();
    const { nowMs } = made.clock;
    const operations = [
      await made.sign('v1', 'a'),
      await made.sign('v1', 'b', { atMs: nowMs + 1 }),
      await made.remove('v0'),
    ];
    const { result } = await warm(made, ...operations);
    const issuedMs = result.head?.issuedMs;
    expect(result.receipts).toEqual([
      { collection, tag: 'v1', digest: imageDigest('a'), atMs: nowMs, issuedMs },
      { collection, tag: 'v1', digest: imageDigest('b'), atMs: nowMs + 1, issuedMs },
    ]);
  });

  it('refuses a tag for a digest that is revoked', async () => {
    const made = await world();
    const { writer } = await warm(made, await made.revoke('a'));
    const operations = [await made.sign('v1', 'a')];
    expect(await codeOf(publish({ ...writer, operations }))).toBe('OPERATION_REFUSED');
    await made.store.untag(HEAD_TAG);
    expect(await codeOf(publish({ ...writer, operations }))).toBe('OPERATION_REFUSED');
  });

  it('leaves each head where that is asked for', async () => {
    const made = await world();
    const { historyTag } = await publish(
      made.writer({ operations: [await made.sign('v1', 'a')], allowCold: true, keepHistory: true }),
    );
    const tags: string[] = [];
    for await (const tag of made.store.tags()) if (tag.startsWith('signet-tags.h.')) tags.push(tag);
    expect(tags).toEqual([historyTag]);
    expect((await made.store.resolve(tags[0] ?? '')).descriptor.digest).toBe(
      (await made.store.resolve(HEAD_TAG)).descriptor.digest,
    );
  });
});

describe('two signers', () => {
  const two = async () => {
    const [alice, bob] = [await person('alice'), await person('bob')];
    const require: Requirement = { kind: 'atLeast', count: 2, of: [alice.source, bob.source] };
    return { made: await world({ require }), alice, bob };
  };

  it('complete one another, wherever the first waits', async () => {
    const { made, alice, bob } = await two();
    const { nowMs } = made.clock;
    const first = await warm(made, await made.sign('v1', 'a', { by: alice }));
    expect(first.result.outcome).toBe('waiting');
    expect((await made.read()).digestOf('v1')).toBeUndefined();
    const second = await warm(made, await made.sign('v1', 'a', { by: bob, atMs: nowMs + 5 }));
    expect(second.result).toMatchObject({ outcome: 'published', operations: [{ atMs: nowMs }] });
    expect((await made.read()).digestOf('v1')).toBe(imageDigest('a'));
  });

  it('complete one another, also when a head was written between', async () => {
    const { made, alice, bob } = await two();
    const both: Operation[] = [await made.sign('v2', 'b', { by: alice }), await made.sign('v2', 'b', { by: bob })];
    const first = await warm(made, await made.sign('v1', 'a', { by: alice }), ...both);
    expect(first.result).toMatchObject({ outcome: 'waiting', isOwn: true });
    const second = await warm(made, await made.sign('v1', 'a', { by: bob }));
    expect(second.result.outcome).toBe('published');
    expect((await made.read()).digestOf('v1')).toBe(imageDigest('a'));
  });

  it('remove and revoke together too', async () => {
    const { made, alice, bob } = await two();
    expect((await warm(made, await made.revoke('a', { by: alice }))).result.outcome).toBe('waiting');
    expect((await warm(made, await made.revoke('a', { by: bob }))).result.outcome).toBe('published');
    expect((await warm(made, await made.remove('v1', { by: alice }))).result.outcome).toBe('waiting');
    expect(
      (await warm(made, await made.remove('v1', { by: bob, atMs: made.clock.nowMs + 3 }))).result.operations,
    ).toMatchObject([{ outcome: 'published', atMs: made.clock.nowMs }]);
  });

  it('sign for one digest: a statement of each for another is none for both', async () => {
    const { made, alice, bob } = await two();
    await warm(made, await made.sign('v1', 'a', { by: alice }));
    expect((await warm(made, await made.sign('v1', 'b', { by: bob }))).result.outcome).toBe('waiting');
    expect((await made.read()).digestOf('v1')).toBeUndefined();
  });
});

describe('a writer that knows nothing from before', () => {
  it('does not publish, unless it is told to or has a receipt', async () => {
    const made = await world();
    const operations = [await made.sign('v1', 'a')];
    expect(await codeOf(publish(made.writer({ operations })))).toBe('WRITER_COLD');
    const { issuedMs } = (await made.read()).catalogue;
    expect(await codeOf(publish(made.writer({ operations, afterMs: issuedMs + 1 })))).toBe('HEAD_TOO_OLD');
    expect(await publish(made.writer({ operations, afterMs: issuedMs }))).toMatchObject({
      outcome: 'published',
      isCold: false,
    });
  });

  it('does not publish over a head of more than 24 hours', async () => {
    const made = await world();
    made.clock.nowMs += 24 * hour + 1;
    const operations = [await made.sign('v1', 'a')];
    expect(await codeOf(publish(made.writer({ operations, allowCold: true })))).toBe('HEAD_TOO_OLD');
    made.clock.nowMs -= 2;
    expect(await codeOf(publish(made.writer({ operations, allowCold: true })))).toBe('done');
  });

  it.each(['nothing', 'junk', 'a head that somebody else signed'])('does not publish over %s', async (what) => {
    const made = await world({ isNew: true });
    if (what === 'junk') await putJunk(made);
    const mallory = await person('mallory');
    if (what.startsWith('a head')) {
      const authority = authorityOf(made.alice.source, mallory.source);
      await init(made.writer({ authority, signers: [mallory.signer] }));
    }
    const operations = [await made.sign('v1', 'a')];
    expect(await codeOf(publish(made.writer({ operations, allowCold: true })))).toBe('HEAD_MISSING');
    expect(await journalTags(made)).toEqual([]);
  });
});

async function putJunk({ store }: World): Promise<void> {
  await store.push(emptyContent, emptyDescriptor);
  await store.tag(encodeManifest({ kind: 'manifest', artifactType: 'application/junk' }), HEAD_TAG);
}

describe('a writer with state', () => {
  it('goes on where the head is gone, junk or older, and loses nothing', async () => {
    for (const harm of ['gone', 'junk', 'older']) {
      const made = await world();
      const before = await made.store.resolve(HEAD_TAG);
      const { writer } = await warm(made, await made.sign('v1', 'a'), await made.revoke('bad'));
      for (const tag of await journalTags(made)) await made.store.untag(tag);
      if (harm === 'gone') await made.store.untag(HEAD_TAG);
      if (harm === 'junk') await putJunk(made);
      if (harm === 'older') await made.store.tag(before, HEAD_TAG);
      const result = await publish({ ...writer, operations: [await made.sign('v2', 'b')] });
      expect(result, harm).toMatchObject({ outcome: 'published', isOwn: true });
      const read = await made.read();
      expect([read.digestOf('v1'), read.digestOf('v2')], harm).toEqual([imageDigest('a'), imageDigest('b')]);
      expect([...read.catalogue.revoked.keys()], harm).toEqual([imageDigest('bad')]);
    }
  });

  it('puts back what an older head lacks without operations of its own', async () => {
    const made = await world();
    const before = await made.store.resolve(HEAD_TAG);
    const { writer } = await warm(made, await made.sign('v1', 'a'));
    for (const tag of await journalTags(made)) await made.store.untag(tag);
    await made.store.tag(before, HEAD_TAG);
    expect(await publish(writer)).toMatchObject({ outcome: 'published', isOwn: true });
    expect((await made.read()).digestOf('v1')).toBe(imageDigest('a'));
  });

  it('keeps the entry of a signer who has left, and does not bring back the one before it', async () => {
    const [alice, bob] = [await person('alice'), await person('bob')];
    const made = await world({ require: { kind: 'any', of: [alice.source, bob.source] } });
    await warm(made, await made.sign('v1', 'a', { by: alice, atMs: made.clock.nowMs - 5 }));
    const { writer } = await warm(made, await made.sign('v1', 'b', { by: bob }));
    const authority = authorityOf(alice.source);
    await publish({ ...writer, authority, operations: [await made.sign('v2', 'c', { by: alice })] });
    expect((await made.read()).digestOf('v1')).toBe(imageDigest('b'));
  });
});

describe('the clock', () => {
  const withDate = (made: World, dateMs: number) => ({
    ...made.store,
    resolve: async (...args: Parameters<World['store']['resolve']>) => ({
      ...(await made.store.resolve(...args)),
      dateMs,
    }),
  });

  it.each([
    [5 * minute, 'done'],
    [5 * minute + 1000, 'CLOCK_DIFFERS'],
    [-5 * minute, 'done'],
    [-5 * minute - 1000, 'CLOCK_DIFFERS'],
  ])('of the registry may differ by %i ms: %s', async (ms, code) => {
    const made = await world();
    const store = withDate(made, made.clock.nowMs + ms);
    const operations = [await made.sign('v1', 'a')];
    const writer = made.writer({ store, operations, allowCold: true });
    expect(await codeOf(stage({ ...writer, collection, operations }))).toBe(code);
    expect(await codeOf(publish(writer))).toBe(code);
    expect(await codeOf(publish({ ...writer, ignoreDate: true }))).toBe('done');
  });

  it('that is set back while a run is under way ends it: what the head holds would be taken for the future, and lost', async () => {
    const made = await world();
    await warm(made, await made.sign('v1', 'a'));
    const [head, startMs] = [await made.read(), made.clock.nowMs];
    let reads = 0;
    const store = {
      ...withDate(made, startMs),
      resolve: async (...args: Parameters<World['store']['resolve']>) => {
        reads += 1;
        if (reads > 1) made.clock.nowMs = startMs - 60 * minute;
        return await withDate(made, startMs).resolve(...args);
      },
      // The first write does not stay, so that there is a second round.
      tag: async () => ({}),
    };
    const operations = [await made.sign('v2', 'b')];
    const done = await publish(made.writer({ store, operations, allowCold: true }));
    expect(done).toMatchObject({ outcome: 'recorded', failure: { code: 'CLOCK_DIFFERS' } });
    expect((await made.read()).digestOf('v1')).toBe(head.digestOf('v1'));
  });

  it('ahead by more than ten minutes makes statements that do not exist', async () => {
    const made = await world();
    const late = await made.sign('v1', 'a', { atMs: made.clock.nowMs + 10 * minute + 1 });
    expect(await codeOf(publish(made.writer({ operations: [late], allowCold: true })))).toBe('OPERATION_REFUSED');
    expect((await made.read()).digestOf('v1')).toBeUndefined();
  });
});

describe('staging', () => {
  it('records, and whoever publishes next completes it', async () => {
    const made = await world();
    const operations = [await made.sign('v1', 'a'), await made.remove('v0')];
    const [ulid] = await stage({ ...made.writer(), collection, operations });
    expect(await status(made.writer())).toMatchObject({
      pending: [
        { ulid, subject: `sign v1 ${imageDigest('a')}` },
        { ulid, subject: 'remove v0' },
      ],
    });
    const { result } = await warm(made);
    expect(result).toMatchObject({ outcome: 'published', operations: [], isOwn: true });
    expect((await made.read()).digestOf('v1')).toBe(imageDigest('a'));
    expect(await status(made.writer())).toMatchObject({ pending: [], ignored: [], unmet: [], catalogue: { tags: 1 } });
    const head = await readHead(made.store, { pace: shortPace });
    expect(head?.merged).toEqual([ulid]);
  });
});

describe('refreshing', () => {
  it('signs anew, and takes along what was recorded', async () => {
    const made = await world();
    const { writer, result: before } = await warm(made);
    await stage({ ...writer, collection, operations: [await made.sign('v1', 'a')] });
    made.clock.nowMs += 12 * hour;
    const result = await refresh(writer);
    expect(result).toMatchObject({
      isOwn: true,
      head: { issuedMs: made.clock.nowMs, expiresMs: made.clock.nowMs + 72 * hour },
    });
    expect(before.head?.issuedMs).toBeLessThan(made.clock.nowMs);
    expect((await made.read()).digestOf('v1')).toBe(imageDigest('a'));
  });

  it('goes on after expiry, where something is remembered', async () => {
    const made = await world();
    const { writer } = await warm(made);
    made.clock.nowMs += 100 * hour;
    expect(await publish(writer)).toMatchObject({ isOwn: true, head: { issuedMs: made.clock.nowMs } });
  });

  it('gives a file the life that is asked for, up to 30 days', async () => {
    const made = await world();
    const { writer } = await warm(made);
    made.clock.nowMs += minute;
    const result = await refresh({ ...writer, lifetimeMs: hour });
    expect(result.head?.expiresMs).toBe(made.clock.nowMs + hour);
    for (const lifetimeMs of [0, 31 * 24 * hour, Number.NaN])
      expect(await codeOf(refresh({ ...writer, lifetimeMs }))).toBe('OPERATION_REFUSED');
  });
});

describe('the first catalogue', () => {
  it('is made where there is nothing, with the tags that are given', async () => {
    const made = await world({ isNew: true });
    const result = await init(made.writer({ operations: [await made.sign('v1', 'a')] }));
    expect(result).toMatchObject({ outcome: 'published', isCold: false });
    expect((await made.read()).digestOf('v1')).toBe(imageDigest('a'));
  });

  it('is not made where there is a head, a journal or a memory', async () => {
    const withHead = await world();
    expect(await codeOf(init(withHead.writer()))).toBe('CATALOGUE_EXISTS');
    const withJournal = await world({ isNew: true });
    await stage({ ...withJournal.writer(), collection, operations: [await withJournal.sign('v1', 'a')] });
    expect(await codeOf(init(withJournal.writer()))).toBe('CATALOGUE_EXISTS');
    const state = memoryPlace();
    await init((await world({ isNew: true })).writer({ state }));
    expect(await codeOf(init((await world({ isNew: true })).writer({ state })))).toBe('CATALOGUE_EXISTS');
  });
});

describe('the journal', () => {
  it('is cleaned of what the head has held for an hour, and of junk after a day', async () => {
    const made = await world();
    const mallory = await person('mallory');
    await stage({ ...made.writer(), collection, operations: [await made.sign('v1', 'junk', { by: mallory })] });
    const { writer } = await warm(made, await made.sign('v1', 'a'));
    expect(await journalTags(made)).toHaveLength(2);
    made.clock.nowMs += hour - 1;
    expect((await publish(writer)).cleaned).toBe(0);
    made.clock.nowMs += 2;
    const result = await publish(writer);
    expect(result.cleaned).toBe(1);
    expect(result.ignored).toMatchObject([{ why: `v1 is not signed as ${imageDigest('junk')} by those who have to` }]);
    made.clock.nowMs += 24 * hour;
    expect(await collectGarbage({ ...writer, isDryRun: true })).toBe(1);
    expect(await journalTags(made)).toHaveLength(1);
    expect(await collectGarbage(writer)).toBe(1);
    expect(await journalTags(made)).toEqual([]);
    expect((await made.read()).digestOf('v1')).toBe(imageDigest('a'));
  });

  it('is passed over where the registry fails at one entry', async () => {
    const made = await world();
    const [broken] = await stage({ ...made.writer(), collection, operations: [await made.sign('v1', 'a')] });
    const store: World['store'] = {
      ...made.store,
      resolve: async (name, options) => {
        if (name.endsWith(`${broken}`)) throw new RegistryError('SERVER_ERROR', 'a broken link');
        return made.store.resolve(name, options);
      },
    };
    const operations = [await made.sign('v2', 'b')];
    expect(await publish(made.writer({ store, operations, allowCold: true }))).toMatchObject({
      outcome: 'published',
      ignored: [{ ulid: broken, why: 'a broken link' }],
    });
  });

  it('is believed to be in a head only where the head is trusted', async () => {
    const made = await world();
    const { writer } = await warm(made);
    const [ulid = ''] = await stage({ ...writer, collection, operations: [await made.sign('v1', 'a')] });
    const annotations = { 'dev.signet.merged': ulid };
    await made.store.tag(encodeManifest({ kind: 'manifest', artifactType: CATALOGUE_TYPE, annotations }), HEAD_TAG);
    await publish(writer);
    expect((await made.read()).digestOf('v1')).toBe(imageDigest('a'));
  });

  it('is not cleaned of what the head does not hold, however old it is', async () => {
    const made = await world();
    await stage({ ...made.writer(), collection, operations: [await made.sign('v1', 'a')] });
    made.clock.nowMs += 48 * hour;
    expect(await collectGarbage(made.writer())).toBe(0);
    expect(await journalTags(made)).toHaveLength(1);
  });

  it('may hold anything: it is passed over and told', async () => {
    const made = await world();
    const { store } = made;
    await store.push(emptyContent, emptyDescriptor);
    const junk = encodeManifest({ kind: 'manifest', artifactType: 'application/junk' });
    const large = encodeManifest({ kind: 'manifest', artifactType: 'a/b', annotations: { x: 'x'.repeat(65_536) } });
    const [own] = await stage({
      ...made.writer(),
      collection: 'registry.example/other',
      operations: [await made.sign('v1', 'a')],
    });
    const theirs = await store.resolve(`signet-tags.j.${own}`);
    const names = ['01KAQ4DM200000000000000001', '01KAQ4DM200000000000000002', '01KAQ4DM200000000000000003'];
    for (const [at, manifest] of [junk, large, theirs].entries())
      await store.tag(manifest, `signet-tags.j.${names[at]}`);
    await store.tag(junk, 'signet-tags.j.not-a-ulid');
    const { result } = await warm(made, await made.sign('v1', 'a'));
    expect(result.outcome).toBe('published');
    expect(new Map(result.ignored.map(({ ulid, why }) => [ulid, why]))).toEqual(
      new Map([
        [names[0], 'the journal entry is none'],
        [names[1], expect.stringContaining('at most 65536')],
        [names[2], 'the journal entry is that of another tag'],
        [own, 'the journal entry is of another collection'],
      ]),
    );
  });

  it('never brings back what was removed, also once the removal is forgotten', async () => {
    const made = await world();
    const { nowMs } = made.clock;
    const old = await made.sign('v1', 'a');
    const { writer } = await warm(made, old);
    await publish({ ...writer, operations: [await made.remove('v1', { atMs: nowMs + 1 })] });
    made.clock.nowMs += 31 * 24 * hour;
    await refresh(writer);
    const { content } = await made.read();
    expect(content.tags.has('v1')).toBe(false);
    expect(content.floorMs).toBe(nowMs + 1);
    await stage({ ...writer, collection, operations: [old] });
    await publish(writer);
    expect(itemOf((await made.read()).content, 'v1')).toEqual({ kind: 'removal', atMs: nowMs + 1 });
  });
});

describe('a state that cannot be saved', () => {
  it('is told, and the answer stands', async () => {
    const made = await world();
    const state = { ...memoryPlace(), merge: async () => false };
    const operations = [await made.sign('v1', 'a')];
    expect(await publish(made.writer({ state, operations, allowCold: true }))).toMatchObject({
      outcome: 'published',
      isStateSaved: false,
    });
  });
});

describe('a view', () => {
  it('shows what tags are and were, without judging them', async () => {
    const made = await world();
    const { nowMs } = made.clock;
    const operations = [
      await made.sign('v1', 'a'),
      await made.sign('v1', 'b', { atMs: nowMs + 1 }),
      await made.sign('v2', 'c'),
    ];
    const { result } = await warm(made, ...operations);
    const some = await viewCatalogue(made.writer(), ['v1', 'none']);
    expect([...some.content.tags.keys()]).toEqual(['v1']);
    expect(some.content.tags.get('v1')?.entries.map(({ atMs }) => atMs)).toEqual([nowMs + 1, nowMs]);
    expect(some).toMatchObject({ manifest: result.head?.manifest, file: result.head?.file });
    expect([...(await viewCatalogue(made.writer())).content.tags.keys()].toSorted()).toEqual(['v1', 'v2']);
    expect(await codeOf(viewCatalogue((await world({ isNew: true })).writer()))).toBe('HEAD_MISSING');
  });
});

describe('another collection', () => {
  it('has a head of its own: it counts for nothing here', async () => {
    const store = createMemoryStore();
    const made = await world({ store });
    const authority = { ...made.authority, collection: 'registry.example/other' };
    expect(await codeOf(publish(made.writer({ authority, allowCold: true })))).toBe('HEAD_MISSING');
  });
});
