import type { ToldCatalogue, ToldFile, ToldTag } from './told-catalogue.ts';
import type { ToldEntry } from './told-entry.ts';

/** For programs: times as in RFC 3339. */
export function catalogueJson({ collection, location, file, tags, revoked }: ToldCatalogue): object {
  return {
    version: 1,
    collection,
    location,
    catalogue: fileJson(file),
    tags: tags.filter(isThere).map(tagJson),
    removed: tags.filter((told) => !isThere(told)).map(({ tag, removedMs = 0 }) => ({ tag, at: timeJson(removedMs) })),
    revoked: [...revoked].map(([digest, { atMs, reason }]) => ({ digest, at: timeJson(atMs), reason })),
  };
}

/** Whether the tag names something. */
export function isThere({ entries }: ToldTag): boolean {
  return entries.length > 0;
}

function fileJson({ digest, issuedMs, expiresMs, signers, prev, shards }: ToldFile): object {
  return { digest, issued: timeJson(issuedMs), expires: timeJson(expiresMs), signers, prev, shards };
}

function tagJson({ tag, entries: [now, ...was], removedMs }: ToldTag): object {
  const { at, digest, ...rest } = now === undefined ? { at: '', digest: '' } : entryJson(now);
  return {
    tag,
    digest,
    at,
    ...rest,
    was: was.map(entryJson),
    ...(removedMs === undefined ? {} : { lastRemoved: timeJson(removedMs) }),
  };
}

/** An entry of a tag for programs. */
export type EntryJson = Omit<ToldEntry, 'atMs' | 'statements'> & {
  readonly at: string;
  readonly statements: readonly object[];
};

/** An entry, as all that is told of tags has it. */
export function entryJson({ atMs, statements, ...entry }: ToldEntry): EntryJson {
  return {
    ...entry,
    at: timeJson(atMs),
    statements: statements.map(({ signedAtMs, ...statement }) => ({
      ...statement,
      ...(signedAtMs === undefined ? {} : { signedAt: timeJson(signedAtMs) }),
    })),
  };
}

/** As statements write it. */
export function timeJson(ms: number): string {
  return new Date(ms).toISOString();
}
