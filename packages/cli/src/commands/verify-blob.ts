import {
  type BlobEvidence,
  type BlobReport,
  escapeForTerminal,
  identityText,
  verifyBlobStream,
} from '@signet/verifier';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { inputPieces, isThere, readInput } from '../files.ts';
import type { Io } from '../io.ts';
import { readTrustedKeys } from '../key-file.ts';
import { addNotes } from '../notes.ts';
import { addTrustedKeyOptions, type TrustedKeyFlags } from '../options/keys.ts';
import { addOutputOptions, type OutputFlags, type OutputOptions, outputOptions, writeJson } from '../options/output.ts';
import { createStyle } from '../style.ts';

interface VerifyBlobFlags extends TrustedKeyFlags, OutputFlags {
  readonly bundle?: string;
  readonly signature?: string;
  readonly predicateType?: string;
}

/** `signet verify-blob` */
export function define(command: Command, context: Context): void {
  command
    .argument('<file>', 'the file that was signed (- for standard input)')
    .option(
      '--bundle <file>',
      'Sigstore bundle (default: FILE.sigstore.json where that is there; - for standard input)',
    )
    .option(
      '--signature <file>',
      'detached signature instead: its bytes, or base64 as openssl and cosign write it (- for standard input)',
    )
    .option('--predicate-type <uri>', 'a statement that attests this of the file is wanted, not a bare signature');
  addTrustedKeyOptions(command);
  addNotes(
    command,
    'Exit codes: 0 verified; 1 denied; 2 usage, or a file that cannot be read.\n\nExample:\n  signet verify-blob --key release.pub app.tar.gz',
  );
  addOutputOptions(command);
  onRun<VerifyBlobFlags>(command, context, ([file = ''], flags, io) => run(file, flags, io));
}

async function run(file: string, flags: VerifyBlobFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const keys = await readTrustedKeys(flags, io);
  const evidence = await readEvidence(file, flags, io);
  const report = await verifyBlobStream({
    blob: inputPieces(file, io),
    evidence,
    keys,
    ...(flags.predicateType === undefined ? {} : { predicateType: flags.predicateType }),
  });
  if (output.json) writeJson(io, { version: 1, file, ...report });
  else io.stdout.write(render(file, report, output));
  return report.verdict === 'verified' ? EXIT.ok : EXIT.denied;
}

async function readEvidence(file: string, flags: VerifyBlobFlags, io: Io): Promise<BlobEvidence> {
  if (flags.bundle !== undefined && flags.signature !== undefined)
    throw new CliError('USAGE', '--bundle and --signature were given: one of them is wanted');
  if (flags.signature !== undefined && flags.predicateType !== undefined)
    throw new CliError('USAGE', 'a bare signature attests nothing: --predicate-type goes with --bundle');
  if (flags.signature !== undefined) return { kind: 'signature', bytes: await readInput(flags.signature, io) };
  const beside = `${file}.sigstore.json`;
  if (flags.bundle === undefined && !(await isThere(beside)))
    throw new CliError('USAGE', `where the signature is was not said, and ${beside} is not there`, {
      hint: '--bundle FILE, or --signature FILE',
    });
  return { kind: 'bundle', bytes: await readInput(flags.bundle ?? beside, io) };
}

function render(file: string, report: BlobReport, output: OutputOptions): string {
  const style = createStyle(output.color);
  const word = report.verdict === 'verified' ? style.good('verified') : style.bad('denied');
  const code = report.verdict === 'verified' ? '' : `  ${report.code}`;
  const lines = [
    `${word}  ${escapeForTerminal(file)}  ${report.digest}${code}`,
    `  why       ${escapeForTerminal(report.summary)}`,
    ...(report.identity === undefined ? [] : [`  signed    by ${escapeForTerminal(identityText(report.identity))}`]),
    ...(report.predicateType === undefined ? [] : [`  attests   ${escapeForTerminal(report.predicateType)}`]),
    ...(output.verbose
      ? report.checks.map((check) => `  ${check.result.padEnd(8)}  ${check.name}: ${escapeForTerminal(check.message)}`)
      : []),
  ];
  return `${lines.join('\n')}\n`;
}
