import { parseReference } from '@signet/oci';
import { CliError } from './errors.ts';
import type { Io } from './io.ts';
import { readLines } from './lines.ts';

/**
 * The references of a call: arguments, and for `-` the lines of standard input, as they come. Arguments are all looked at at once, before
 * the first request.
 * @throws {CliError} USAGE; {RegistryError} REFERENCE_INVALID
 */
export function readReferences(args: readonly string[], io: Io): AsyncIterable<string> {
  if (args.filter((arg) => arg === '-').length > 1) throw new CliError('USAGE', '- (standard input) is given twice');
  for (const arg of args) if (arg !== '-') parseReference(arg);
  return texts(args, io);
}

async function* texts(args: readonly string[], io: Io): AsyncGenerator<string> {
  for (const arg of args) {
    if (arg === '-') yield* readLines(io.stdin);
    else yield arg;
  }
}
