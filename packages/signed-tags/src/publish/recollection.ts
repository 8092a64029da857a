import type { Digest } from '@signet/oci';
import type { Content, Item, Revocations, TagState } from '../catalogue/content.ts';
import { withoutFuture } from '../catalogue/future.ts';
import { fileAheadMs } from '../catalogue/limits.ts';
import { mergeContent, mergeRevocations } from '../catalogue/merge.ts';
import { shardOf } from '../catalogue/shards.ts';
import { shardContent } from '../head/shards.ts';
import type { TagsState } from '../state/state.ts';
import { type TrustedFile, trustState } from '../state/trusted-state.ts';
import type { Authority } from './authority.ts';

/** A floor, and of which shard; `bits` 0: of all tags. */
export interface Floor {
  readonly bits: number;
  readonly index: number;
  readonly floorMs: number;
}

/** Tells up to when a tag of which nothing is held counts as removed, milliseconds since 1970 UTC; 0: it does not. */
export function floorFinder(floors: readonly Floor[]): (tag: string) => number {
  const byBits = new Map<number, Map<number, number>>();
  for (const { bits, index, floorMs } of floors) {
    if (floorMs === 0) continue;
    const byIndex = byBits.get(bits) ?? new Map<number, number>();
    byIndex.set(index, Math.max(floorMs, byIndex.get(index) ?? 0));
    byBits.set(bits, byIndex);
  }
  return (tag) =>
    [...byBits].reduce(
      (most, [bits, byIndex]) => Math.max(most, byIndex.get(bits === 0 ? 0 : shardOf(tag, bits)) ?? 0),
      0,
    );
}

/** What a writer knows from before, as far as it counts under the policy of the day: one more input of a merge. */
export interface Recollection {
  /** Whether it knows of any file. */
  readonly isWarm: boolean;
  /** The greatest `issued` that it knows of, milliseconds since 1970 UTC. */
  readonly issuedMs: number;
  /** Tags of whatever shards, without their floors. */
  readonly tags: ReadonlyMap<string, TagState>;
  readonly floors: readonly Floor[];
  readonly revoked: Revocations;
  /** The newest file, where it is still trusted. */
  readonly newest?: TrustedFile;
}

export const nothingKnown: Recollection = {
  isWarm: false,
  issuedMs: 0,
  tags: new Map(),
  floors: [],
  revoked: new Map(),
};

/**
 * What a state is worth to a writer. What only publishers vouched for who may not sign any more goes; entries stay, whoever signed them: to drop
 * one would bring back the one before it. Rule: signed-tags.md 4.2, 5.1, step 1.
 */
export async function recollect(
  state: TagsState | undefined,
  authority: Authority,
  nowMs: number,
): Promise<Recollection> {
  if (state === undefined) return nothingKnown;
  const trusted = await trustState(state, { ...authority, nowMs });
  const isThere = (issuedMs: number): boolean => issuedMs <= nowMs + fileAheadMs;
  const file = trusted.file !== undefined && isThere(trusted.file.catalogue.issuedMs) ? trusted.file : undefined;
  const parts = file === undefined ? [] : contentParts(file, nowMs);
  const seen = new Map<string, TagState>();
  for (const tag of state.seen.keys()) {
    const bound = trusted.boundOf(tag);
    if (bound !== undefined) seen.set(tag, stateOfItem(bound.item));
  }
  return {
    isWarm: trusted.issuedMs > 0,
    issuedMs: isThere(trusted.issuedMs) ? trusted.issuedMs : (file?.catalogue.issuedMs ?? 0),
    tags: parts.map(({ content }) => ({ ...content, floorMs: 0 })).reduce(mergeContent, { floorMs: 0, tags: seen })
      .tags,
    floors: parts.map(({ bits, index, content: { floorMs } }) => ({ bits, index, floorMs })),
    revoked: trusted.revoked,
    ...(file === undefined ? {} : { newest: file }),
  };
}

/** Both together: never less than either. */
export function mergeRecollections(one: Recollection, other: Recollection): Recollection {
  const newest = issuedOf(one) >= issuedOf(other) ? one.newest : other.newest;
  return {
    isWarm: one.isWarm || other.isWarm,
    issuedMs: Math.max(one.issuedMs, other.issuedMs),
    tags: mergeContent(
      { floorMs: 0, tags: withSilent(one, other.tags) },
      { floorMs: 0, tags: withSilent(other, one.tags) },
    ).tags,
    floors: [...one.floors, ...other.floors],
    revoked: mergeRevocations(one.revoked, other.revoked),
    ...(newest === undefined ? {} : { newest }),
  };
}

/** Its tags, and the removals that its floors mean for those of another. */
function withSilent(
  { tags, floors }: Recollection,
  others: ReadonlyMap<string, TagState>,
): ReadonlyMap<string, TagState> {
  const floorOf = floorFinder(floors);
  const all = new Map(tags);
  for (const tag of others.keys()) {
    const removedMs = tags.has(tag) ? 0 : floorOf(tag);
    if (removedMs > 0) all.set(tag, { removedMs, entries: [] });
  }
  return all;
}

/** Shards that are at hand, by digest. */
export function shardsOf({ newest }: Recollection): ReadonlyMap<Digest, Uint8Array> {
  return newest?.shards ?? new Map();
}

function issuedOf({ newest }: Recollection): number {
  return newest?.catalogue.issuedMs ?? 0;
}

/** A shard, or (`bits` 0) the whole. */
interface Part {
  readonly bits: number;
  readonly index: number;
  readonly content: Content;
}

/** What a file and those of its shards that are at hand hold, without what is from the future. @throws {TagsError} CATALOGUE_MALFORMED */
export function contentParts(
  { catalogue, shards }: Pick<TrustedFile, 'catalogue' | 'shards'>,
  nowMs: number,
): readonly Part[] {
  const { tags } = catalogue;
  if (tags.kind === 'whole') return [{ bits: 0, index: 0, content: withoutFuture(tags.content, nowMs) }];
  return tags.digests.flatMap((digest, index) => {
    const bytes = shards.get(digest);
    if (bytes === undefined) return [];
    return [{ bits: tags.bits, index, content: withoutFuture(shardContent(catalogue, index, bytes), nowMs) }];
  });
}

function stateOfItem(item: Item): TagState {
  return item.kind === 'entry' ? { entries: [item.entry] } : { removedMs: item.atMs, entries: [] };
}
