import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolders } from '@signet/oci';
import { escapeForTerminal } from '@signet/verifier';
import { unwritable, writeOutputFile } from '../../files.ts';
import type { Io } from '../../io.ts';
import { type OutputFlags, outputOptions, writeJson } from '../../options/output.ts';

/** A file that an installation writes, as a whole. */
export interface PlannedFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

/** What an installation does, and what is to be done after it. */
export interface Plan {
  readonly files: readonly PlannedFile[];
  readonly next: readonly string[];
}

/** The flags that every installation has. */
export interface InstallFlags extends OutputFlags {
  readonly dryRun?: boolean;
}

/** Writes each file in one step, or only says what would be written. @throws {CliError} FILE_UNWRITABLE */
export async function carryOut({ files, next }: Plan, flags: InstallFlags, io: Io): Promise<void> {
  const isDry = flags.dryRun === true;
  if (!isDry) for (const file of files) await write(file);
  if (outputOptions(flags, io).json) {
    writeJson(io, { written: !isDry, files: files.map(({ path, content }) => ({ path, content })), next });
    return;
  }
  for (const { path, content } of files) {
    io.stdout.write(`${isDry ? 'would write' : 'wrote'}  ${escapeForTerminal(path)}\n`);
    if (isDry) for (const line of content.trimEnd().split('\n')) io.stdout.write(`    ${escapeForTerminal(line)}\n`);
  }
  for (const line of next) io.stdout.write(`next: ${escapeForTerminal(line)}\n`);
}

async function write({ path, content, mode }: PlannedFile): Promise<void> {
  await makeFolders(dirname(path), { mode: 0o755 }).catch((error: unknown) => {
    throw unwritable(path, error);
  });
  // A file that is there keeps its permissions; a script can be run.
  const before = await stat(path).catch(() => undefined);
  const kept = before === undefined ? mode : (before.mode & 0o777) | (mode & 0o111);
  await writeOutputFile(path, Buffer.from(content), { mode: kept, force: true });
}
