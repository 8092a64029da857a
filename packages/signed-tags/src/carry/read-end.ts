import type { Pace } from '@signet/core';
import { type Digest, forEachSideBySide, type Resolved, type Source } from '@signet/oci';
import type { BlobSigner } from '@signet/verifier';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Content } from '../catalogue/content.ts';
import { parseCatalogue } from '../catalogue/parse.ts';
import { TagsError } from '../errors.ts';
import { HEAD_TAG, type Head, maxHeadBytes, readHead } from '../head/head.ts';
import { readShardContent } from '../head/shards.ts';
import { type FileQuestion, judgeFile } from '../head/trusted-file.ts';
import { isAhead, timeText, type WholeCatalogue } from './holds.ts';

/** How an end is read. `question`: who may have signed it; without it what it says of itself is believed. */
export interface EndOptions {
  readonly question: FileQuestion | undefined;
  readonly nowMs: number;
  readonly pace: Pace;
  readonly signal?: AbortSignal;
}

/** A catalogue at one of the ends. */
export interface ReadCatalogue extends WholeCatalogue {
  readonly head: Head;
  /** Empty where nobody was asked for. */
  readonly signers: readonly BlobSigner[];
}

/** What lies at the other end: a catalogue, or what counts for none, and why. */
export type End = {
  readonly manifest: Digest;
  /** When it was read, by the clock of that end: milliseconds since 1970 UTC. */
  readonly dateMs?: number;
} & (
  | { readonly read: ReadCatalogue; readonly refused?: undefined }
  | { readonly read?: undefined; readonly refused: string }
);

/** Shards that are read at the same time. */
const sideBySide = 16;

/**
 * Undefined where there is none, also when it is asked again: while a tag is overwritten, some registries say so for a moment (signed-tags.md 3.3).
 * @throws {TagsError} where it is not signed by those who may, or no catalogue; {RegistryError}
 */
export async function readCatalogueAt(source: Source, options: EndOptions): Promise<ReadCatalogue | undefined> {
  const { question, pace, signal } = options;
  const patience = { pace, ...(signal === undefined ? {} : { signal }) };
  const head = await readHead(source, { ...patience, isExpected: true });
  if (head === undefined) return undefined;
  const { catalogue, signers } = await judged(head, question);
  const { tags } = catalogue;
  if (tags.kind === 'whole') return { head, catalogue, signers, parts: [tags.content] };
  const parts = new Array<Content>(tags.digests.length);
  await forEachSideBySide([...tags.digests.keys()], sideBySide, async (index) => {
    parts[index] = await readShardContent(source, { head, catalogue }, index, patience);
  });
  return { head, catalogue, signers, parts };
}

/** What nobody may have signed, what is from the future, and what is no catalogue at all, is there, too. @throws {RegistryError} */
export async function readEnd(source: Source, options: EndOptions): Promise<End | undefined> {
  try {
    const read = await readCatalogueAt(source, options);
    if (read === undefined) return undefined;
    const end = placeOf(read.head.resolved);
    const { issuedMs } = read.catalogue;
    if (!isAhead(issuedMs, options.nowMs)) return { ...end, read };
    return { ...end, refused: `it says that it was issued at ${timeText(issuedMs)}, which is yet to come` };
  } catch (error) {
    if (!(error instanceof TagsError)) throw error;
    const { signal } = options;
    const resolved = await source.resolve(HEAD_TAG, { maxBytes: maxHeadBytes, ...(signal && { signal }) });
    return { ...placeOf(resolved), refused: error.message };
  }
}

function placeOf({ descriptor, dateMs }: Resolved): Pick<End, 'manifest' | 'dateMs'> {
  return { manifest: descriptor.digest, ...(dateMs === undefined ? {} : { dateMs }) };
}

async function judged(
  head: Head,
  question: FileQuestion | undefined,
): Promise<{ readonly catalogue: Catalogue; readonly signers: readonly BlobSigner[] }> {
  if (question === undefined) return { catalogue: parseCatalogue(head.file), signers: [] };
  const judgement = await judgeFile(head, question);
  if (judgement.kind === 'refused') throw new TagsError(judgement.code, judgement.message);
  return judgement;
}
