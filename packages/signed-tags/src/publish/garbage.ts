import { defaultPace } from '@signet/core';
import { TagsError } from '../errors.ts';
import { readBase } from './base.ts';
import { cleanJournal } from './clean.ts';
import { openJournal } from './journal-reader.ts';
import { createJudge } from './judge.ts';
import type { WriterOptions } from './options.ts';
import { nothingKnown } from './recollection.ts';

/** A whole journal at a time. */
const maxEntries = 100_000;

/**
 * Removes from the journal what the catalogue holds and what never counted, where publishing has left it. Gives how many entries went, or
 * with `isDryRun` would go.
 * @throws {TagsError} HEAD_MISSING where there is no trusted catalogue to hold them against; {RegistryError} what the store throws
 */
export async function collectGarbage(
  options: Pick<WriterOptions, 'store' | 'authority' | 'pace' | 'now' | 'signal'> & { readonly isDryRun?: boolean },
): Promise<number> {
  const { pace = defaultPace } = options;
  const base = await readBase({ ...options, pace, isExpected: true, recollection: nothingKnown, shards: new Map() });
  if (base.signers === undefined)
    throw new TagsError('HEAD_MISSING', base.refusal ?? 'there is no catalogue to hold the journal against');
  const journal = openJournal(options, pace);
  await journal.read();
  const judge = createJudge(options.authority, options.now());
  return cleanJournal(base, journal, { options, judge, maxEntries, isDryRun: options.isDryRun === true });
}
