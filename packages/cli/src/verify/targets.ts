import type { Io } from '../io.ts';
import { readReferences } from '../references.ts';
import type { Target } from './outcome.ts';

/** The images of a call, as they come. @throws {CliError} USAGE and {RegistryError} REFERENCE_INVALID before the first request */
export function targetsOf(args: readonly string[], io: Io): AsyncIterable<Target> {
  return unplaced(readReferences(args, io));
}

async function* unplaced(texts: AsyncIterable<string>): AsyncGenerator<Target> {
  for await (const text of texts) yield { text, uses: [] };
}
