import {
  compareItems,
  emptyState,
  type Item,
  memoryPlace,
  mergeStates,
  type Seen,
  type TagsState,
} from '@signet/signed-tags';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestNamed, entry } from '../catalogue-data.ts';
import { collection, plainState, publisherNamed, states } from './state-data.ts';

const tags = ['1', '2', '__proto__', 'constructor', 'never seen'];
const allPublishers = [publisherNamed('one'), publisherNamed('two'), publisherNamed('one', 'two')];

describe('merging states', () => {
  it('is commutative, associative and idempotent', () => {
    fc.assert(
      fc.property(states, states, states, (a, b, c) => {
        const same = (x: TagsState, y: TagsState) => expect(plainState(x)).toEqual(plainState(y));
        same(mergeStates(a, b), mergeStates(b, a));
        same(mergeStates(mergeStates(a, b), c), mergeStates(a, mergeStates(b, c)));
        same(mergeStates(a, a), a);
        same(mergeStates(a, emptyState(collection)), a);
      }),
      { numRuns: 300 },
    );
  });

  it('never gives less than either, whichever publishers are left', () => {
    fc.assert(
      fc.property(states, states, fc.subarray(allPublishers), (a, b, trusted) => {
        const merged = mergeStates(a, b);
        for (const state of [a, b]) expectNotLess(merged, state, trusted);
      }),
    );
  });

  it('of an entry that two files held keeps the statements of the later, and who vouched for it', () => {
    const [one, two] = [publisherNamed('one'), publisherNamed('two')];
    const early = withSeen({ entry: entry('a', 5, ['s']), vouched: new Map([[one, file(6)]]), removed: new Map() });
    const late = withSeen({ entry: entry('a', 5, ['t']), vouched: new Map([[two, file(7)]]), removed: new Map() });
    expect(mergeStates(late, early).seen.get('1')).toEqual({
      entry: entry('a', 5, ['t']),
      vouched: new Map([
        [two, file(7)],
        [one, file(6)],
      ]),
      removed: new Map(),
    });
  });

  it('keeps of two files the later whole, and unites the shards of one', () => {
    const stored = (text: string, issuedMs: number, shard: string) => ({
      ...emptyState(collection),
      newest: {
        file: Buffer.from(text),
        signatures: [],
        issuedMs,
        shards: new Map([[digestNamed(shard), Buffer.from(shard)]]),
      },
    });
    const merged = mergeStates(stored('late', 2, 'x'), stored('early', 1, 'y')).newest;
    expect(merged?.shards.size).toBe(1);
    expect(mergeStates(stored('late', 2, 'x'), stored('late', 2, 'y')).newest?.shards.size).toBe(2);
  });
});

describe('a place in memory', () => {
  it('holds what was merged into it', async () => {
    const place = memoryPlace();
    expect(await place.read()).toBeUndefined();
    const [a, b] = [withSeen(removedAt(3)), withSeen(removedAt(2))];
    expect(await place.merge(a)).toBe(true);
    await place.merge(b);
    expect(await place.read()).toEqual(mergeStates(a, b));
  });
});

function expectNotLess(after: TagsState, before: TagsState, trusted: readonly string[]): void {
  for (const tag of tags) {
    const item = lowerBound(before, tag, trusted);
    const held = lowerBound(after, tag, trusted);
    if (item !== undefined) expect(held !== undefined && compareItems(held, item) >= 0).toBe(true);
  }
  expect(after.newest?.issuedMs ?? 0).toBeGreaterThanOrEqual(before.newest?.issuedMs ?? 0);
  for (const [id, { issuedMs }] of before.publishers)
    expect(after.publishers.get(id)?.issuedMs).toBeGreaterThanOrEqual(issuedMs);
  for (const [digest, { by }] of before.revoked)
    for (const each of by) expect(after.revoked.get(digest)?.by).toContain(each);
}

/** What the state says at least of a tag, where only these publishers are believed. */
function lowerBound({ seen }: TagsState, tag: string, trusted: readonly string[]): Item | undefined {
  const { entry: held, removed = new Map() } = seen.get(tag) ?? {};
  const items: Item[] = trusted.flatMap((id) => {
    const atMs = removed.get(id);
    return atMs === undefined ? [] : [{ kind: 'removal' as const, atMs }];
  });
  if (held !== undefined) items.push({ kind: 'entry', entry: held });
  return items.toSorted(compareItems).at(-1);
}

function withSeen(seen: Seen): TagsState {
  return { ...emptyState(collection), seen: new Map([['1', seen]]) };
}

function removedAt(atMs: number): Seen {
  return { vouched: new Map(), removed: new Map([[publisherNamed('one'), atMs]]) };
}

function file(issuedMs: number) {
  return { issuedMs, expiresMs: issuedMs + 100 };
}
