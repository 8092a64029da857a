import type { Digest, Source } from '@signet/oci';
import { type Catalogue, type Entry, judgeFile, TagsError } from '@signet/signed-tags';
import type { Collection } from './collection.ts';
import { type OldHead, readOldHeads } from './old-heads.ts';
import { contentOfHead } from './read-head.ts';
import { type ToldEntry, tellEntry } from './told-entry.ts';
import { authorityOf } from './writer.ts';

/** Something that happened to a collection. Times in milliseconds since 1970 UTC. */
export type LogEvent =
  | { readonly kind: 'signed'; readonly atMs: number; readonly tag: string; readonly entry: ToldEntry }
  | { readonly kind: 'removed'; readonly atMs: number; readonly tag: string }
  | { readonly kind: 'revoked'; readonly atMs: number; readonly digest: Digest; readonly reason: string };

/** What catalogues tell of a collection, and how far that goes. */
export interface Log {
  /** Newest first. */
  readonly events: readonly LogEvent[];
  /** Catalogues that were read and trusted. */
  readonly catalogues: number;
  /** Whether the catalogues are all that there ever were. */
  readonly isComplete: boolean;
  /** All catalogues that were issued since are among them, milliseconds since 1970 UTC. */
  readonly sinceMs: number;
  /** Kept catalogues that count for nothing. Texts from outside. */
  readonly passedOver: readonly { readonly tag: string; readonly why: string }[];
}

interface Trusted extends OldHead {
  readonly catalogue: Catalogue;
}

/** @throws {TagsError} CATALOGUE_MISSING, CATALOGUE_NOT_TRUSTED, … for the current one; {RegistryError} */
export async function readLog(source: Source, collection: Collection, signal: AbortSignal): Promise<Log> {
  const { heads, unread, isCut } = await readOldHeads(source, signal);
  const passedOver = [...unread];
  const trusted: Trusted[] = [];
  for (const found of heads) {
    const judged = await judgeFile(found.head, authorityOf(collection));
    if (judged.kind === 'trusted') trusted.push(found);
    else passedOver.push({ tag: found.tag, why: judged.message });
  }
  const newest = trusted.toSorted((a, b) => b.catalogue.issuedMs - a.catalogue.issuedMs)[0];
  if (newest === undefined)
    throw new TagsError(
      'CATALOGUE_MISSING',
      `${collection.name} has no catalogue: ${passedOver[0]?.why ?? 'nothing lies under signet-tags'}`,
    );
  const events = new Map<string, LogEvent>();
  for (const each of trusted) await addEvents(events, each, { source, collection, signal });
  const chain = chainOf(newest, trusted);
  return {
    events: [...events.values()].toSorted((a, b) => b.atMs - a.atMs),
    catalogues: new Set(trusted.map(({ head }) => head.fileDigest)).size,
    isComplete: chain.catalogue.prev === undefined && !isCut,
    sinceMs: chain.catalogue.issuedMs,
    passedOver,
  };
}

/** The oldest of those that follow one another without a gap. */
function chainOf(newest: Trusted, all: readonly Trusted[]): Trusted {
  const byFile = new Map(all.map((each) => [each.head.fileDigest, each]));
  let oldest = newest;
  for (let left = byFile.size; left > 0; left -= 1) {
    const { prev } = oldest.catalogue;
    const before = prev === undefined ? undefined : byFile.get(prev);
    if (before === undefined) break;
    oldest = before;
  }
  return oldest;
}

/** The same event stands in many catalogues: it counts once. */
async function addEvents(
  events: Map<string, LogEvent>,
  { head, catalogue }: Trusted,
  {
    source,
    collection,
    signal,
  }: { readonly source: Source; readonly collection: Collection; readonly signal: AbortSignal },
): Promise<void> {
  const { tags } = await contentOfHead(source, { head, catalogue, signal });
  for (const [tag, { removedMs, entries }] of tags) {
    if (removedMs !== undefined) events.set(`removed ${tag} ${removedMs}`, { kind: 'removed', atMs: removedMs, tag });
    for (const entry of entries) {
      const key = `signed ${tag} ${entry.digest} ${entry.atMs}`;
      if (!events.has(key) || hasMore(entry, events.get(key)))
        events.set(key, { kind: 'signed', atMs: entry.atMs, tag, entry: await tellEntry(entry, tag, collection) });
    }
  }
  for (const [digest, { atMs, reason }] of catalogue.revoked)
    events.set(`revoked ${digest}`, { kind: 'revoked', atMs, digest, reason });
}

/** Co-signers come later. */
function hasMore({ statements }: Entry, known: LogEvent | undefined): boolean {
  return known?.kind === 'signed' && statements.length > known.entry.statements.length;
}
