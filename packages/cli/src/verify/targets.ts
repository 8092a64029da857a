import { escapeForTerminal } from '@signet/verifier';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';
import { readReferences } from '../references.ts';
import type { VerifyFlags } from './flags.ts';
import type { Outcome, Target } from './outcome.ts';
import type { PlacedInputs } from './placed-inputs.ts';

/** The images of a call. */
export interface Targets {
  /** Those that are known beforehand, as they were given. */
  readonly references: readonly string[];
  readonly images: AsyncIterable<Target> | Iterable<Target>;
  /** What may name further images and could not be read: results of their own, told first. */
  readonly unread: readonly Outcome[];
  /** What `-f` named. */
  readonly inputs?: PlacedInputs;
}

/**
 * The images that arguments and `-f` name. Files are read whole before the first request.
 * @throws {CliError} USAGE, FILE_UNREADABLE and {RegistryError} REFERENCE_INVALID before the first request
 */
export async function targetsOf(args: readonly string[], flags: VerifyFlags, io: Io): Promise<Targets> {
  const { file: paths = [] } = flags;
  if (args.length === 0 && paths.length === 0)
    throw new CliError('USAGE', 'no image was named', { hint: 'signet verify REFERENCE…, or -f FILE' });
  if (args.length > 0 && paths.length > 0)
    throw new CliError('USAGE', 'references and -f were given: one of them is wanted');
  if (args.length > 0) return { references: args, images: unplaced(readReferences(args, io)), unread: [] };
  const [{ placedInputs }, { parseReading }] = await Promise.all([
    import('./placed-inputs.ts'),
    import('../inputs/reading.ts'),
  ]);
  const refuseLinksOut = flags.resolveTags === true;
  const inputs = await placedInputs(paths, { io, reading: parseReading(flags, io), refuseLinksOut });
  if (flags.verbose === true) for (const note of inputs.notes) io.stderr.write(`note: ${escapeForTerminal(note)}\n`);
  if (inputs.targets.length === 0 && inputs.unread.length === 0)
    throw new CliError(
      'USAGE',
      `no image is named in ${paths.map((path) => (path === '-' ? 'standard input' : path)).join(', ')}`,
      {
        hint: '--verbose says what was passed over',
      },
    );
  return targetsOfInputs(inputs);
}

/** The images of inputs that were read. */
export function targetsOfInputs(inputs: PlacedInputs): Targets {
  const { targets, unread } = inputs;
  return { references: targets.map(({ text }) => text), images: targets, unread, inputs };
}

async function* unplaced(texts: AsyncIterable<string>): AsyncGenerator<Target> {
  for await (const text of texts) yield { text, uses: [] };
}
