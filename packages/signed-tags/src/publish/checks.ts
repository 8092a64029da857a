import { type Resolved, unlessMissing } from '@signet/oci';
import { isBadContent } from '../bad-content.ts';
import type { Revocations } from '../catalogue/content.ts';
import { timeText } from '../catalogue/encode.ts';
import { TagsError } from '../errors.ts';
import { HEAD_TAG } from '../head/head.ts';
import type { Moment } from '../head/write-head.ts';
import type { Operation } from '../journal/operation.ts';
import type { Base } from './base.ts';
import type { ColdOptions, WriterOptions } from './options.ts';
import type { Recollection } from './recollection.ts';

/** Rule: signed-tags.md 3.1 "Claimed times", 5.1 "A cold writer". */
const maxClockDifferenceMs = 5 * 60_000;
const maxColdAgeMs = 24 * 3_600_000;

/** Nothing makes a revoked digest good again: a tag that names it would be denied. @throws {TagsError} OPERATION_REFUSED */
export function checkRevoked(operations: readonly Operation[], all: readonly Revocations[]): void {
  for (const operation of operations) {
    if (operation.kind !== 'sign') continue;
    const found = all.map((revoked) => revoked.get(operation.digest)).find((each) => each !== undefined);
    if (found === undefined) continue;
    const why = found.reason === '' ? '' : ` (${found.reason})`;
    throw new TagsError(
      'OPERATION_REFUSED',
      `${operation.digest} was revoked at ${timeText(found.atMs)}${why}: ${operation.tag} cannot name it`,
    );
  }
}

/** Whoever writes times has to know the time. @throws {TagsError} CLOCK_DIFFERS */
export function checkClock(
  { head, readAt }: { readonly head?: Pick<Resolved, 'dateMs'>; readonly readAt: Pick<Moment, 'wallMs'> },
  { ignoreDate = false }: Pick<WriterOptions, 'ignoreDate'>,
): void {
  const { dateMs = readAt.wallMs } = head ?? {};
  const differenceMs = readAt.wallMs - dateMs;
  if (ignoreDate || Math.abs(differenceMs) <= maxClockDifferenceMs) return;
  const minutes = Math.round(Math.abs(differenceMs) / 60_000);
  const where = differenceMs > 0 ? 'ahead of' : 'behind';
  throw new TagsError('CLOCK_DIFFERS', `the clock here is ${minutes} minutes ${where} that of the registry`);
}

/** The same where no head is read otherwise. @throws {TagsError} CLOCK_DIFFERS; {RegistryError} what the store throws */
export async function checkDate({
  store,
  now,
  signal,
  ...options
}: Pick<WriterOptions, 'store' | 'now' | 'signal' | 'ignoreDate'>): Promise<void> {
  const wallMs = now();
  try {
    const head = await unlessMissing(store.resolve(HEAD_TAG, signal === undefined ? {} : { signal }));
    checkClock({ ...(head === undefined ? {} : { head }), readAt: { wallMs } }, options);
  } catch (error) {
    if (!isBadContent(error)) throw error; // then it tells no time
  }
}

/**
 * Whether the writer goes on from this head. Who knows nothing from before could be shown an old one, and would sign that branch anew. True
 * where it goes without state and receipt.
 * @throws {TagsError} HEAD_MISSING, HEAD_TOO_OLD, WRITER_COLD
 */
export function checkCold(
  base: Base,
  recollection: Recollection,
  { afterMs, allowCold = false, mayCreate = false }: ColdOptions & { readonly mayCreate?: boolean },
): boolean {
  const { catalogue, signers, refusal, readAt } = base;
  if (catalogue === undefined) {
    if (mayCreate) return false;
    const what = refusal === undefined ? 'there is no catalogue' : `the catalogue counts for nothing (${refusal})`;
    throw new TagsError('HEAD_MISSING', `${what}, and none is remembered here: init, import or rebuild makes one`);
  }
  if (afterMs !== undefined && signers !== undefined && catalogue.issuedMs < afterMs)
    throw new TagsError(
      'HEAD_TOO_OLD',
      `the catalogue was issued before the receipt: at ${timeText(catalogue.issuedMs)}`,
    );
  if (recollection.isWarm || afterMs !== undefined || mayCreate) return false;
  if (!allowCold)
    throw new TagsError(
      'WRITER_COLD',
      'nothing is remembered of this collection, so that an old catalogue could not be told from the current one',
    );
  if (readAt.wallMs - catalogue.issuedMs > maxColdAgeMs)
    throw new TagsError(
      'HEAD_TOO_OLD',
      `the catalogue is older than 24 hours: it was issued at ${timeText(catalogue.issuedMs)}`,
    );
  return true;
}
