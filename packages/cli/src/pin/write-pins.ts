import { digestOf as digestOfBytes } from '@signet/oci';
import { escapeForTerminal } from '@signet/verifier';
import { type DigestOf, defaultWorkloadLimits, type InputProblem, pinImages } from '@signet/workloads';
import { CliError, renderError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { readInput } from '../files.ts';
import type { InputFile } from '../inputs/read-inventory.ts';
import type { Io } from '../io.ts';
import type { OutputOptions } from '../options/output.ts';
import type { PlacedInputs } from '../verify/placed-inputs.ts';
import type { PinSink } from './pin-sink.ts';

/** Where pinned inputs go. */
export interface WritingPins {
  readonly io: Io;
  readonly output: OutputOptions;
  readonly sink: PinSink;
  /** Images that cannot get a digest where they stand do not keep the others from theirs. */
  readonly allowUnpinned: boolean;
}

/**
 * Puts digests into inputs, all or none. @throws {CliError} FILE_UNREADABLE, FILE_UNWRITABLE; {WorkloadError} WORKLOAD_PIN_FAILED:
 * nothing was written, unless a file could not be moved to its place after others were
 */
export async function writePins(
  { files, reading }: Pick<PlacedInputs, 'files' | 'reading'>,
  digestOf: DigestOf,
  using: WritingPins,
): Promise<ExitCode> {
  const { io, output, sink, allowUnpinned } = using;
  let unpinned = 0;
  try {
    for (const file of files) {
      io.signal.throwIfAborted();
      const before = await readAgain(file, io);
      const pinned = pinImages(before, { ...reading, file: file.path, digestOf });
      for (const problem of pinned.problems) tellUnpinned(problem, { io, output, allowUnpinned });
      unpinned += pinned.problems.length;
      await sink.add(file, { ...pinned, before });
    }
    if (unpinned > 0 && !allowUnpinned) return EXIT.undecided;
    await sink.commit();
    return EXIT.ok;
  } finally {
    await sink.discard();
  }
}

/** What was verified is what is pinned: a file that somebody changed meanwhile may name other images. */
async function readAgain({ path, digest, bytes }: InputFile, io: Io): Promise<Uint8Array> {
  if (bytes !== undefined) return bytes;
  const now = await readInput(path, io, defaultWorkloadLimits.maxBytes);
  if (digestOfBytes(now) === digest) return now;
  throw new CliError('FILE_UNWRITABLE', `${path} was changed while its images were asked for`, {
    hint: 'run it again',
  });
}

function tellUnpinned(
  { place: { file, line, column }, message }: InputProblem,
  { io, output, allowUnpinned }: Pick<WritingPins, 'io' | 'output' | 'allowUnpinned'>,
): void {
  const where = `${file}:${line}:${column}: ${message}`;
  if (!allowUnpinned)
    io.stderr.write(
      renderError(new CliError('INPUT_UNPINNED', where, { hint: '--allow-unpinned pins the others all the same' })),
    );
  else if (!output.quiet) io.stderr.write(`note: ${escapeForTerminal(where)}\n`);
}
