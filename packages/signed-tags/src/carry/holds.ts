import type { Catalogue } from '../catalogue/catalogue.ts';
import { type Content, compareItems, itemOf, type TagStatement } from '../catalogue/content.ts';
import { withoutFuture } from '../catalogue/future.ts';
import { fileAheadMs } from '../catalogue/limits.ts';
import { dominates } from '../catalogue/merge.ts';
import { reshard } from '../catalogue/sharding.ts';
import { TagsError } from '../errors.ts';

/** A catalogue with all that it holds: one part, or its shards in their order. */
export interface WholeCatalogue {
  readonly catalogue: Catalogue;
  readonly parts: readonly Content[];
}

/**
 * Whether one catalogue may take the place of another: of the same collection, later, and with everything in it that the other holds, in whatever
 * shards either of them is. What is from the future does not exist. Rule: signed-tags.md 3.2, 3.3, 5.1 "dominates".
 * @throws {TagsError} CATALOGUE_NEWER; COLLECTION_MISMATCH
 */
export function checkHolds(own: WholeCatalogue, there: WholeCatalogue, nowMs: number): void {
  const { collection, issuedMs, revoked } = own.catalogue;
  if (there.catalogue.collection !== collection)
    throw new TagsError('COLLECTION_MISMATCH', `the catalogue that is there is that of ${there.catalogue.collection}`);
  if (there.catalogue.issuedMs >= issuedMs)
    throw newer(`the one that is there was issued at ${timeText(there.catalogue.issuedMs)}`, own.catalogue);
  const holdsRevocations = [...there.catalogue.revoked].every(
    ([digest, { atMs }]) => revoked.has(digest) || atMs > nowMs + fileAheadMs,
  );
  const bits = Math.max(bitsOf(own), bitsOf(there));
  const [mine, its] = [reshard(own.parts, bits), reshard(there.parts, bits)];
  const holdsAll = its.every((part, at) => holdsPart(mine[at], withoutFuture(part, nowMs)));
  if (!holdsRevocations || !holdsAll)
    throw newer('the one that is there, though older, holds what this one does not', own.catalogue);
}

/** @throws {TagsError} CLOCK_DIFFERS for one from the future, which nobody would read */
export function checkNotAhead({ issuedMs }: Catalogue, nowMs: number): void {
  if (isAhead(issuedMs, nowMs))
    throw new TagsError(
      'CLOCK_DIFFERS',
      `the catalogue says that it was issued at ${timeText(issuedMs)}, which is yet to come`,
    );
}

export function isAhead(issuedMs: number, nowMs: number): boolean {
  return issuedMs > nowMs + fileAheadMs;
}

/** Why one is not carried. */
export function newer(why: string, { issuedMs }: Catalogue): TagsError {
  return new TagsError('CATALOGUE_NEWER', `the catalogue to carry was issued at ${timeText(issuedMs)}: ${why}`);
}

export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

function bitsOf({ parts }: WholeCatalogue): number {
  return Math.log2(parts.length);
}

/** Of what is equal, the statements have to be there, too: with fewer of them it may not meet its rule. */
function holdsPart(own: Content | undefined, its: Content): boolean {
  if (own === undefined || !dominates(own, its, () => true)) return false;
  return [...its.tags.keys()].every((tag) => {
    const [mine, other] = [itemOf(own, tag), itemOf(its, tag)];
    if (mine.kind !== 'entry' || other.kind !== 'entry' || compareItems(mine, other) !== 0) return true;
    const names = new Set(mine.entry.statements.map(nameOf));
    return other.entry.statements.every((statement) => names.has(nameOf(statement)));
  });
}

function nameOf({ mediaType, bytes }: TagStatement): string {
  return `${mediaType} ${Buffer.from(bytes).toString('base64')}`;
}
