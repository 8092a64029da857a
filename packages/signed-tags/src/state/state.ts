import { type Digest, digestOf, type Resolved } from '@signet/oci';
import { type BlobSigner, signerId } from '@signet/verifier';
import { compareEntries, type Entry, type Revocation } from '../catalogue/content.ts';
import { mergeRevocations } from '../catalogue/merge.ts';
import type { SignedFile } from '../catalogue/signed-file.ts';

/**
 * What a client remembers of a collection. It is evidence, never authority: it can deny what is older, and an answer out of it is verified
 * again under the policy of the day. Rule: signed-tags.md 4.2.
 */
export interface TagsState {
  /** `REGISTRY/REPOSITORY`, folded. */
  readonly collection: string;
  /** The file with the greatest `issued`. */
  readonly newest?: StoredFile;
  /** Who has signed files, by {@link publisherOf}. */
  readonly publishers: ReadonlyMap<string, Publisher>;
  readonly seen: ReadonlyMap<string, Seen>;
  readonly revoked: ReadonlyMap<Digest, Revoked>;
}

/** A file that was trusted when it was stored, with those of its shards that were read, by their digests. */
export interface StoredFile extends SignedFile {
  /** Milliseconds since 1970 UTC. */
  readonly issuedMs: number;
  /** The manifest that it was read from: the registry is asked whether that is still the head. */
  readonly manifest?: Resolved;
  readonly shards: ReadonlyMap<Digest, Uint8Array>;
}

/** The signers of a file that the policy asked for, and the greatest `issued` that they have signed, milliseconds since 1970 UTC. */
export interface Publisher {
  readonly signers: readonly BlobSigner[];
  readonly issuedMs: number;
}

/**
 * What was seen of a tag: its greatest entry that met the rule, and its removals. They stand side by side, so that a removal can go with its
 * publisher and leave the entry, which the tag's own signers prove.
 */
export interface Seen {
  readonly entry?: Entry;
  /** Whose files held the entry. */
  readonly vouched: ReadonlyMap<string, Vouched>;
  /** Greatest removal by publisher, milliseconds since 1970 UTC. */
  readonly removed: ReadonlyMap<string, number>;
}

/** Of the last file that held an entry, milliseconds since 1970 UTC. */
export interface Vouched {
  readonly issuedMs: number;
  readonly expiresMs: number;
}

/** A revocation, and the publishers whose files held it. */
export interface Revoked extends Revocation {
  readonly by: ReadonlySet<string>;
}

/** Where a client's state lies: of one collection under one catalogue of the policy. */
export interface StatePlace {
  /** `undefined`: there is none. @throws {TagsError} STATE_INVALID, STATE_REFUSED */
  read(): Promise<TagsState | undefined>;
  /** Takes in what was seen; what is there already is never lowered. False: it could not be saved. @throws {TagsError} as `read` */
  merge(state: TagsState): Promise<boolean>;
}

/** The state of who has seen nothing. */
export function emptyState(collection: string): TagsState {
  return { collection, publishers: new Map(), seen: new Map(), revoked: new Map() };
}

/** One word for the signers of a file, in whatever order they were found. */
export function publisherOf(signers: readonly BlobSigner[]): string {
  return [...new Set(signers.map(({ identity, format }) => `${format} ${signerId(identity)}`))].toSorted().join(' ');
}

/** Both together, of one collection: commutative, associative, idempotent, and never less than either. */
export function mergeStates(one: TagsState, other: TagsState): TagsState {
  const newest = mergeNewest(one.newest, other.newest);
  return {
    collection: one.collection,
    ...(newest === undefined ? {} : { newest }),
    publishers: mergeMaps(one.publishers, other.publishers, (a, b) => (a.issuedMs >= b.issuedMs ? a : b)),
    seen: mergeMaps(one.seen, other.seen, mergeSeen),
    revoked: mergeRevoked(one.revoked, other.revoked),
  };
}

function mergeNewest(one: StoredFile | undefined, other: StoredFile | undefined): StoredFile | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const order = one.issuedMs - other.issuedMs || compareText(keyOf(one), keyOf(other));
  if (order !== 0) return order > 0 ? one : other;
  return { ...one, shards: new Map([...one.shards, ...other.shards]) };
}

function keyOf({ file, signatures, manifest }: StoredFile): string {
  const signed = signatures.map(({ mediaType, bytes }) => [mediaType, digestOf(bytes)]);
  return JSON.stringify([digestOf(file), manifest?.descriptor ?? null, signed]);
}

function mergeSeen(one: Seen, other: Seen): Seen {
  const removed = mergeMaps(one.removed, other.removed, Math.max);
  const order = compareSeenEntries(one.entry, other.entry);
  if (order !== 0) return { ...(order > 0 ? one : other), removed };
  const vouched = mergeMaps(one.vouched, other.vouched, laterVouched);
  return { ...(isEvidenceOf(one, other) ? one : other), vouched, removed };
}

function compareSeenEntries(one: Entry | undefined, other: Entry | undefined): number {
  if (one === undefined || other === undefined) return Number(one !== undefined) - Number(other !== undefined);
  return compareEntries(one, other);
}

/** Of equal entries the statements of that which was vouched for last. */
function isEvidenceOf(one: Seen, other: Seen): boolean {
  const [last, otherLast] = [one, other].map(({ vouched }) =>
    Math.max(0, ...[...vouched.values()].map(({ issuedMs }) => issuedMs)),
  );
  return (last ?? 0) - (otherLast ?? 0) > 0 || (last === otherLast && evidenceKey(one) >= evidenceKey(other));
}

function evidenceKey({ entry }: Seen): string {
  if (entry === undefined) return '';
  const { mediaType, size, statements } = entry;
  return JSON.stringify([mediaType, size, statements.map((each) => [each.mediaType, digestOf(each.bytes)])]);
}

function laterVouched(one: Vouched, other: Vouched): Vouched {
  const order = one.issuedMs - other.issuedMs || one.expiresMs - other.expiresMs;
  return order >= 0 ? one : other;
}

function mergeRevoked(one: TagsState['revoked'], other: TagsState['revoked']): TagsState['revoked'] {
  const all = [...mergeRevocations(one, other)];
  return new Map(
    all.map(([digest, { atMs, reason }]) => {
      const by = new Set([...(one.get(digest)?.by ?? []), ...(other.get(digest)?.by ?? [])]);
      return [digest, { atMs, reason, by }];
    }),
  );
}

function mergeMaps<K, V>(one: ReadonlyMap<K, V>, other: ReadonlyMap<K, V>, merge: (a: V, b: V) => V): Map<K, V> {
  const all = new Map(one);
  for (const [key, value] of other) {
    const known = all.get(key);
    all.set(key, known === undefined ? value : merge(known, value));
  }
  return all;
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
