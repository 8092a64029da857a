import { formatReference, parseReference } from '@signet/oci';
import { escapeForTerminal, inspectSignature, renderInspection } from '@signet/verifier';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { checkNamedConfig, connect } from '../connect.ts';
import { EXIT, type ExitCode, worstOf } from '../exit-codes.ts';
import { isThere, readInput } from '../files.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags, type OutputOptions, outputOptions, writeJson } from '../options/output.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';
import { type FoundSignature, findSignatures, ownSignatures } from '../signatures.ts';

type InspectFlags = RegistryFlags & OutputFlags;

/** `signet inspect` */
export function define(command: Command, context: Context): void {
  command.argument(
    '<file-or-reference>',
    'a bundle, a Notary envelope or a payload file (- for standard input), an image, or a signature by its digest',
  );
  addNotes(
    command,
    'Nothing that is shown was verified. Exit code 3: a part could not be read, or is no signature.\n\nExamples:\n  signet inspect app.tar.gz.sigstore.json\n  signet inspect registry.example.com/app:1.0',
  );
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<InspectFlags>(command, context, ([what = ''], flags, io) => inspect(what, flags, io));
}

async function inspect(what: string, flags: InspectFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  if (what === '-' || (!what.startsWith('oci:') && (await isThere(what)))) {
    await checkNamedConfig(flags, io);
    const inspection = inspectSignature(await readInput(what, io));
    show({ inspection }, io, output);
    return codeOf({ inspection });
  }
  const reference = parseReference(what);
  // A misspelt file name looks like an image of Docker Hub.
  if (!what.includes('/') && reference.kind === 'registry' && !output.quiet)
    io.stderr.write(`note: there is no file ${escapeForTerminal(what)}; taken for ${formatReference(reference)}\n`);
  const connection = await connect(flags, io, output, { references: [what] });
  try {
    const source = await connection.open(reference);
    const root = await source.resolve(reference.digest ?? reference.tag ?? 'latest', { signal: io.signal });
    const own = await ownSignatures(source, root, io.signal);
    const { found, gaps } =
      own.length > 0 ? { found: own, gaps: [] } : await findSignatures(reference, source, io.signal);
    for (const each of found) show(each, io, output);
    for (const gap of gaps)
      io.stderr.write(`not read: ${escapeForTerminal(`${gap.what} ${gap.code}: ${gap.message}`)}\n`);
    if (found.length === 0 && !output.json) io.stdout.write(`${escapeForTerminal(what)}: no signature is attached\n`);
    return worstOf([gaps.length === 0 ? EXIT.ok : EXIT.undecided, ...found.map(codeOf)]);
  } finally {
    await connection.close();
  }
}

function codeOf({ inspection }: FoundSignature): ExitCode {
  return inspection.format === 'unknown' ? EXIT.undecided : EXIT.ok;
}

function show({ origin, inspection }: FoundSignature, io: Io, output: OutputOptions): void {
  if (output.json) writeJson(io, { ...(origin === undefined ? {} : { origin }), ...inspection });
  else io.stdout.write(`${origin === undefined ? '' : `${origin}\n`}${renderInspection(inspection)}\n`);
}
