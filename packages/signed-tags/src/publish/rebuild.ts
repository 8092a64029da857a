import { type Digest, digestOf } from '@signet/oci';
import type { Content, Entry, Revocations, TagState } from '../catalogue/content.ts';
import { mergeContent, mergeRevocations } from '../catalogue/merge.ts';
import { parseCatalogue } from '../catalogue/parse.ts';
import { createJudge, type Judge } from './judge.ts';
import type { Published } from './options.ts';
import type { PublishOptions } from './publish.ts';
import { contentParts, type Floor, floorFinder, nothingKnown } from './recollection.ts';
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
  /** Of removals that are not told any more: what was signed no later is removed, unless its tag is held. */
  readonly floors: readonly Floor[];
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
  const { revoked, floors } = confirmed;
  const also = { ...nothingKnown, tags, revoked, floors };
  return runPublisher({ ...options, operations, mayCreate: true, sinceMs: now(), also });
}

/** What is in older catalogues, before anything is written. @throws {TagsError} CATALOGUE_MALFORMED */
export async function gatherOld({
  catalogues,
  authority,
  now,
}: Pick<RebuildOptions, 'catalogues' | 'authority' | 'now'>): Promise<Gathered> {
  const judge = createJudge(authority, now());
  const contents = catalogues.map((old) => contentOf(old, authority.collection, now()));
  const proven = await provenTags(contents, judge);
  const revoked = contents.reduce<Revocations>((all, content) => mergeRevocations(all, content.revoked), new Map());
  return {
    tags: proven,
    removed: removalsIn(contents, proven),
    revoked,
    floors: contents.flatMap(({ floors }) => floors),
  };
}

/** Of all tags the entries that meet their rule by themselves. */
async function provenTags(contents: readonly OldContent[], judge: Judge): Promise<ReadonlyMap<string, TagState>> {
  let proven: Content = { floorMs: 0, tags: new Map() };
  for (const [tag, { entries }] of contents.flatMap(({ tags }) => [...tags])) {
    const held: Entry[] = [];
    for (const entry of entries) if (await judge.meetsRule(tag, entry)) held.push(entry);
    proven = mergeContent(proven, { floorMs: 0, tags: new Map([[tag, { entries: held }]]) });
  }
  return proven.tags;
}

/** Those that a catalogue tells, and those that its floor means for entries of another. */
function removalsIn(
  contents: readonly OldContent[],
  proven: ReadonlyMap<string, TagState>,
): ReadonlyMap<string, number> {
  const removed = new Map<string, number>();
  const add = (tag: string, removedMs: number) => removed.set(tag, Math.max(removedMs, removed.get(tag) ?? 0));
  for (const [tag, { removedMs = 0 }] of contents.flatMap(({ tags }) => [...tags]))
    if (removedMs > 0) add(tag, removedMs);
  const finders = contents.map(({ tags, floors }) => ({ tags, floorOf: floorFinder(floors) }));
  for (const [tag, { entries }] of proven) {
    const silent = finders.filter(({ tags }) => !tags.has(tag));
    const removedMs = silent.reduce((most, { floorOf }) => Math.max(most, floorOf(tag)), 0);
    if (entries.some(({ atMs }) => atMs <= removedMs)) add(tag, removedMs);
  }
  return removed;
}

interface OldContent {
  readonly tags: ReadonlyMap<string, TagState>;
  readonly floors: readonly Floor[];
  readonly revoked: Revocations;
}

function contentOf({ file, shards }: OldCatalogue, collection: string, nowMs: number): OldContent {
  const catalogue = parseCatalogue(file);
  if (catalogue.collection !== collection) return { tags: new Map(), floors: [], revoked: new Map() };
  const byDigest = new Map<Digest, Uint8Array>(shards.map((bytes) => [digestOf(bytes), bytes]));
  const parts = contentParts({ catalogue, shards: byDigest }, nowMs);
  return {
    tags: new Map(parts.flatMap(({ content }) => [...content.tags])),
    floors: parts.flatMap(({ bits, index, content: { floorMs } }) => (floorMs === 0 ? [] : [{ bits, index, floorMs }])),
    revoked: catalogue.revoked,
  };
}
