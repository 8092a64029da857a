import { dirname } from 'node:path';
import { makeFolders } from '@signet/oci';
import { CliError } from '../errors.ts';
import { systemReason, writeOutputFile } from '../files.ts';
import { readEntries } from './entries.ts';
import type { EndEntry, HeadEntry, ResultEntry } from './entry.ts';
import { sectionRows } from './page-assets.ts';
import { listSection, pageEnd, pageHead, resultRow } from './page-html.ts';
import { createTally } from './tally.ts';

/**
 * Writes the results of a file as a page for a browser, whole or not at all, in constant memory: the file is read once to count and once
 * to list.
 * @throws {CliError} FILE_UNWRITABLE, FILE_UNREADABLE, AUDIT_FILE
 */
export async function writePage(path: string, journal: string): Promise<void> {
  await makeFolder(dirname(path));
  await writeOutputFile(path, pageParts(journal), { force: true });
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await makeFolders(folder);
  } catch (error) {
    throw new CliError('FILE_UNWRITABLE', `cannot make ${folder}: ${systemReason(error)}`, { cause: error });
  }
}

/** The page in pieces. @throws {CliError} FILE_UNREADABLE, AUDIT_FILE */
export async function* pageParts(journal: string): AsyncGenerator<string> {
  const { head, end, tally } = await countAll(journal);
  yield pageHead({ head, end, tally });
  yield* sectionsOf(rowsOf(journal));
  yield pageEnd;
}

async function* rowsOf(journal: string): AsyncGenerator<string> {
  for await (const { entry } of readEntries(journal)) if (isResult(entry)) yield resultRow(entry);
}

async function* sectionsOf(rows: AsyncIterable<string>): AsyncGenerator<string> {
  let here: string[] = [];
  for await (const row of rows) {
    if (here.push(row) < sectionRows) continue;
    yield listSection(here);
    here = [];
  }
  if (here.length > 0) yield listSection(here);
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
