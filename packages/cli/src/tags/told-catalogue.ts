import { type Digest, forEachSideBySide } from '@signet/oci';
import type { Content, Revocation } from '@signet/signed-tags';
import type { Collection } from './collection.ts';
import type { ReadHead } from './read-head.ts';
import { type ToldEntry, tellEntry } from './told-entry.ts';

/** What a catalogue file is. Times in milliseconds since 1970 UTC. */
export interface ToldFile {
  readonly digest: Digest;
  readonly issuedMs: number;
  readonly expiresMs: number;
  readonly signers: readonly string[];
  /** The file before it. */
  readonly prev?: Digest;
  /** In which the tags lie; 0: in the file itself. */
  readonly shards: number;
}

/** A tag: what it names, then what it named before; without entries it is removed. */
export interface ToldTag {
  readonly tag: string;
  readonly entries: readonly ToldEntry[];
  readonly removedMs?: number;
}

/** A catalogue with all that it holds. */
export interface ToldCatalogue {
  readonly collection: string;
  readonly location: string;
  readonly file: ToldFile;
  /** By name. */
  readonly tags: readonly ToldTag[];
  readonly revoked: ReadonlyMap<Digest, Revocation>;
}

/** Tags that are judged at the same time. */
const sideBySide = 8;

/** All of it, or one tag of it, judged by the policy of today. */
export async function tellCatalogue(
  { head, catalogue, signers, content }: ReadHead,
  collection: Collection,
  only?: string,
): Promise<ToldCatalogue> {
  const { name, location } = collection;
  return {
    collection: name,
    location: `${location.registry}/${location.repository}`,
    file: {
      digest: head.fileDigest,
      issuedMs: catalogue.issuedMs,
      expiresMs: catalogue.expiresMs,
      signers,
      ...(catalogue.prev === undefined ? {} : { prev: catalogue.prev }),
      shards: catalogue.tags.kind === 'sharded' ? catalogue.tags.digests.length : 0,
    },
    tags: await tellTags(content, collection, only),
    revoked: catalogue.revoked,
  };
}

async function tellTags({ tags }: Content, collection: Collection, only?: string): Promise<readonly ToldTag[]> {
  const names = [...tags.keys()].filter((tag) => only === undefined || tag === only).toSorted();
  const told = new Map<string, ToldTag>();
  await forEachSideBySide(names, sideBySide, async (tag) => {
    const { entries = [], removedMs } = tags.get(tag) ?? {};
    const judged: ToldEntry[] = [];
    for (const entry of entries) judged.push(await tellEntry(entry, tag, collection));
    told.set(tag, { tag, entries: judged, ...(removedMs === undefined ? {} : { removedMs }) });
  });
  return names.flatMap((tag) => told.get(tag) ?? []);
}
