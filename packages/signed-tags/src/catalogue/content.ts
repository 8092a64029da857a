import type { Digest } from '@signet/oci';

/** An envelope whose signed payload says that a tag is a digest. Evidence: it is verified each time that something rests on it. */
export interface TagStatement {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** What a tag names, or named. */
export interface Entry {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Bytes of the manifest. */
  readonly size: number;
  /** The greatest time for which the statements that are not older meet the rule, milliseconds since 1970 UTC. Rule: signed-tags.md 3.2. */
  readonly atMs: number;
  readonly statements: readonly TagStatement[];
}

/** All that is held of one tag. It was removed at `removedMs`, if ever; only what came after is held beside it. */
export interface TagState {
  /** Milliseconds since 1970 UTC. */
  readonly removedMs?: number;
  /** The current entry, and then what the tag named before it (`was`), greatest first, each digest once. None: the tag is removed. */
  readonly entries: readonly Entry[];
}

/** The tags of a catalogue, or of a part of it. */
export interface Content {
  /** A tag that is not held counts as removed at this time, milliseconds since 1970 UTC; 0: as one that never was. */
  readonly floorMs: number;
  readonly tags: ReadonlyMap<string, TagState>;
}

/** A digest that is never to be accepted again. */
export interface Revocation {
  /** Milliseconds since 1970 UTC. */
  readonly atMs: number;
  readonly reason: string;
}

export type Revocations = ReadonlyMap<Digest, Revocation>;

/** What a tag is: an entry, or removed at a time. */
export type Item =
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'removal'; readonly atMs: number };

/** What a tag is by this content. */
export function itemOf({ tags, floorMs }: Content, tag: string): Item {
  const { entries: [entry] = [], removedMs = floorMs } = tags.get(tag) ?? {};
  return entry === undefined ? { kind: 'removal', atMs: removedMs } : { kind: 'entry', entry };
}

/**
 * Which of two items of one tag is the greater (above 0: the first): the later; of the same time a removal, then the greater digest. Nothing
 * else counts: statements are evidence. Rule: signed-tags.md 3.2 "Order of two items".
 */
export function compareItems(one: Item, other: Item): number {
  const byTime = timeOf(one) - timeOf(other);
  if (byTime !== 0) return byTime;
  if (one.kind === 'removal' || other.kind === 'removal')
    return Number(one.kind === 'removal') - Number(other.kind === 'removal');
  return compareEntries(one.entry, other.entry);
}

/** The order of entries of one tag. */
export function compareEntries(one: Entry, other: Entry): number {
  if (one.atMs !== other.atMs) return one.atMs - other.atMs;
  return one.digest < other.digest ? -1 : Number(one.digest > other.digest);
}

/** Milliseconds since 1970 UTC. */
export function timeOf(item: Item): number {
  return item.kind === 'entry' ? item.entry.atMs : item.atMs;
}
