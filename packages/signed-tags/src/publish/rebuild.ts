import { type Digest, digestOf } from '@signet/oci';
import type { Content, Entry, Revocations, TagState } from '../catalogue/content.ts';
import { withoutFuture } from '../catalogue/future.ts';
import { mergeContent, mergeRevocations } from '../catalogue/merge.ts';
import { parseCatalogue } from '../catalogue/parse.ts';
import { shardContent } from '../head/shards.ts';
import { createJudge } from './judge.ts';
import type { Published } from './options.ts';
import type { PublishOptions } from './publish.ts';
import { nothingKnown } from './recollection.ts';
import { runPublisher } from './run.ts';

/** A catalogue from anywhere, whoever signed it. */
export interface OldCatalogue {
  readonly file: Uint8Array;
  /** Those of its shards that are there, in any order. */
  readonly shards: readonly Uint8Array[];
}

/** What older catalogues hold, beside entries that prove themselves: it is nobody's word that counts, so a person confirms it. */
export interface Unproven {
  /** When, milliseconds since 1970 UTC, by tag. */
  readonly removed: ReadonlyMap<string, number>;
  readonly revoked: Revocations;
}

/** What a catalogue is made anew from. */
export interface RebuildOptions extends Omit<PublishOptions, 'afterMs' | 'allowCold'> {
  readonly catalogues: readonly OldCatalogue[];
  /** What of removals and revocations is taken over. */
  readonly confirm: (unproven: Unproven) => Promise<Unproven>;
}

/** What older catalogues come to: entries that prove themselves by the policy, and what a person has to confirm. */
export interface Gathered extends Unproven {
  readonly tags: ReadonlyMap<string, TagState>;
}

/**
 * Makes a catalogue anew from older ones and from statements found on images (as operations): disaster recovery. Of the older ones each entry
 * that meets the policy counts, whoever signed the file. Rule: signed-tags.md 5.1 "rebuild", 5.4.
 * @throws {TagsError} CATALOGUE_MALFORMED for a file that is none; as {@link runPublisher}
 */
export async function rebuild({ catalogues, confirm, ...options }: RebuildOptions): Promise<Published> {
  const { now, operations = [] } = options;
  const { tags: proven, ...unproven } = await gatherOld({ ...options, catalogues });
  const confirmed = await confirm(unproven);
  const removals = new Map([...confirmed.removed].map(([tag, removedMs]) => [tag, { removedMs, entries: [] }]));
  const { tags } = mergeContent({ floorMs: 0, tags: proven }, { floorMs: 0, tags: removals });
  const also = { ...nothingKnown, tags, revoked: confirmed.revoked };
  return runPublisher({ ...options, operations, mayCreate: true, sinceMs: now(), also });
}

/** What is in older catalogues, before anything is written. @throws {TagsError} CATALOGUE_MALFORMED */
export async function gatherOld({
  catalogues,
  authority,
  now,
}: Pick<RebuildOptions, 'catalogues' | 'authority' | 'now'>): Promise<Gathered> {
  const judge = createJudge(authority, now());
  let proven: Content = { floorMs: 0, tags: new Map() };
  const removed = new Map<string, number>();
  let revoked: Revocations = new Map();
  for (const old of catalogues) {
    const { tags, ...others } = contentOf(old, authority.collection, now());
    revoked = mergeRevocations(revoked, others.revoked);
    for (const [tag, { removedMs = 0, entries }] of tags) {
      if (removedMs > 0) removed.set(tag, Math.max(removedMs, removed.get(tag) ?? 0));
      const held: Entry[] = [];
      for (const entry of entries) if (await judge.meetsRule(tag, entry)) held.push(entry);
      proven = mergeContent(proven, { floorMs: 0, tags: new Map([[tag, { entries: held }]]) });
    }
  }
  return { tags: proven.tags, removed, revoked };
}

function contentOf(
  { file, shards }: OldCatalogue,
  collection: string,
  nowMs: number,
): { readonly tags: ReadonlyMap<string, TagState>; readonly revoked: Revocations } {
  const catalogue = parseCatalogue(file);
  if (catalogue.collection !== collection) return { tags: new Map(), revoked: new Map() };
  const { tags, revoked } = catalogue;
  if (tags.kind === 'whole') return { tags: withoutFuture(tags.content, nowMs).tags, revoked };
  const byDigest = new Map<Digest, Uint8Array>(shards.map((bytes) => [digestOf(bytes), bytes]));
  const parts = tags.digests.flatMap((digest, index) => {
    const bytes = byDigest.get(digest);
    return bytes === undefined ? [] : [...withoutFuture(shardContent(catalogue, index, bytes), nowMs).tags];
  });
  return { tags: new Map(parts), revoked };
}
