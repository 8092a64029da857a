import { defaultPace } from '@signet/core';
import type { Source } from '@signet/oci';
import {
  type Catalogue,
  type Content,
  checkClock,
  compareItems,
  type Entry,
  type Head,
  type Item,
  itemOf,
  judgeFile,
  mergeRevocations,
  type Revocations,
  readHead,
  readShardContent,
  type Seen,
  shardOf,
  TagsError,
  type TagsState,
} from '@signet/signed-tags';
import type { Collection } from './collection.ts';
import { authorityOf } from './writer.ts';

/** What tags are now: the greater of what the catalogue says and what is remembered. */
export interface TagsNow {
  /** Of the catalogue, milliseconds since 1970 UTC; absent where there is none and it is remembered alone. */
  readonly issuedMs?: number;
  /** Digests that are never to be accepted again. */
  readonly revoked: Revocations;
  /** @throws {RegistryError}; {TagsError} of a shard */
  of(tag: string): Promise<TagNow>;
}

/** What one tag is. */
export interface TagNow {
  readonly item: Item;
  /** What it was before, as far as that is kept. */
  readonly was: readonly Entry[];
}

/** Where tags are looked up, and what is known beside. */
export interface LookUp {
  readonly source: Source;
  readonly collection: Collection;
  readonly state: TagsState | undefined;
  readonly ignoreDate: boolean;
  readonly signal: AbortSignal;
}

/**
 * Reads the catalogue's file; shards are read when a tag in them is asked for.
 * @throws {TagsError} HEAD_MISSING, CATALOGUE_NOT_TRUSTED, … where nothing is remembered either; CLOCK_DIFFERS; {RegistryError}
 */
export async function readTagsNow(look: LookUp): Promise<TagsNow> {
  const { source, state, signal, ignoreDate } = look;
  const isExpected = state?.newest !== undefined;
  const head = await readHead(source, { pace: defaultPace, signal, isExpected });
  const readAt = { wallMs: Date.now() };
  checkClock({ ...(head === undefined ? {} : { head }), readAt }, { ignoreDate });
  const catalogue = head === undefined ? undefined : await trustedFile(head, look);
  const parts = new Map<number, Promise<Content>>();
  const partOf = async (tag: string): Promise<Content> => {
    if (head === undefined || catalogue === undefined) return { floorMs: 0, tags: new Map() };
    const { tags } = catalogue;
    if (tags.kind === 'whole') return tags.content;
    const index = shardOf(tag, tags.bits);
    const part =
      parts.get(index) ?? readShardContent(source, { head, catalogue }, index, { pace: defaultPace, signal });
    parts.set(index, part);
    return await part;
  };
  if (catalogue === undefined && !isExpected)
    throw new TagsError('HEAD_MISSING', `${look.collection.name} has no catalogue, and none is remembered here`);
  return {
    ...(catalogue === undefined ? {} : { issuedMs: catalogue.issuedMs }),
    revoked: mergeRevocations(catalogue?.revoked ?? new Map(), state?.revoked ?? new Map()),
    async of(tag) {
      const part = await partOf(tag);
      const [, ...was] = part.tags.get(tag)?.entries ?? [];
      const items = [itemOf(part, tag), ...seenItems(state?.seen.get(tag))].toSorted(compareItems);
      return { item: items.at(-1) ?? { kind: 'removal', atMs: 0 }, was };
    },
  };
}

async function trustedFile(head: Head, { collection, state }: LookUp): Promise<Catalogue | undefined> {
  const judged = await judgeFile(head, authorityOf(collection));
  if (judged.kind === 'trusted') return judged.catalogue;
  if (state?.newest !== undefined) return undefined; // what is remembered stands in its place
  throw new TagsError(judged.code, judged.message);
}

function seenItems(seen: Seen | undefined): readonly Item[] {
  if (seen === undefined) return [];
  const { entry, removed } = seen;
  const removedMs = Math.max(0, ...removed.values());
  return [
    ...(entry === undefined ? [] : [{ kind: 'entry', entry } as const]),
    ...(removedMs === 0 ? [] : [{ kind: 'removal', atMs: removedMs } as const]),
  ];
}
