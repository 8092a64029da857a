import { defaultPace } from '@signet/core';
import { encodeEntries, pushEntry } from '../journal/entry.ts';
import { journalTag } from '../journal/journal.ts';
import type { Operation } from '../journal/operation.ts';
import { newUlid } from '../journal/ulid.ts';
import { checkDate } from './checks.ts';
import type { WriterOptions } from './options.ts';

/** What is to be recorded for a publisher. */
export interface StageOptions extends Pick<WriterOptions, 'store' | 'pace' | 'now' | 'signal' | 'ignoreDate'> {
  readonly collection: string;
  readonly operations: readonly Operation[];
}

/**
 * Records operations in the journal and nothing else: who holds the catalogue's key publishes them. Gives the ULIDs of the entries. Rule:
 * signed-tags.md 5.2 "Staged".
 * @throws {TagsError} JOURNAL_TOO_LARGE, CATALOGUE_MALFORMED, CLOCK_DIFFERS; {RegistryError} what the store throws
 */
export async function stage(options: StageOptions): Promise<readonly string[]> {
  const { store, collection, operations, pace = defaultPace, now, signal } = options;
  await checkDate(options);
  const entries = encodeEntries(operations, collection, () => newUlid(now(), () => pace.random()));
  for (const { ulid, manifest } of entries) await pushEntry(store, { tag: journalTag(ulid), manifest }, signal);
  return entries.map(({ ulid }) => ulid);
}
