import { CliError } from '../errors.ts';
import { filePieces } from '../files.ts';
import { type Entry, parseEntry } from './entry.ts';

/** No line that this program writes comes near it. */
const maxLineBytes = 1024 * 1024;

/** An entry, and how many bytes of the file end with it. */
export interface ReadEntry {
  readonly entry: Entry;
  readonly endsAt: number;
}

/**
 * The entries of a file of results, one after the other, in constant memory. What stands behind the last line end was being written when
 * the program was killed: it is none.
 * @throws {CliError} AUDIT_FILE, FILE_UNREADABLE
 */
export async function* readEntries(path: string): AsyncGenerator<ReadEntry> {
  let at = 0;
  let number = 0;
  for await (const line of linesOf(path)) {
    at += line.length + 1;
    number += 1;
    yield { entry: parseEntry(line, `${path}:${number}`), endsAt: at };
  }
}

async function* linesOf(path: string): AsyncGenerator<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of filePieces(path)) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let from = 0;
    for (let to = rest.indexOf(10); to !== -1; to = rest.indexOf(10, from)) {
      yield rest.subarray(from, to);
      from = to + 1;
    }
    rest = rest.subarray(from);
    if (rest.length > maxLineBytes)
      throw new CliError('AUDIT_FILE', `${path}: a line is longer than ${maxLineBytes} bytes`);
  }
}
