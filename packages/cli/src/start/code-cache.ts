import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';

/** A file of the program, as the code that V8 made of it. */
export interface LoadedCode {
  readonly script: Script;
  /** Keeps what V8 has compiled until now for the next start, where this start found none that fits. Never throws. */
  readonly keep: () => void;
}

const keptName = /^[a-z-]+\.js-v[\w.-]+-[0-9a-f]{16}(?:\.\d+\.tmp)?$/;

/**
 * The file as a script whose value is a function of `require`. Node's own compile cache holds a file as it is before its first line ran:
 * without its functions, which then are compiled at every start, most of the time of a short call. What is kept here is what a whole call compiled.
 * V8 itself refuses what another version, other flags or another source made. `folder`: {@link cacheFolder}.
 */
export function loadCode(file: string, folder: string | undefined): LoadedCode {
  // The program is ASCII (its build says so), and this is the quickest way to read it.
  const text = readFileSync(file, 'latin1');
  const kept = folder === undefined ? undefined : keptFile(file, text, folder);
  const cachedData = kept === undefined ? undefined : readKept(kept);
  const script = new Script(text, { filename: file, ...(cachedData && { cachedData }) });
  const isFit = cachedData !== undefined && script.cachedDataRejected === false;
  return { script, keep: () => kept !== undefined && !isFit && writeKept(kept, script.createCachedData()) };
}

/** Its name tells the program's file and build (its first line: a comment with its digest), and the Node that compiled it. */
function keptFile(file: string, text: string, folder: string): string | undefined {
  const build = /^\/\/([0-9a-f]{16})\n/.exec(text)?.[1];
  return build && join(folder, `${basename(file)}-${process.version}-${process.arch}-${build}`);
}

/**
 * V8 does not see whether a byte has changed, and would run what is there. Therefore it is kept twice, and taken where both are the same. That
 * is for accidents, like the checksum of Node's own compile cache: who may write into the folder could put there any bytes with their digest.
 * Checksums and digests need a module of Node's that takes longer to load than a second copy to read.
 */
function readKept(path: string): Buffer | undefined {
  try {
    const bytes = readFileSync(path);
    const [code, copy] = [bytes.subarray(0, bytes.length / 2), bytes.subarray(bytes.length / 2)];
    return code.equals(copy) ? code : undefined;
  } catch {
    return undefined;
  }
}

/** Never half written: another process may read it meanwhile. */
function writeKept(path: string, code: Buffer): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, Buffer.concat([code, code]), { mode: 0o600 });
    renameSync(temporary, path);
    removeOld(path);
  } catch {
    rmSync(temporary, { force: true });
  }
}

/** What other builds kept goes when it is a week old: two that are used by turns must not take each other's away. */
function removeOld(path: string): void {
  const folder = dirname(path);
  const before = Date.now() - 7 * 24 * 60 * 60 * 1000;
  for (const name of readdirSync(folder)) {
    const other = join(folder, name);
    if (keptName.test(name) && statSync(other).mtimeMs < before) rmSync(other, { force: true });
  }
}
