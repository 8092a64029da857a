import { digestOf, MEDIA_TYPE_MANIFEST } from '@signet/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptyFallbackIndex,
  encodeFallbackIndex,
  type FallbackEntry,
  mergeEntries,
  parseFallbackIndex,
  toFallbackEntry,
} from '../../../packages/oci/src/remote/fallback-index.ts';
import {
  type Change,
  type FallbackDoor,
  type Head,
  type Run,
  settle,
} from '../../../packages/oci/src/remote/settle.ts';
import { codeOf } from '../code-of.ts';
import { createVirtualTime, type VirtualTime } from './virtual-time.ts';

const entry = (name: string): FallbackEntry =>
  toFallbackEntry({ mediaType: MEDIA_TYPE_MANIFEST, digest: digestOf(Buffer.from(name)), size: name.length });
const names = new Map<string, string>();
const named = (name: string): FallbackEntry => {
  const made = entry(name);
  names.set(made.digest, name);
  return made;
};

/** A registry with one fallback tag, in virtual time: a request takes effect halfway. */
interface Tag {
  readonly time: VirtualTime;
  bytes: Uint8Array | undefined;
  version: number;
  readonly deleted: Set<string>;
  readonly isConditional: boolean;
  /** Refuses an index that names a deleted manifest. */
  readonly isStrict: boolean;
}

function createTag(options: Partial<Pick<Tag, 'isConditional' | 'isStrict'>> = {}): Tag {
  return {
    time: createVirtualTime(),
    bytes: undefined,
    version: 0,
    deleted: new Set(),
    isConditional: false,
    isStrict: false,
    ...options,
  };
}

/** One writer's way to the tag; `latencyMs` of each request, `random` in [0, 1). */
function doorTo(tag: Tag, latencyMs: () => number, random: () => number): FallbackDoor {
  const { time } = tag;
  const halfway = async <T>(effect: () => T): Promise<T> => {
    const ms = latencyMs() / 2;
    await time.sleep(ms);
    const result = effect();
    await time.sleep(ms);
    return result;
  };
  const read = (): Head =>
    tag.bytes === undefined
      ? { kind: 'absent' }
      : {
          kind: 'index',
          index: parseFallbackIndex(tag.bytes),
          ...(tag.isConditional ? { etag: `"${tag.version}"` } : {}),
        };
  const write = (bytes: Uint8Array, over: Head): 'written' | 'changed' | 'dangling' => {
    const isStale = over.kind === 'absent' ? tag.bytes !== undefined : etagOf(over) !== `"${tag.version}"`;
    if (tag.isConditional && isStale) return 'changed';
    if (tag.isStrict && parseFallbackIndex(bytes).entries.some(({ digest }) => tag.deleted.has(digest)))
      return 'dangling';
    tag.bytes = bytes;
    tag.version += 1;
    return 'written';
  };
  return {
    read: () => halfway(read),
    write: (bytes, over) => halfway(() => write(bytes, over)),
    exists: ({ digest }) => halfway(() => !tag.deleted.has(digest)),
    sleep: time.sleep,
    random,
    clock: time.now,
  };
}

const etagOf = (head: Head): string | undefined => (head.kind === 'index' ? head.etag : undefined);

function newRun(): Run {
  return { waiting: new Map(), seen: new Map(), removed: new Set() };
}

/** Adds or removes one entry through `run`, as the writer does it. */
function change(run: Run, kind: Change['kind'], what: FallbackEntry): Promise<void> {
  return new Promise((resolve, reject) => {
    run.waiting.set({ kind, entry: what, resolve, reject }, 0);
    if (kind === 'add') run.seen.set(what.digest, what);
    else {
      run.seen.delete(what.digest);
      run.removed.add(what.digest);
    }
  });
}

async function add(tag: Tag, door: FallbackDoor, what: readonly FallbackEntry[]): Promise<void> {
  const run = newRun();
  const done = Promise.all(what.map((each) => change(run, 'add', each)));
  await settle(run, door);
  await done;
  expect(tag.bytes).toBeDefined();
}

/** Another program: reads, appends, writes `gapMs` later, and never looks again. */
async function addBlindly(tag: Tag, door: FallbackDoor, what: FallbackEntry, gapMs: number): Promise<void> {
  const head = await door.read(false);
  await tag.time.sleep(gapMs);
  const { document, entries } = head.kind === 'index' ? head.index : emptyFallbackIndex;
  await door.write(encodeFallbackIndex({ document, entries: [...entries, what] }), head);
}

const listed = (tag: Tag): readonly string[] =>
  tag.bytes === undefined ? [] : parseFallbackIndex(tag.bytes).entries.map(({ digest }) => names.get(digest) ?? digest);

