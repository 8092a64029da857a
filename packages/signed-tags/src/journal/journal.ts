import { type Descriptor, RegistryError, type Resolved, type Source, type Store } from '@signet/oci';
import { isBadContent } from '../bad-content.ts';
import { TagsError } from '../errors.ts';
import { JOURNAL_TAG_PREFIX } from '../reserved.ts';
import { isEntryOf, maxEntryBytes, parseEntry } from './entry.ts';
import type { Operation } from './operation.ts';
import { isUlid } from './ulid.ts';

/** What lies under the tag of a journal entry. */
export type JournalEntry =
  | {
      readonly kind: 'entry';
      readonly ulid: string;
      readonly operations: readonly Operation[];
      readonly descriptor: Descriptor;
    }
  | {
      readonly kind: 'junk';
      readonly ulid: string;
      /** With texts from outside. */
      readonly why: string;
      /** Of the manifest, where its bytes can be no other tag's. */
      readonly descriptor?: Descriptor;
    };

/** The tag of the entry with this ULID. */
export function journalTag(ulid: string): string {
  return JOURNAL_TAG_PREFIX + ulid;
}

/** ULIDs of all entries of a repository, filtered and sorted here: not every registry does. @throws {RegistryError} what the source throws */
export async function listJournal(source: Source, signal?: AbortSignal): Promise<readonly string[]> {
  const found = new Set<string>();
  try {
    for await (const tag of source.tags(signal === undefined ? {} : { signal })) {
      const ulid = tag.startsWith(JOURNAL_TAG_PREFIX) ? tag.slice(JOURNAL_TAG_PREFIX.length) : '';
      if (isUlid(ulid)) found.add(ulid);
    }
  } catch (error) {
    // A repository that nothing was pushed to.
    if (!(error instanceof RegistryError) || error.code !== 'NOT_FOUND') throw error;
  }
  return [...found].toSorted();
}

/** One entry, in one request; undefined where it is gone. @throws {RegistryError} what the source throws */
export async function readEntry(
  source: Source,
  ulid: string,
  { collection, signal }: { readonly collection: string; readonly signal?: AbortSignal },
): Promise<JournalEntry | undefined> {
  let resolved: Resolved;
  try {
    const options = { maxBytes: maxEntryBytes, ...(signal === undefined ? {} : { signal }) };
    resolved = await source.resolve(journalTag(ulid), options);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    if (error.code === 'NOT_FOUND') return undefined;
    if (isBadContent(error)) return { kind: 'junk', ulid, why: error.message };
    throw error;
  }
  try {
    return {
      kind: 'entry',
      ulid,
      operations: parseEntry(resolved, { collection, ulid }),
      descriptor: resolved.descriptor,
    };
  } catch (error) {
    if (!(error instanceof TagsError)) throw error;
    const own = isEntryOf(resolved, ulid) ? { descriptor: resolved.descriptor } : {};
    return { kind: 'junk', ulid, why: error.message, ...own };
  }
}

/**
 * Removes an entry: its tag alone, or where a registry has no such deletion its manifest, which no other tag names. False where it is refused.
 * @throws {RegistryError} what the store throws
 */
export async function removeEntry(
  store: Store,
  { ulid, descriptor }: Pick<JournalEntry, 'ulid' | 'descriptor'>,
  signal?: AbortSignal,
): Promise<boolean> {
  const options = signal === undefined ? {} : { signal };
  const remove = async (work: Promise<void>): Promise<'done' | 'unsupported' | 'refused'> => {
    try {
      await work;
      return 'done';
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      if (error.code === 'NOT_FOUND') return 'done';
      if (error.code === 'UNSUPPORTED') return 'unsupported';
      if (refusals.has(error.code)) return 'refused';
      throw error;
    }
  };
  const outcome = await remove(store.untag(journalTag(ulid), options));
  if (outcome !== 'unsupported' || descriptor === undefined) return outcome === 'done';
  return (await remove(store.delete(descriptor, options))) === 'done';
}

const refusals: ReadonlySet<string> = new Set(['FORBIDDEN', 'UNAUTHORIZED', 'REFUSED']);
