import type { Pace } from '@signet/core';
import { forEachSideBySide, RegistryError } from '@signet/oci';
import { type JournalEntry, listJournal, readEntry } from '../journal/journal.ts';
import type { Ignored, WriterOptions } from './options.ts';

/** The journal as one run sees it: what was read once is not read again. */
export interface JournalReader {
  /** Entries that were there when they were listed last. */
  readonly listed: readonly string[];
  readonly entries: ReadonlyMap<string, JournalEntry>;
  /** Entries that the registry lists and did not give when they were asked for last. */
  readonly unreadable: readonly Ignored[];
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
  let [listed, unreadable]: [readonly string[], Ignored[]] = [[], []];
  const readOne = async (ulid: string): Promise<void> => {
    try {
      const entry = await readEntry(store, ulid, options);
      if (entry !== undefined) entries.set(ulid, entry);
    } catch (error) {
      if (!isOfThisEntry(error) || signal?.aborted === true) throw error;
      unreadable.push({ ulid, why: error.message });
    }
  };
  return {
    entries,
    get listed() {
      return listed;
    },
    get unreadable() {
      return unreadable;
    },
    get isCut() {
      return isCut;
    },
    async read(skip = new Set()) {
      listed = await listJournal(store, signal);
      unreadable = [];
      // By chance, so that junk that is always first keeps nobody out for ever.
      const unread = shuffled(
        listed.filter((ulid) => !entries.has(ulid) && !skip.has(ulid)),
        pace,
      );
      const startedMs = pace.clock();
      isCut = entries.size + unread.length > maxEntries;
      await forEachSideBySide(unread.slice(0, maxEntries - entries.size), sideBySide, async (ulid) => {
        if (spentMs + pace.clock() - startedMs <= maxReadingMs) await readOne(ulid);
        else isCut = true;
      });
      spentMs += pace.clock() - startedMs;
    },
  };
}

const ownTrouble: ReadonlySet<string> = new Set(['SERVER_ERROR', 'UNEXPECTED_ANSWER', 'REFUSED', 'TIMEOUT']);

/** A registry that fails at one broken tag would keep everything else out. */
function isOfThisEntry(error: unknown): error is RegistryError {
  return error instanceof RegistryError && ownTrouble.has(error.code);
}

function shuffled<T>(items: readonly T[], pace: Pace): readonly T[] {
  return items
    .map((item) => [pace.random(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item);
}