/** Repeatable: a failure is found each time, and none comes by luck. */
const fixed = { seed: 20_261_123, numRuns: 60 };
const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('merging', () => {
  const entries = fc.array(
    fc.nat({ max: 30 }).map((n) => entry(`e${n}`)),
    { maxLength: 20 },
  );
  const digests = (list: Iterable<FallbackEntry>): ReadonlySet<string> =>
    new Set([...list].map(({ digest }) => digest));

  it('never loses an entry, keeps the order of what was there, doubles nothing and is done after one time', () => {
    fc.assert(
      fc.property(entries, entries, (current, wanted) => {
        const { entries: merged, isChanged } = mergeEntries(current, wanted);
        expect(digests(merged)).toEqual(new Set([...digests(current), ...digests(wanted)]));
        expect(merged).toHaveLength(digests(merged).size);
        expect(merged.slice(0, digests(current).size).map(({ digest }) => digest)).toEqual([...digests(current)]);
        expect(isChanged).toBe(merged.length > digests(current).size);
        expect(mergeEntries(merged, wanted)).toEqual({ entries: merged, isChanged: false });
      }),
    );
  });

  it('takes out what is removed, and nothing else', () => {
    fc.assert(
      fc.property(entries, entries, entries, (current, wanted, gone) => {
        const removed = digests(gone);
        const { entries: merged } = mergeEntries(current, wanted, removed);
        const kept = [...current, ...wanted].filter(({ digest }) => !removed.has(digest));
        expect(digests(merged)).toEqual(digests(kept));
      }),
    );
  });
});

