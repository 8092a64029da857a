import { RegistryError } from '@signet/oci';
import { itemAheadMs } from '../catalogue/limits.ts';
import { type JournalEntry, readEntry, removeEntry } from '../journal/journal.ts';
import { timeOfUlid } from '../journal/ulid.ts';
import type { Base } from './base.ts';
import type { JournalReader } from './journal-reader.ts';
import type { Judge } from './judge.ts';
import type { WriterOptions } from './options.ts';
import { nothingKnown } from './recollection.ts';
import { workOf } from './work.ts';

/** An entry that a head holds stays for so long: a write that is still under way may take it out of the head. Milliseconds. */
const heldMs = 3_600_000;
/** What holds nothing that counts, so long: its rule may yet be met, or the policy that knows its signer is on its way. */
const junkMs = 24 * 3_600_000;

/**
 * Removes what is not needed any more from the journal, as far as the registry lets it. `maxEntries`: how many are looked at. Gives how many
 * went. Rule: signed-tags.md 5.1, step 6.
 */
export async function cleanJournal(
  base: Base,
  journal: JournalReader,
  {
    options,
    judge,
    maxEntries,
    isDryRun = false,
  }: {
    readonly options: Pick<WriterOptions, 'store' | 'authority' | 'signal' | 'now'>;
    readonly judge: Judge;
    readonly maxEntries: number;
    /** Nothing is removed: gives how many would be. */
    readonly isDryRun?: boolean;
  },
): Promise<number> {
  const { store, authority, signal, now } = options;
  const nowMs = base.head?.dateMs ?? now();
  const old = journal.listed.filter(
    (ulid) => nowMs - timeOfUlid(ulid) > heldMs || timeOfUlid(ulid) > nowMs + itemAheadMs,
  );
  let removed = 0;
  try {
    for (const ulid of old.slice(0, maxEntries)) {
      const reading = { collection: authority.collection, ...(signal === undefined ? {} : { signal }) };
      const entry = journal.entries.get(ulid) ?? (await readEntry(store, ulid, reading));
      if (entry === undefined || !(await mayGo(entry, { base, judge, nowMs }))) continue;
      if (!isDryRun && !(await removeEntry(store, entry, signal))) return removed;
      removed += 1;
    }
  } catch (error) {
    // The rest is for another time.
    if (!(error instanceof RegistryError) || signal?.aborted === true) throw error;
  }
  return removed;
}

async function mayGo(
  entry: JournalEntry,
  { base, judge, nowMs }: { readonly base: Base; readonly judge: Judge; readonly nowMs: number },
): Promise<boolean> {
  const ageMs = nowMs - timeOfUlid(entry.ulid);
  const isOldJunk = ageMs > junkMs || ageMs < -itemAheadMs;
  if (entry.kind === 'junk') return isOldJunk;
  const { operations } = entry;
  const { outcomes, isCovered } = await workOf(base, { operations, recollection: nothingKnown, judge });
  const isUnmet = [...outcomes.values()].some(({ kind }) => kind === 'unmet');
  if (isUnmet) return isOldJunk;
  return isCovered && ageMs > heldMs;
}
