import { defaultPace, type Pace } from '@signet/core';
import { type CopyOptions, type CopyResult, copy, type Digest, type Source, type Store } from '@signet/oci';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Content } from '../catalogue/content.ts';
import { joinContent } from '../catalogue/shards.ts';
import { learnt } from '../client/learn.ts';
import { TagsError } from '../errors.ts';
import type { FileQuestion } from '../head/trusted-file.ts';
import { writeHead } from '../head/write-head.ts';
import { checkClock } from '../publish/checks.ts';
import type { StatePlace } from '../state/state.ts';
import { trustState } from '../state/trusted-state.ts';
import { checkHolds, checkNotAhead, newer, timeText } from './holds.ts';
import { type End, type EndOptions, type ReadCatalogue, readCatalogueAt, readEnd } from './read-end.ts';

/** A catalogue that is taken from one place to another, its bytes as they are: no key is needed. */
export interface CarryOptions {
  readonly from: Source;
  readonly to: Store;
  /** Who may sign it, at both ends. Default: what a catalogue says of itself is believed, and nothing is replaced but a catalogue. */
  readonly authority?: FileQuestion;
  /** What was seen of the collection before: an older catalogue is not carried, and what is carried is remembered. Default: nothing. */
  readonly state?: StatePlace;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
  /** Goes on although this clock and that of the other end are more than five minutes apart. */
  readonly ignoreDate?: boolean;
  readonly pace?: Pace;
  readonly signal?: AbortSignal;
  /** Nothing is written. */
  readonly isDry?: boolean;
  /** How its parts are copied. */
  readonly copying?: Pick<CopyOptions, 'concurrency' | 'onProgress' | 'mountFrom'>;
}

/** What it came to. `carried`: written, or with `isDry` it would be; `there`: nothing was to be done. */
export interface Carried {
  readonly outcome: 'carried' | 'there';
  readonly manifest: Digest;
  readonly catalogue: Catalogue;
  /** All tags of it. */
  readonly content: Content;
  /** What lay there before. `refused`: why it counted for nothing. */
  readonly replaced?: { readonly manifest: Digest; readonly issuedMs?: number; readonly refused?: string };
  /** Absent with `isDry`. */
  readonly copied?: CopyResult;
}

/**
 * Takes the catalogue of a collection to another place: parts first, the tag last, and only over what it holds altogether. An older one over a
 * newer, or one over another that holds more, would lose what was acknowledged there. What is there and counts for nothing by the authority is replaced;
 * without an authority only a catalogue is. Expiry is not looked at: a catalogue of yesterday is evidence for those who read it with another freshness.
 * Rule: signed-tags.md 3.3, 4.3.
 * @throws {TagsError} CATALOGUE_MISSING, CATALOGUE_NOT_TRUSTED, CATALOGUE_MALFORMED, COLLECTION_MISMATCH, HEAD_MALFORMED, CLOCK_DIFFERS (it is from the
 * future) of what is carried; CATALOGUE_NEWER where the other end, or what was seen before, is newer or holds more; {RegistryError}, CONFLICT where another
 * has written meanwhile
 */
export async function carryCatalogue(options: CarryOptions): Promise<Carried> {
  const { from, to, now, pace = defaultPace, isDry = false, signal, authority, copying } = options;
  const nowMs = now();
  const cancel = signal === undefined ? {} : { signal };
  const reading: EndOptions = { question: authority, nowMs, pace, ...cancel };
  const own = await readCatalogueAt(from, reading);
  if (own === undefined)
    throw new TagsError('CATALOGUE_MISSING', 'there is no catalogue: nothing lies under signet-tags');
  checkNotAhead(own.catalogue, nowMs);
  await checkSeen(own, options);
  let there = await readEnd(to, reading);
  checkEnd(own, there, options);
  const { resolved } = own.head;
  const manifest = resolved.descriptor.digest;
  const isThere = there?.manifest === manifest;
  let copied: CopyResult | undefined;
  if (!isDry) {
    copied = await copy(from, to, resolved, { ...copying, referrers: false, ...cancel });
    // Looked at again, as late as can be: what is written over must be what was looked at.
    const readAt = { clockMs: pace.clock(), wallMs: now() };
    if (!isThere) {
      there = await readEnd(to, reading);
      checkEnd(own, there, options);
      await writeHead(resolved, { store: to, expected: there?.manifest ?? null, readAt, pace, now, ...cancel });
    }
    await remember(own, options);
  }
  return {
    outcome: isThere ? 'there' : 'carried',
    manifest,
    catalogue: own.catalogue,
    content: joinContent(own.parts),
    ...(there === undefined || there.manifest === manifest ? {} : { replaced: replacedBy(there) }),
    ...(copied === undefined ? {} : { copied }),
  };
}

/**
 * By a clock that is behind, what lies there would be from the future, and count for nothing.
 * @throws {TagsError} CATALOGUE_NEWER, COLLECTION_MISMATCH, CLOCK_DIFFERS; CATALOGUE_MALFORMED where no authority says that what is there may go
 */
function checkEnd(own: ReadCatalogue, there: End | undefined, { authority, now, ignoreDate }: CarryOptions): void {
  if (there === undefined || there.manifest === own.head.resolved.descriptor.digest) return;
  const head = there.dateMs === undefined ? {} : { dateMs: there.dateMs };
  checkClock({ head, readAt: { wallMs: now() } }, { ignoreDate: ignoreDate === true });
  if (there.read !== undefined) checkHolds(own, there.read, now());
  else if (authority === undefined)
    throw new TagsError(
      'CATALOGUE_MALFORMED',
      `what lies there is no catalogue that counts, and it is kept: ${there.refused}`,
    );
}

/** @throws {TagsError} CATALOGUE_NEWER where what was seen before is newer */
async function checkSeen({ catalogue }: ReadCatalogue, { state, authority, now }: CarryOptions): Promise<void> {
  const seen = authority === undefined ? undefined : await state?.read();
  if (seen === undefined || authority === undefined) return;
  const { issuedMs } = await trustState(seen, { ...authority, nowMs: now() });
  if (issuedMs > catalogue.issuedMs)
    throw newer(`a catalogue was seen here that was issued at ${timeText(issuedMs)}`, catalogue);
}

/** Who has carried it has seen it: it is not taken back behind it from now on. */
async function remember(
  { head, catalogue, signers }: ReadCatalogue,
  { state, authority }: CarryOptions,
): Promise<void> {
  if (authority === undefined || state === undefined) return;
  const { file, signatures, resolved } = head;
  const signed = { file, signatures };
  await state.merge(
    learnt({ source: 'registry', catalogue, signers, signed, manifest: resolved, shards: new Map() }, new Map()),
  );
}

function replacedBy({ manifest, read, refused }: End): NonNullable<Carried['replaced']> {
  return read === undefined ? { manifest, refused } : { manifest, issuedMs: read.catalogue.issuedMs };
}
