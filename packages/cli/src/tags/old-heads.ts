import { defaultPace } from '@signet/core';
import { forEachSideBySide, RegistryError, type Source } from '@signet/oci';
import {
  type Catalogue,
  HEAD_TAG,
  type Head,
  HISTORY_TAG_PREFIX,
  type OldCatalogue,
  parseCatalogue,
  readHead,
  readShard,
  TagsError,
} from '@signet/signed-tags';

/** A catalogue as it was found, whoever signed it. */
export interface OldHead {
  /** The tag that it lies under. */
  readonly tag: string;
  readonly head: Head;
  readonly catalogue: Catalogue;
}

/** What was found, and what could not be read. */
export interface OldHeads {
  /** The current one first, then the kept ones, newest first. */
  readonly heads: readonly OldHead[];
  /** Texts from outside. */
  readonly unread: readonly { readonly tag: string; readonly why: string }[];
  /** Whether there are more kept ones than are read. */
  readonly isCut: boolean;
}

/** Kept heads that are read, and how many of them at once. */
const maxHeads = 1000;
const sideBySide = 8;

/** The head of a repository and those that were kept (`--keep-history`). Nobody is believed yet. @throws {RegistryError} */
export async function readOldHeads(source: Source, signal: AbortSignal): Promise<OldHeads> {
  const kept = await keptTags(source, signal);
  const tags = [HEAD_TAG, ...kept.slice(0, maxHeads)];
  const heads = new Map<string, OldHead>();
  const unread = new Map<string, string>();
  await forEachSideBySide(tags, sideBySide, async (tag) => {
    try {
      const head = await readHead(source, { pace: defaultPace, signal, tag });
      if (head !== undefined) heads.set(tag, { tag, head, catalogue: parseCatalogue(head.file) });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof TagsError || error instanceof RegistryError)) throw error;
      unread.set(tag, error.message);
    }
  });
  return {
    heads: tags.flatMap((tag) => heads.get(tag) ?? []),
    unread: [...unread].map(([tag, why]) => ({ tag, why })),
    isCut: kept.length > maxHeads,
  };
}

/** With those of its shards that are there. @throws {RegistryError} */
export async function withShards(
  source: Source,
  { head, catalogue }: OldHead,
  signal: AbortSignal,
): Promise<OldCatalogue> {
  const count = catalogue.tags.kind === 'sharded' ? catalogue.tags.digests.length : 0;
  const shards: Uint8Array[] = [];
  const indexes = Array.from({ length: count }, (_, index) => index);
  await forEachSideBySide(indexes, sideBySide, async (index) => {
    try {
      shards.push(await readShard(source, { head, catalogue }, index, { pace: defaultPace, signal }));
    } catch (error) {
      // A part that is gone takes no other with it.
      if (!(error instanceof TagsError) && !(error instanceof RegistryError && error.code === 'NOT_FOUND')) throw error;
    }
  });
  return { file: head.file, shards };
}

/** Their ULIDs begin with the time: newest first. */
async function keptTags(source: Source, signal: AbortSignal): Promise<readonly string[]> {
  const found = new Set<string>();
  try {
    for await (const tag of source.tags({ signal })) if (tag.startsWith(HISTORY_TAG_PREFIX)) found.add(tag);
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'NOT_FOUND') throw error; // nothing was ever pushed
  }
  return [...found].toSorted().toReversed();
}
