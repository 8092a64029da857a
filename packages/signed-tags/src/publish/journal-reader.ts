import type { Pace } from '@signet/core';
import { forEachSideBySide } from '@signet/oci';
import { type JournalEntry, listJournal, readEntry } from '../journal/journal.ts';
import type { WriterOptions } from './options.ts';

/** The journal as one run sees it: what was read once is not read again. */
export interface JournalReader {
  /** Entries that were there when they were listed last. */
  readonly listed: readonly string[];
  readonly entries: ReadonlyMap<string, JournalEntry>;
  /** Whether there was more than a run reads. */
  readonly isCut: boolean;
  /** Lists, and reads what was not read yet, but for `skip`. @throws {RegistryError} what the store throws */
  read(skip?: ReadonlySet<string>): Promise<void>;
}

/** Entries and milliseconds of one run. Rule: signed-tags.md 5.1, step 1. */
const maxEntries = 2000;
const maxReadingMs = 20_000;
const sideBySide = 8;

export function openJournal(
  { store, authority, signal }: Pick<WriterOptions, 'store' | 'authority' | 'signal'>,
  pace: Pace,
): JournalReader {
  const entries = new Map<string, JournalEntry>();
  const options = { collection: authority.collection, ...(signal === undefined ? {} : { signal }) };
  let [spentMs, isCut]: [number, boolean] = [0, false];
  let listed: readonly string[] = [];
  return {
    entries,
    get listed() {
      return listed;
    },
    get isCut() {
      return isCut;
    },
    async read(skip = new Set()) {
      listed = await listJournal(store, signal);
      // By chance, so that junk that is always first keeps nobody out for ever.
      const unread = shuffled(
        listed.filter((ulid) => !entries.has(ulid) && !skip.has(ulid)),
        pace,
      );
      const startedMs = pace.clock();
      isCut = entries.size + unread.length > maxEntries;
      await forEachSideBySide(unread.slice(0, maxEntries - entries.size), sideBySide, async (ulid) => {
        if (spentMs + pace.clock() - startedMs > maxReadingMs) {
          isCut = true;
          return;
        }
        const entry = await readEntry(store, ulid, options);
        if (entry !== undefined) entries.set(ulid, entry);
      });
      spentMs += pace.clock() - startedMs;
    },
  };
}

function shuffled<T>(items: readonly T[], pace: Pace): readonly T[] {
  return items
    .map((item) => [pace.random(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item);
}