describe('settling', () => {
  const latencies = fc.integer({ min: 1, max: 120 });

  it('adds to what is not there yet, sees it twice after its write, and says so only then', async () => {
    const tag = createTag();
    const door = doorTo(
      tag,
      () => 10,
      () => 0,
    );
    const { calls, counting } = counted(door);
    await tag.time.run(add(tag, counting, [named('a'), named('b')]));
    expect(calls).toEqual(['read', 'write', 'read', 'read']);
    expect(listed(tag)).toEqual(['a', 'b']);
  });

  it('writes nothing when it is there already', async () => {
    const tag = createTag();
    const door = doorTo(
      tag,
      () => 10,
      () => 0,
    );
    await tag.time.run(add(tag, door, [named('a')]));
    const { version } = tag;
    await tag.time.run(add(tag, door, [named('a')]));
    expect(tag.version).toBe(version);
  });

  it('of our writers loses none, without conditional writes, however slow the registry is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 6 }),
        latencies,
        fc.infiniteStream(fraction),
        async (writers, ms, random) => {
          const tag = createTag();
          const next = (): number => random.next().value ?? 0.5;
          const expected = Array.from({ length: writers }, (_, n) => [`w${n} 0`, `w${n} 1`]).flat();
          const work = Array.from({ length: writers }, async (_, n) => {
            const door = stalling(
              tag,
              doorTo(tag, () => ms, next),
              () => next() * 35,
            );
            await tag.time.sleep(next() * 100);
            await add(tag, door, [named(`w${n} 0`)]);
            await add(tag, door, [named(`w${n} 1`)]);
          });
          await tag.time.run(Promise.all(work));
          expect([...listed(tag)].sort()).toEqual(expected.sort());
        },
      ),
      fixed,
    );
  });

  it('with conditional writes loses none even when requests take any time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 5 }), fc.infiniteStream(fraction), async (writers, random) => {
        const tag = createTag({ isConditional: true });
        const next = (): number => random.next().value ?? 0.5;
        const door = doorTo(tag, () => 1 + next() * 79, next);
        const work = Array.from({ length: writers }, (_, n) => add(tag, door, [named(`c${n}`)]));
        await tag.time.run(Promise.all(work));
        expect([...listed(tag)].sort()).toEqual(Array.from({ length: writers }, (_, n) => `c${n}`));
      }),
      fixed,
    );
  });

  it('keeps ours beside programs that write blindly within the time that we watch', async () => {
    await fc.assert(
      fc.asyncProperty(
        latencies,
        fc.integer({ min: 0, max: 40 }),
        fc.infiniteStream(fraction),
        async (ms, gap, random) => {
          const tag = createTag();
          const next = (): number => random.next().value ?? 0.5;
          const door = doorTo(tag, () => ms, next);
          const others = Array.from({ length: 3 }, async (_, n) => {
            await tag.time.sleep(next() * ms * 4);
            await addBlindly(tag, door, named(`blind ${n}`), gap);
          });
          await tag.time.run(Promise.all([add(tag, door, [named('ours')]), ...others]));
          expect(listed(tag)).toContain('ours');
        },
      ),
      fixed,
    );
  });

  it('brings back what another overwrote, unless its manifest is gone, on a slow registry too', async () => {
    for (const ms of [5, 100]) {
      const tag = createTag();
      const door = doorTo(
        tag,
        () => ms,
        () => 0.5,
      );
      const theirs = named('theirs');
      const gone = named('gone');
      tag.deleted.add(gone.digest);
      tag.bytes = encodeFallbackIndex({ ...emptyFallbackIndex, entries: [theirs, gone] });
      const intrude = async (): Promise<void> => {
        await tag.time.sleep(2.5 * ms);
        tag.bytes = encodeFallbackIndex({ ...emptyFallbackIndex, entries: [named('intruder')] });
      };
      await tag.time.run(Promise.all([add(tag, door, [named('ours')]), intrude()]));
      expect([ms, [...listed(tag)].sort()]).toEqual([ms, ['intruder', 'ours', 'theirs']]);
    }
  });

  it('takes an entry out, for good', async () => {
    const tag = createTag();
    const door = doorTo(
      tag,
      () => 10,
      () => 0.3,
    );
    await tag.time.run(add(tag, door, [named('a'), named('b')]));
    const run = newRun();
    const removed = change(run, 'remove', named('a'));
    await tag.time.run(Promise.all([settle(run, door), removed]));
    expect(listed(tag)).toEqual(['b']);
    const nothing = newRun();
    const done = change(nothing, 'remove', named('a'));
    const { version } = tag;
    await tag.time.run(Promise.all([settle(nothing, door), done]));
    expect(tag.version).toBe(version);
  });

  it('leaves entries out whose manifest the registry misses, for the others’ sake', async () => {
    const tag = createTag({ isStrict: true });
    const door = doorTo(
      tag,
      () => 10,
      () => 0.3,
    );
    tag.bytes = encodeFallbackIndex({ ...emptyFallbackIndex, entries: [named('gone'), named('kept')] });
    tag.deleted.add(named('gone').digest);
    await tag.time.run(add(tag, door, [named('ours')]));
    expect(listed(tag)).toEqual(['kept', 'ours']);
    const refusing: FallbackDoor = { ...door, write: () => Promise.resolve('dangling') };
    expect(await codeOf(tag.time.run(add(tag, refusing, [named('more')])))).toBe('REFUSED');
  });

  it('gives up when others keep overwriting it, and when the tag names something else', async () => {
    const tag = createTag();
    const door = doorTo(
      tag,
      () => 10,
      () => 0.3,
    );
    const shadowed: FallbackDoor = { ...door, write: () => Promise.resolve('written') };
    expect(await codeOf(tag.time.run(add(tag, shadowed, [named('a')])))).toBe('CONFLICT');
    const changing: FallbackDoor = { ...door, write: () => Promise.resolve('changed') };
    expect(await codeOf(tag.time.run(add(tag, changing, [named('a')])))).toBe('CONFLICT');
    const other: FallbackDoor = { ...door, read: () => Promise.resolve({ kind: 'other' }) };
    expect(await codeOf(tag.time.run(add(tag, other, [named('a')])))).toBe('CONFLICT');
    expect(tag.bytes).toBeUndefined();
  });

  it('gives up when the registry takes minutes for every answer, and when it has many entries asked for', async () => {
    const slow = createTag();
    const add1 = add(
      slow,
      doorTo(
        slow,
        () => 110_000,
        () => 0,
      ),
      [entry('ours')],
    );
    expect(await slow.time.run(codeOf(add1))).toBe('CONFLICT');
    expect(slow.time.now()).toBeLessThan(450_000);
    const many = createTag();
    const seen = Array.from({ length: 4000 }, (_, at) => entry(`vanished ${at}`));
    const run = newRun();
    for (const each of seen) run.seen.set(each.digest, each);
    const done = change(run, 'add', entry('ours'));
    const settled = settle(
      run,
      doorTo(
        many,
        () => 2000,
        () => 0,
      ),
    );
    expect(await many.time.run(codeOf(done))).toBe('CONFLICT');
    await settled;
    expect(many.time.now()).toBeLessThan(310_000);
  });

  it('reads again before it writes when its read has become old', async () => {
    const tag = createTag();
    const door = doorTo(
      tag,
      () => 10,
      () => 0.3,
    );
    let looks = 0;
    // The process stood still between the end of its read and the write.
    const clock = (): number => {
      looks += 1;
      return tag.time.now() + (looks > 4 ? 1000 : 0);
    };
    const { calls, counting } = counted({ ...door, clock });
    await tag.time.run(add(tag, counting, [named('a')]));
    expect(calls).toEqual(['read', 'read', 'write', 'read', 'read']);
  });
});

/** A process that the machine lets stand before each write. */
function stalling(tag: Tag, door: FallbackDoor, stallMs: () => number): FallbackDoor {
  const write: FallbackDoor['write'] = async (bytes, over) => {
    await tag.time.sleep(stallMs());
    return await door.write(bytes, over);
  };
  return { ...door, write };
}

function counted(door: FallbackDoor): { readonly calls: readonly string[]; readonly counting: FallbackDoor } {
  const calls: string[] = [];
  const read: FallbackDoor['read'] = (isKnown) => {
    calls.push('read');
    return door.read(isKnown);
  };
  const write: FallbackDoor['write'] = (bytes, over) => {
    calls.push('write');
    return door.write(bytes, over);
  };
  return { calls, counting: { ...door, read, write } };
}
