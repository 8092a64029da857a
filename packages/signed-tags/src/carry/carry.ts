import { defaultPace, type Pace } from '@signet/core';
import { copy, type Digest, forEachSideBySide, type Source, type Store } from '@signet/oci';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Content } from '../catalogue/content.ts';
import { dominates } from '../catalogue/merge.ts';
import { joinContent } from '../catalogue/shards.ts';
import { TagsError } from '../errors.ts';
import { HEAD_TAG, type Head, maxHeadBytes, readHead } from '../head/head.ts';
import { readShardContent } from '../head/shards.ts';
import { judgeFile } from '../head/trusted-file.ts';
import { writeHead } from '../head/write-head.ts';
import type { Authority } from '../publish/authority.ts';
import type { StatePlace } from '../state/state.ts';
import { trustState } from '../state/trusted-state.ts';

/** A catalogue that is taken from one place to another, its bytes as they are: no key is needed. */
export interface CarryOptions {
  readonly from: Source;
  readonly to: Store;
  /** Who may sign it, at both ends. */
  readonly authority: Pick<Authority, 'collection' | 'signedBy' | 'refuse'>;
  /** What was seen of the collection before: an older catalogue is not carried. Default: nothing. */
  readonly state?: StatePlace;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
  readonly pace?: Pace;
  readonly signal?: AbortSignal;
  /** Nothing is written. */
  readonly isDry?: boolean;
}

/** What it came to. `carried`: written, or with `isDry` it would be; `there`: nothing was to be done. */
export interface Carried {
  readonly outcome: 'carried' | 'there';
  readonly manifest: Digest;
  readonly catalogue: Catalogue;
  /** All tags of it. */
  readonly content: Content;
  /** What lay there before. `refused`: nobody who may sign had signed it. */
  readonly replaced?: { readonly manifest: Digest; readonly issuedMs?: number; readonly refused?: string };
}

/** A catalogue at one of the ends, signed by those who may. */
interface Signed {
  readonly head: Head;
  readonly catalogue: Catalogue;
  readonly content: Content;
}

/**
 * Takes the catalogue of a collection to another place: parts first, the tag last, and only over what it holds altogether. An older one over a
 * newer, or one over another that holds more, would lose what was acknowledged there. What is there and nobody may have signed is replaced. Expiry
 * is not looked at: a catalogue of yesterday is evidence for those who read it with another freshness.
 * Rule: signed-tags.md 3.3, 4.3.
 * @throws {TagsError} CATALOGUE_MISSING, CATALOGUE_NOT_TRUSTED, CATALOGUE_MALFORMED, COLLECTION_MISMATCH, HEAD_MALFORMED of what is carried; CATALOGUE_NEWER where
 * the other end, or what was seen before, is newer or holds more; {RegistryError}, CONFLICT where another has written meanwhile
 */
export async function carryCatalogue(options: CarryOptions): Promise<Carried> {
  const { from, to, now, pace = defaultPace, isDry = false, signal } = options;
  const own = await signedAt(from, options);
  if (own === undefined)
    throw new TagsError('CATALOGUE_MISSING', 'there is no catalogue: nothing lies under signet-tags');
  await checkSeen(own, options);
  let there = await endAt(to, options);
  const { head, catalogue, content } = own;
  const manifest = head.resolved.descriptor.digest;
  const carried = { manifest, catalogue, content };
  if (there?.manifest === manifest) return { outcome: 'there', ...carried };
  if (there?.signed !== undefined) checkHolds(own, there.signed);
  if (!isDry) {
    const cancel = signal === undefined ? {} : { signal };
    await copy(from, to, head.resolved, { referrers: false, ...cancel });
    // Looked at again, as late as can be: what is written over must be what was looked at.
    const readAt = { clockMs: pace.clock(), wallMs: now() };
    there = await endAt(to, options);
    if (there?.signed !== undefined && there.manifest !== manifest) checkHolds(own, there.signed);
    await writeHead(head.resolved, { store: to, expected: there?.manifest ?? null, readAt, pace, now, ...cancel });
  }
  return { outcome: 'carried', ...carried, ...(there === undefined ? {} : { replaced: replacedBy(there) }) };
}

/** What lies at the other end. */
type End =
  | { readonly manifest: Digest; readonly signed: Signed; readonly refused?: undefined }
  | { readonly manifest: Digest; readonly signed?: undefined; readonly refused: string };

/** What nobody may have signed, or cannot be read as a catalogue at all, is there, too. */
async function endAt(to: Store, options: CarryOptions): Promise<End | undefined> {
  try {
    const signed = await signedAt(to, options);
    return signed && { manifest: signed.head.resolved.descriptor.digest, signed };
  } catch (error) {
    if (!(error instanceof TagsError)) throw error;
    const { descriptor } = await to.resolve(HEAD_TAG, {
      maxBytes: maxHeadBytes,
      ...(options.signal && { signal: options.signal }),
    });
    return { manifest: descriptor.digest, refused: error.message };
  }
}

/** Shards that are read at the same time. */
const sideBySide = 16;

/** Undefined where there is none. @throws {TagsError} where it is not signed by those who may, or none; {RegistryError} */
async function signedAt(source: Source, options: CarryOptions): Promise<Signed | undefined> {
  const { authority, pace = defaultPace, signal } = options;
  const patience = { pace, ...(signal === undefined ? {} : { signal }) };
  const head = await readHead(source, patience);
  if (head === undefined) return undefined;
  const judged = await judgeFile(head, authority);
  if (judged.kind === 'refused') throw new TagsError(judged.code, judged.message);
  const { catalogue } = judged;
  const { tags } = catalogue;
  if (tags.kind === 'whole') return { head, catalogue, content: tags.content };
  const parts: Content[] = [];
  await forEachSideBySide([...tags.digests.keys()], sideBySide, async (index) => {
    parts.push(await readShardContent(source, { head, catalogue }, index, patience));
  });
  return { head, catalogue, content: joinContent(parts) };
}

/** @throws {TagsError} CATALOGUE_NEWER where what was seen before is newer */
async function checkSeen({ catalogue }: Signed, { state, authority, now }: CarryOptions): Promise<void> {
  const seen = await state?.read();
  if (seen === undefined) return;
  const { issuedMs } = await trustState(seen, { ...authority, nowMs: now() });
  if (issuedMs > catalogue.issuedMs)
    throw newer(`a catalogue was seen here that was issued at ${timeText(issuedMs)}`, catalogue);
}

/** @throws {TagsError} CATALOGUE_NEWER where anything there would be lost */
function checkHolds(own: Signed, there: Signed): void {
  if (there.catalogue.issuedMs >= own.catalogue.issuedMs)
    throw newer(`the one that is there was issued at ${timeText(there.catalogue.issuedMs)}`, own.catalogue);
  const holdsRevocations = [...there.catalogue.revoked.keys()].every((digest) => own.catalogue.revoked.has(digest));
  if (!holdsRevocations || !dominates(own.content, there.content, () => true))
    throw newer('the one that is there, though older, holds what this one does not', own.catalogue);
}

function newer(why: string, { issuedMs }: Catalogue): TagsError {
  return new TagsError('CATALOGUE_NEWER', `the catalogue to carry was issued at ${timeText(issuedMs)}: ${why}`);
}

function replacedBy({ manifest, signed, refused }: End): NonNullable<Carried['replaced']> {
  return signed === undefined ? { manifest, refused } : { manifest, issuedMs: signed.catalogue.issuedMs };
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
