import { parseReference } from '@signet/oci';
import { CliError, exitCodeForError, renderError } from './errors.ts';
import { type ExitCode, worstOf } from './exit-codes.ts';
import { claimStdin } from './files.ts';
import type { Io } from './io.ts';
import { readLines } from './lines.ts';
import { mapOrdered } from './ordered.ts';

/**
 * The references of a call: arguments, and for `-` the lines of standard input, as they come. Arguments are all looked at at once, before
 * the first request.
 * @throws {CliError} USAGE, also while a list is read that holds nothing; FILE_UNWRITABLE where nobody reads the results any more;
 * {RegistryError} REFERENCE_INVALID
 */
export function readReferences(args: readonly string[], io: Io): AsyncIterable<string> {
  if (args.includes('-')) claimStdin(io.stdin);
  if (args.filter((arg) => arg === '-').length > 1) throw new CliError('USAGE', '- (standard input) is given twice');
  for (const arg of args) if (arg !== '-') parseReference(arg);
  return texts(args, io);
}

async function* texts(args: readonly string[], io: Io): AsyncGenerator<string> {
  for (const arg of args) {
    if (arg === '-') yield* listed(io);
    else yield arg;
  }
}

/** An empty list is a list that went wrong on its way: that "all of it" is verified would be a dangerous thing to say. */
async function* listed(io: Io): AsyncGenerator<string> {
  let empty = true;
  for await (const line of readLines(io.stdin)) {
    if (io.stdout.failed?.() === 'closed')
      throw new CliError('FILE_UNWRITABLE', 'nobody reads standard output any more: the rest of the list was left');
    empty = false;
    yield line;
  }
  if (empty) throw new CliError('USAGE', 'the list on standard input is empty', { hint: 'one reference a line' });
}

/** What is done with each reference, and what is said about it afterwards, in the order of the references. */
export interface EachReference<T, R> {
  readonly io: Io;
  readonly verbose: boolean;
  readonly concurrency: number;
  readonly work: (reference: T) => Promise<R>;
  /** Gives the exit code of this one. */
  readonly show: (result: R) => ExitCode | Promise<ExitCode>;
}

/** The exit code of all together. A list that breaks off counts as one more result: it does not hide a denial before it. */
export async function forEachReference<T, R>(
  references: AsyncIterable<T> | Iterable<T>,
  { io, verbose, concurrency, work, show }: EachReference<T, R>,
): Promise<ExitCode> {
  const codes = new Set<ExitCode>();
  try {
    for await (const result of mapOrdered(references, concurrency, work)) {
      io.signal.throwIfAborted();
      codes.add(await show(result));
    }
  } catch (error) {
    if (io.signal.aborted || codes.size === 0) throw error;
    io.stderr.write(renderError(error, { verbose }));
    codes.add(exitCodeForError(error));
  }
  return worstOf(codes);
}
