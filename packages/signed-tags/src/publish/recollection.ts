import type { Digest } from '@signet/oci';
import type { Content, Item, Revocations, TagState } from '../catalogue/content.ts';
import { withoutFuture } from '../catalogue/future.ts';
import { fileAheadMs } from '../catalogue/limits.ts';
import { mergeContent, mergeRevocations } from '../catalogue/merge.ts';
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
  const parts = file === undefined ? [] : partsOf(file, nowMs);
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
    tags: mergeContent({ floorMs: 0, tags: one.tags }, { floorMs: 0, tags: other.tags }).tags,
    floors: [...one.floors, ...other.floors],
    revoked: mergeRevocations(one.revoked, other.revoked),
    ...(newest === undefined ? {} : { newest }),
  };
}

/** Shards that are at hand, by digest. */
export function shardsOf({ newest }: Recollection): ReadonlyMap<Digest, Uint8Array> {
  return newest?.shards ?? new Map();
}

function issuedOf({ newest }: Recollection): number {
  return newest?.catalogue.issuedMs ?? 0;
}

interface Part {
  readonly bits: number;
  readonly index: number;
  readonly content: Content;
}

function partsOf({ catalogue, shards }: TrustedFile, nowMs: number): readonly Part[] {
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
