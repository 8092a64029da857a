import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CliError } from '../errors.ts';
import { systemReason } from '../files.ts';
import { readEntries } from './entries.ts';
import type { EndEntry, HeadEntry, ResultEntry } from './entry.ts';
import { pageEnd, pageHead, resultRow } from './page-html.ts';
import { createTally } from './tally.ts';

/**
 * Writes the results of a file as a page for a browser, whole or not at all, in constant memory: the file is read once to count and once
 * to list.
 * @throws {CliError} FILE_UNWRITABLE, FILE_UNREADABLE, AUDIT_FILE
 */
export async function writePage(path: string, journal: string): Promise<void> {
  const beside = join(dirname(path), `.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await pipeline(Readable.from(pageParts(journal), { objectMode: true }), createWriteStream(beside, { flags: 'wx' }));
    const file = await open(beside, 'r+');
    await file.sync().finally(() => file.close());
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    if (error instanceof CliError) throw error;
    throw new CliError('FILE_UNWRITABLE', `cannot write ${path}: ${systemReason(error)}`, { cause: error });
  }
}

/** The page in pieces. @throws {CliError} FILE_UNREADABLE, AUDIT_FILE */
export async function* pageParts(journal: string): AsyncGenerator<string> {
  const { head, end, tally } = await countAll(journal);
  yield pageHead({ head, end, tally });
  for await (const { entry } of readEntries(journal)) if (isResult(entry)) yield resultRow(entry);
  yield pageEnd;
}

async function countAll(journal: string) {
  const tally = createTally(false);
  let head: HeadEntry | undefined;
  let end: EndEntry | undefined;
  for await (const { entry } of readEntries(journal)) {
    if (entry.kind === 'audit') head = entry;
    else if (entry.kind === 'end') end = entry;
    else tally.add(entry);
  }
  if (head === undefined) throw new CliError('AUDIT_FILE', `${journal} holds no audit`);
  return { head, end, tally };
}

function isResult(entry: HeadEntry | ResultEntry | EndEntry): entry is ResultEntry {
  return entry.kind === 'image' || entry.kind === 'repository';
}
