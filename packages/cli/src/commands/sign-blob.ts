import { type BlobForm, signBlob } from '@signet/core';
import { digestOf } from '@signet/oci';
import { escapeForTerminal } from '@signet/verifier';
import { type Command, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { MAX_BLOB_BYTES, readInput, readInputFile, refuseExisting, writeOutputFile } from '../files.ts';
import type { Io } from '../io.ts';
import { addNotaryOptions, refuseNotaryFlags } from '../notary/flags.ts';
import type { NotaryBlobFlags } from '../notary/sign-blob.ts';
import { addNotes } from '../notes.ts';
import { addSigningKeyOptions } from '../options/keys.ts';
import { addOutputOptions, outputOptions, writeJson } from '../options/output.ts';
import { readSigner } from '../signing-key.ts';

interface SignBlobFlags extends NotaryBlobFlags {
  readonly format: 'sigstore' | 'notary';
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
    .addOption(
      new Option('--format <format>', 'form of the signature').choices(['sigstore', 'notary']).default('sigstore'),
    )
    .option('--force', 'overwrite a file that is there');
  addSigningKeyOptions(command);
  addNotaryOptions(command).option(
    '--media-type <type>',
    'media type of the file, which is signed (default: application/octet-stream)',
  );
  addNotes(command, help);
  addOutputOptions(command);
  onRun<SignBlobFlags>(command, context, ([file = ''], flags, io) => run(file, flags, io));
}

const help = `
With --format notary the signature is that of notation: a detached envelope beside the file, FILE.jws.sig or FILE.cose.sig (--output-signature: elsewhere).

Examples:
  signet sign-blob --key release.key app.tar.gz
  signet verify-blob --key release.pub app.tar.gz
  signet sign-blob --format notary --key release.key --cert chain.pem --media-type application/gzip app.tar.gz
  signet sign-blob --format notary --key-name release --user-metadata build=42 app.tar.gz
  signet verify-blob --policy notation app.tar.gz`;

async function run(file: string, flags: SignBlobFlags, io: Io): Promise<ExitCode> {
  refuseNotaryFlags(flags, flags.format);
  if (flags.format === 'notary') return await (await import('../notary/sign-blob.ts')).signByNotary(file, flags, io);
  if (flags.mediaType !== undefined)
    throw new CliError('USAGE', '--media-type is for --format notary: other signatures of files do not say it');
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
