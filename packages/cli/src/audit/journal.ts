import { type FileHandle, open, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toJsonText } from '@signet/verifier';
import { CliError } from '../errors.ts';
import { isThere, systemReason, writeOutputFile } from '../files.ts';
import { readEntries } from './entries.ts';
import type { EndEntry, Entry, HeadEntry, ResultEntry } from './entry.ts';
import { type Scope, scopeText } from './scope.ts';

/** The file of results while it grows. Only appended to; what was acknowledged survives a kill and a power cut. */
export interface Journal {
  /** Whether an earlier run came to its end, and decided all: nothing is left to do. */
  readonly isComplete: boolean;
  /** Whether the file was made by this run. */
  readonly isNew: boolean;
  /** So many results that were there are open: they were taken out, to be asked anew. */
  readonly reopened: number;
  /** Resolves soon; a few hundred kilobytes at most wait for the disk. @throws {CliError} FILE_UNWRITABLE */
  readonly append: (entry: ResultEntry | EndEntry) => Promise<void>;
  /** All that was appended is on the disk. @throws {CliError} FILE_UNWRITABLE */
  readonly close: () => Promise<void>;
}

/** How a journal is opened. */
export interface JournalOptions {
  readonly resume: boolean;
  readonly force: boolean;
  readonly head: Pick<HeadEntry, 'scope' | 'policy'>;
  /** Told each result that is there already, and stays. */
  readonly onDone: (entry: ResultEntry) => void;
}

/**
 * Opens the file of results, which is locked: a new one, or with `resume` the one that is there, whose torn last line is cut off and whose
 * open results are taken out: there is one result of an image, and it is the newest.
 * @throws {CliError} FILE_EXISTS, FILE_UNWRITABLE, FILE_UNREADABLE, AUDIT_FILE, AUDIT_DIFFERS
 */
export async function openJournal(path: string, options: JournalOptions): Promise<Journal> {
  const exists = await isThere(path);
  if (exists && !options.resume && !options.force)
    throw new CliError('FILE_EXISTS', `${path} is there already`, {
      hint: '--resume goes on where it ends, --force begins anew',
    });
  const kept = exists && options.resume ? await readKept(path, options) : nothingKept;
  if (kept.reopened > 0) await takeOutOpen(path);
  const file = await writing(path, async () => {
    const opened = await open(path, exists ? 'a' : 'ax');
    if (kept.reopened === 0) await opened.truncate(kept.bytes);
    await syncFolder(path);
    return opened;
  });
  const journal = createJournal(path, file, { ...kept, isNew: !exists });
  if (kept.bytes === 0)
    await journal.append({ kind: 'audit', version: 1, ...options.head, startedAt: new Date().toISOString() });
  return journal;
}

interface Kept {
  readonly bytes: number;
  readonly isComplete: boolean;
  readonly reopened: number;
}

const nothingKept: Kept = { bytes: 0, isComplete: false, reopened: 0 };

async function readKept(path: string, { head, onDone }: JournalOptions): Promise<Kept> {
  let { bytes, isComplete, reopened } = nothingKept;
  for await (const { entry, endsAt } of readEntries(path)) {
    if ((bytes === 0) !== (entry.kind === 'audit') || isComplete)
      throw new CliError('AUDIT_FILE', `${path}: the lines are not in the order in which an audit writes them`);
    if (entry.kind === 'audit') refuseOther(path, entry, head);
    else if (entry.kind === 'end') isComplete = true;
    else if (isOpen(entry)) reopened += 1;
    else onDone(entry);
    bytes = endsAt;
  }
  return { bytes, isComplete: isComplete && reopened === 0, reopened };
}

/** What another try may decide. What its rule exempts, and what is no reference, stays so. */
function isOpen({ verdict, code }: ResultEntry): boolean {
  return verdict === 'undecided' && code !== 'NOT_CHECKED' && code !== 'REFERENCE_INVALID';
}

/** Written beside, then moved: who is killed meanwhile has lost nothing. A link stays one. */
async function takeOutOpen(path: string): Promise<void> {
  await writeOutputFile(await realpath(path), keptLines(path), { force: true });
}

async function* keptLines(path: string): AsyncGenerator<string> {
  for await (const { entry } of readEntries(path))
    if (entry.kind === 'audit' || (entry.kind !== 'end' && !isOpen(entry))) yield lineOf(entry);
}

/** Results of two policies, or of two scopes, must never stand in one report. */
function refuseOther(path: string, there: HeadEntry, now: JournalOptions['head']): void {
  const hint = 'name another file, or begin anew with --force';
  if (there.policy !== now.policy)
    throw new CliError(
      'AUDIT_DIFFERS',
      `${path} holds results of another policy: revision ${there.policy.slice(0, 64)}, now ${now.policy} (the policy or a key has changed)`,
      { hint },
    );
  if (scopeKey(there.scope) !== scopeKey(now.scope))
    throw new CliError(
      'AUDIT_DIFFERS',
      `${path} holds results of another scope: ${scopeKey(there.scope).slice(0, 400)}, now ${scopeText(now.scope)}`,
      { hint },
    );
}

function scopeKey(scope: Scope): string {
  return JSON.stringify(Object.entries(scope).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** So many characters wait for the disk before whoever appends waits too. */
const maxWaiting = 256 * 1024;

/** Lines that come while the disk is busy go to it together. Once writing failed nothing more is written: a line would be missing. */
function createJournal(
  path: string,
  file: FileHandle,
  facts: Pick<Journal, 'isComplete' | 'isNew' | 'reopened'>,
): OpenJournal {
  let waiting = '';
  let writes: Promise<void> | undefined;
  let failure: unknown;
  const write = async (): Promise<void> => {
    while (waiting !== '') {
      const text = waiting;
      waiting = '';
      await file.appendFile(text);
      await file.datasync();
    }
  };
  const flush = (): Promise<void> => {
    writes ??= writing(path, write)
      .catch((error: unknown) => {
        failure ??= error;
      })
      .finally(() => {
        writes = undefined;
      });
    return writes;
  };
  const check = (): void => {
    if (failure !== undefined) throw failure;
  };
  return {
    ...facts,
    async append(entry) {
      check();
      waiting += lineOf(entry);
      const written = flush();
      if (waiting.length > maxWaiting) await written;
    },
    async close() {
      while (failure === undefined && (waiting !== '' || writes !== undefined)) await flush();
      await file.close();
      check();
    },
  };
}

function lineOf(entry: Entry): string {
  return `${toJsonText(entry, 0)}\n`;
}

type OpenJournal = Omit<Journal, 'append'> & { readonly append: (entry: Entry) => Promise<void> };

/** The name of a new file is on the disk only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new CliError('FILE_UNWRITABLE', `cannot write ${path}: ${systemReason(error)}`, { cause: error });
  }
}
