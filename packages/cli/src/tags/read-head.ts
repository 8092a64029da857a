import { defaultPace } from '@signet/core';
import { forEachSideBySide, type Source } from '@signet/oci';
import {
  type Catalogue,
  type Content,
  type Head,
  joinContent,
  judgeFile,
  readHead,
  readShardContent,
  TagsError,
} from '@signet/signed-tags';
import { identityText } from '@signet/verifier';
import type { Collection } from './collection.ts';

/** A catalogue as the registry shows it, signed by those who may; whether it is in time is not looked at. */
export interface ReadHead {
  readonly head: Head;
  readonly catalogue: Catalogue;
  /** Who signed the catalogue, in a few words each. */
  readonly signers: readonly string[];
  /** All tags, from the file or from all of its shards. */
  readonly content: Content;
}

/** Shards that are read at the same time. */
const sideBySide = 16;

/**
 * The catalogue of a collection with everything in it.
 * @throws {TagsError} CATALOGUE_MISSING, CATALOGUE_NOT_TRUSTED, COLLECTION_MISMATCH, CATALOGUE_MALFORMED, HEAD_MALFORMED; {RegistryError}
 */
export async function readWholeHead(source: Source, collection: Collection, signal: AbortSignal): Promise<ReadHead> {
  const head = await readHead(source, { pace: defaultPace, signal });
  if (head === undefined)
    throw new TagsError('CATALOGUE_MISSING', `${collection.name} has no catalogue: nothing lies under signet-tags`);
  const { name, refuse, catalogue: by } = collection;
  const judged = await judgeFile(head, { collection: name, signedBy: by.signedBy, refuse });
  if (judged.kind === 'refused') throw new TagsError(judged.code, judged.message);
  const { catalogue } = judged;
  return {
    head,
    catalogue,
    signers: judged.signers.map(({ identity }) => identityText(identity)),
    content: await contentOfHead(source, { head, catalogue, signal }),
  };
}

/** All tags of a catalogue, from the file or from all of its shards. @throws {RegistryError}; {TagsError} */
export async function contentOfHead(
  source: Source,
  { head, catalogue, signal }: Pick<ReadHead, 'head' | 'catalogue'> & { readonly signal: AbortSignal },
): Promise<Content> {
  if (catalogue.tags.kind === 'whole') return catalogue.tags.content;
  const parts: Content[] = [];
  const indexes = catalogue.tags.digests.map((_, index) => index);
  await forEachSideBySide(indexes, sideBySide, async (index) => {
    parts.push(await readShardContent(source, { head, catalogue }, index, { pace: defaultPace, signal }));
  });
  return joinContent(parts);
}
