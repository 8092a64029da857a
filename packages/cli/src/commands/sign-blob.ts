import { type BlobForm, signBlob } from '@signet/core';
import { digestOf } from '@signet/oci';
import { escapeForTerminal } from '@signet/verifier';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { MAX_BLOB_BYTES, readInput, readInputFile, refuseExisting, writeOutputFile } from '../files.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addSigningKeyOptions, type SigningKeyFlags } from '../options/keys.ts';
import { addOutputOptions, type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import { readSigner } from '../signing-key.ts';

interface SignBlobFlags extends SigningKeyFlags, OutputFlags {
  readonly bundle?: string;
  readonly outputSignature?: string;
  readonly predicateType?: string;
  readonly predicate?: string;
  readonly imagePayload?: boolean;
  readonly force?: boolean;
}

/** `signet sign-blob` */
export function define(command: Command, context: Context): void {
  command
    .argument('<file>', 'the file to sign (- for standard input)')
    .option('--bundle <file>', 'where the Sigstore bundle goes (default: FILE.sigstore.json; - for standard output)')
    .option('--output-signature <file>', 'a bare signature in base64 instead, as openssl and cosign read it')
    .option('--predicate-type <uri>', 'sign a statement that attests this of the file, not the bare file')
    .option('--predicate <file>', 'JSON object that the statement holds (default: {})')
    .option(
      '--image-payload',
      'the file is what signet sign --payload-out wrote: sign that image (with --output-signature)',
    )
    .option('--force', 'overwrite a file that is there');
  addSigningKeyOptions(command);
  addNotes(
    command,
    'Example:\n  signet sign-blob --key release.key app.tar.gz\n  signet verify-blob --key release.pub app.tar.gz',
  );
  addOutputOptions(command);
  onRun<SignBlobFlags>(command, context, ([file = ''], flags, io) => run(file, flags, io));
}

async function run(file: string, flags: SignBlobFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const target = targetOf(file, flags);
  const form = await formOf(file, flags);
  await refuseExisting(target === '-' ? [] : [target], flags.force === true);
  const signer = await readSigner(flags, io);
  const blob = await readInput(file, io, MAX_BLOB_BYTES);
  const signed = await signBlob({ blob, signer, form, signal: io.signal });
  const bytes = form.kind === 'signature' ? Buffer.from(`${Buffer.from(signed).toString('base64')}\n`) : signed;
  if (target === '-') {
    io.stdout.write(Buffer.from(bytes).toString('utf8'));
    return EXIT.ok;
  }
  await writeOutputFile(target, bytes, { force: flags.force === true });
  const digest = digestOf(blob);
  if (output.json) writeJson(io, { file, digest, form: form.kind, keyId: signer.publicKey.id, written: target });
  else io.stdout.write(`signed  ${escapeForTerminal(file)}  ${digest}\n  ${escapeForTerminal(target)}\n`);
  return EXIT.ok;
}

function targetOf(file: string, { bundle, outputSignature }: SignBlobFlags): string {
  if (bundle !== undefined && outputSignature !== undefined)
    throw new CliError('USAGE', '--bundle and --output-signature were given: one of them is wanted');
  return bundle ?? outputSignature ?? (file === '-' ? '-' : `${file}.sigstore.json`);
}

async function formOf(file: string, flags: SignBlobFlags): Promise<BlobForm> {
  const { predicate, predicateType, outputSignature, imagePayload = false } = flags;
  if (predicateType === undefined && predicate !== undefined)
    throw new CliError('USAGE', '--predicate needs --predicate-type');
  if (predicateType !== undefined && outputSignature !== undefined)
    throw new CliError('USAGE', 'a statement is stored in a bundle: --predicate-type goes with --bundle');
  if (imagePayload && outputSignature === undefined)
    throw new CliError('USAGE', '--image-payload needs --output-signature: signet attach takes a bare signature');
  if (outputSignature !== undefined) return { kind: 'signature', imagePayload };
  if (predicateType === undefined) return { kind: 'bundle' };
  const content = predicate === undefined ? {} : { predicate: await readInputFile(predicate) };
  return { kind: 'statement', predicateType, ...content, ...(file === '-' ? {} : { name: file }) };
}
