import {
  type ImageToSign,
  planImage,
  type SignedFacts,
  type Signer,
  type SignFormat,
  type SignFormatName,
  type SignResult,
  signFormat,
  signFormatNames,
  signImage,
} from '@signet/core';
import { parseReference, type Reference } from '@signet/oci';
import { type Command, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import { type Connection, connect, DEFAULT_CONCURRENCY } from '../connect.ts';
import { CliError, exitCodeForError, renderError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { addNotaryOptions, type NotaryFlags, refuseNotaryFlags } from '../notary/flags.ts';
import { addNotes } from '../notes.ts';
import {
  addAnnotationOption,
  addSigningKeyOptions,
  parseAnnotationFlags,
  type SigningKeyFlags,
} from '../options/keys.ts';
import { addOutputOptions, type OutputFlags, outputOptions } from '../options/output.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';
import { forEachReference, readReferences } from '../references.ts';
import { type Showing, showPlanned, showSigned } from '../sign-output.ts';
import { readSigner } from '../signing-key.ts';
import { addTagSigningOptions, isForTags, type TagSigningFlags } from '../tags/sign-flags.ts';

/** What {@link addSignOptions} produces. */
export interface SignFlags extends SigningKeyFlags, RegistryFlags, OutputFlags, TagSigningFlags, NotaryFlags {
  readonly format: SignFormatName;
  readonly annotation?: readonly string[];
  readonly recursive?: boolean;
  readonly tag: boolean;
  readonly signedReference?: string;
  readonly dryRun?: boolean;
  readonly payloadOut?: string;
  readonly force?: boolean;
}

/** `signet sign` */
export function define(command: Command, context: Context): void {
  command.argument(
    '<reference...>',
    'images; REPOSITORY:TAG@DIGEST signs that digest for that tag (oci:FOLDER:TAG for a layout on disk; - for a list on standard input)',
  );
  addNotes(command, help);
  addSignOptions(command);
  onRun<SignFlags>(command, context, signAll);
}

/** All that `signet sign` may be told, also where another command signs. */
export function addSignOptions(command: Command): void {
  addSigningKeyOptions(command);
  command
    .optionsGroup('Signature:')
    .addOption(
      new Option('--format <format>', 'form of the signature')
        .choices([...signFormatNames, 'notary'])
        .default('sigstore'),
    );
  addAnnotationOption(command, 'put this into the signed payload; repeatable');
  command
    .option('-r, --recursive', 'sign every image of an index too (those for the digest alone)')
    .option('--no-tag', 'leave the signed reference out: the signature is then for the digest alone')
    .option('--signed-reference <reference>', 'the name that is signed, where it is not the reference itself')
    .option('--force', 'store it also where the same signature is there already')
    .option('--dry-run', 'show what would be signed; nothing is signed or written, and no key is needed')
    .option('--payload-out <file>', 'write the bytes to be signed to a file, for signing elsewhere; see signet attach');
  addNotaryOptions(command);
  addTagSigningOptions(command);
  addRegistryOptions(command);
  addOutputOptions(command);
}

const help = `
The tag is resolved once and the digest is printed. Exit code 1: the tag names another image than it should, and nothing counts as signed.
With --publish or --stage the signature is a statement that the tag is this image now. Where the tag is it already by this signer, nothing is written;
where it has been it and has gone on, it is refused (exit code 1), so that a repeated job of an old build sets no tag back. Exit code 3: it is recorded,
and not published yet.

Examples:
  signet sign --key release.key registry.example.com/app:1.0@sha256:…
  signet sign --key release.key --recursive --annotation build=42 registry.example.com/app:1.0
  signet sign --key release.key --policy policy.yaml --publish --catalogue-key publisher.key registry.example.com/app:1.0
  signet sign --key release.key --signed-reference registry.example.com/app:1.0 oci:./image:1.0
  signet sign --format notary --key release.key --cert chain.pem --expiry 720h registry.example.com/app:1.0
  signet sign --format notary --key-name release registry.example.com/app:1.0
  signet sign --format notary --key-name release --tsa http://timestamp.example.com --tsa-root root.crt registry.example.com/app:1.0
  signet sign --format notary --plugin azure-kv --id https://acme.vault.azure.net/keys/release/1 registry.example.com/app:1.0`;

/** What became of one reference. */
type Outcome =
  | { readonly kind: 'signed'; readonly reference: Reference; readonly results: readonly SignResult[] }
  | { readonly kind: 'planned'; readonly reference: Reference; readonly planned: readonly SignedFacts[] }
  | { readonly kind: 'failed'; readonly text: string; readonly error: unknown };

/** Signs the images of a call. */
export async function signAll(args: readonly string[], flags: SignFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  checkFlags(args, flags);
  refuseNotaryFlags(flags, flags.format);
  if (isForTags(flags)) {
    const { signTags } = await import('../tags/sign-tags.ts');
    return await signTags(args, flags, io);
  }
  const annotations = parseAnnotationFlags(flags);
  const references = readReferences(args, io);
  const onlyPlans = flags.dryRun === true || flags.payloadOut !== undefined;
  const signing = await readSigning(flags, io, onlyPlans);
  const connection = await connect(flags, io, output, { references: args });
  try {
    const task: Task = { flags, io, annotations, connection, ...signing };
    return await forEachReference<string, Outcome>(references, {
      io,
      verbose: output.verbose,
      concurrency: flags.concurrency ?? DEFAULT_CONCURRENCY,
      work: (text) => outcomeOf(text, task),
      async show(outcome) {
        await show(outcome, { flags, io, output });
        return outcome.kind === 'failed' ? exitCodeForError(outcome.error) : EXIT.ok;
      },
    });
  } finally {
    await connection.close();
  }
}

function checkFlags(args: readonly string[], flags: SignFlags): void {
  if (flags.signedReference !== undefined && !flags.tag)
    throw new CliError('USAGE', '--signed-reference and --no-tag were given: one of them is wanted');
  const isMany = args.length > 1 || args[0] === '-';
  if (flags.signedReference !== undefined && isMany)
    throw new CliError('USAGE', '--signed-reference is for one reference');
  if (flags.payloadOut !== undefined && (isMany || flags.recursive === true))
    throw new CliError('USAGE', '--payload-out is for one reference, without --recursive: one file holds one payload');
  if (flags.payloadOut !== undefined && flags.format === 'notary')
    throw new CliError(
      'USAGE',
      '--payload-out is not for --format notary: what is signed there holds the algorithm of the key',
    );
}

interface Task {
  readonly flags: SignFlags;
  readonly io: Io;
  readonly annotations: Readonly<Record<string, string>>;
  readonly connection: Connection;
  readonly format: SignFormat;
  /** None: it is only shown what would be signed. */
  readonly signer?: Signer;
  /** Also where a signature is there: it cannot be told whose that is. */
  readonly signsAnew?: boolean;
}

/** The format, and the key that signs in it unless it is only planned. @throws as {@link readSigner}; what the format needs of it */
async function readSigning(
  flags: SignFlags,
  io: Io,
  onlyPlans: boolean,
): Promise<Pick<Task, 'format' | 'signer' | 'signsAnew'>> {
  if (flags.format === 'notary') {
    const { plannedNotary, readNotarySigner } = await import('../notary/signing.ts');
    return onlyPlans ? { format: plannedNotary() } : await readNotarySigner(flags, io);
  }
  const format = signFormat(flags.format);
  return onlyPlans ? { format } : { format, signer: await readSigner(flags, io) };
}

async function outcomeOf(text: string, task: Task): Promise<Outcome> {
  const { flags, signer, signsAnew = false } = task;
  try {
    const reference = parseReference(text);
    const image = await imageToSign(reference, task);
    if (signer !== undefined) {
      const results = await signImage({ ...image, signer, force: flags.force === true || signsAnew });
      return { kind: 'signed', reference, results };
    }
    const { root, children } = await planImage(image);
    const planned = [root, ...children].map(({ subject, ...rest }) => ({ ...rest, ...subject }));
    return { kind: 'planned', reference, planned };
  } catch (error) {
    return { kind: 'failed', text, error };
  }
}

async function imageToSign(reference: Reference, task: Task): Promise<ImageToSign> {
  const { flags, io, annotations, connection, format } = task;
  return {
    store: await connection.open(reference),
    reference,
    format,
    signedAtMs: Date.now(),
    annotations,
    noTag: !flags.tag,
    recursive: flags.recursive === true,
    signal: io.signal,
    ...(flags.signedReference === undefined ? {} : { signedReference: flags.signedReference }),
  };
}

type Where = Pick<Showing, 'io' | 'output'> & { readonly flags: SignFlags };

async function show(outcome: Outcome, { flags, io, output }: Where): Promise<void> {
  if (outcome.kind === 'failed') {
    io.stderr.write(renderError(outcome.error, { verbose: output.verbose, subject: outcome.text }));
    return;
  }
  const { tag: _, ...untagged } = outcome.reference;
  // The images of an index, which come behind it, do not have its tag.
  const showing = (at: number): Showing => ({
    reference: at === 0 ? outcome.reference : untagged,
    format: flags.format,
    io,
    output,
  });
  if (outcome.kind === 'signed') {
    for (const [at, result] of outcome.results.entries()) showSigned(result, showing(at));
  } else {
    const to = { file: flags.payloadOut, force: flags.force === true };
    for (const [at, planned] of outcome.planned.entries()) await showPlanned(planned, showing(at), to);
  }
}
