import { type Signer, sigstoreFormat } from '@signet/core';
import { formatReference, parseReference, parseRegistryReference, type Reference } from '@signet/oci';
import { type Command, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import { type Connection, connect, DEFAULT_CONCURRENCY } from '../connect.ts';
import { CliError, exitCodeForError, renderError } from '../errors.ts';
import { EXIT, type ExitCode, worstOf } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import {
  addAnnotationOption,
  addSigningKeyOptions,
  parseAnnotationFlags,
  type SigningKeyFlags,
} from '../options/keys.ts';
import { addOutputOptions, type OutputFlags, outputOptions } from '../options/output.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';
import { mapOrdered } from '../ordered.ts';
import { readReferences } from '../references.ts';
import { type Showing, showPrepared, showSigned } from '../sign-output.ts';
import {
  type PreparedPayload,
  preparePayloads,
  type SignedImage,
  type SignTask,
  signReference,
} from '../sign-reference.ts';
import { readSigner } from '../signing-key.ts';

interface SignFlags extends SigningKeyFlags, RegistryFlags, OutputFlags {
  readonly format: 'sigstore';
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
  addSigningKeyOptions(command);
  command
    .optionsGroup('Signature:')
    .addOption(new Option('--format <format>', 'form of the signature').choices(['sigstore']).default('sigstore'));
  addAnnotationOption(command, 'put this into the signed payload; repeatable');
  command
    .option('-r, --recursive', 'sign the image of every platform of an index too')
    .option('--no-tag', 'leave the signed reference out: the signature is then for the digest alone')
    .option('--signed-reference <reference>', 'the name that is signed, where it is not the reference itself')
    .option('--force', 'store it also where the same signature is there already')
    .option('--dry-run', 'show what would be signed; nothing is signed or written, and no key is needed')
    .option('--payload-out <file>', 'write the bytes to be signed to a file, for signing elsewhere; see signet attach');
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<SignFlags>(command, context, signAll);
}

const help = `
The tag is resolved once and the digest is printed. Exit code 1: the tag names another image than it should, and nothing counts as signed.

Examples:
  signet sign --key release.key registry.example.com/app:1.0@sha256:…
  signet sign --key release.key --recursive --annotation build=42 registry.example.com/app:1.0
  signet sign --key release.key --signed-reference registry.example.com/app:1.0 oci:./image:1.0`;

/** What became of one reference. */
type Outcome = { readonly text: string } & (
  | { readonly kind: 'signed'; readonly signed: readonly SignedImage[]; readonly reference: Reference }
  | { readonly kind: 'prepared'; readonly prepared: readonly PreparedPayload[]; readonly reference: Reference }
  | { readonly kind: 'failed'; readonly error: unknown }
);

async function signAll(args: readonly string[], flags: SignFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  checkFlags(args, flags);
  const annotations = parseAnnotationFlags(flags.annotation);
  const references = readReferences(args, io);
  const onlyPrepares = flags.dryRun === true || flags.payloadOut !== undefined;
  const signer = onlyPrepares ? undefined : await readSigner(flags, io);
  const connection = await connect(flags, io, output);
  try {
    const codes = new Set<ExitCode>();
    const task: Work = { flags, io, annotations, connection, signer };
    const work = (text: string): Promise<Outcome> => outcomeOf(text, task);
    for await (const outcome of mapOrdered(references, flags.concurrency ?? DEFAULT_CONCURRENCY, work)) {
      io.signal.throwIfAborted();
      await show(outcome, { flags, io, output });
      codes.add(outcome.kind === 'failed' ? exitCodeForError(outcome.error) : EXIT.ok);
    }
    return worstOf(codes);
  } finally {
    await connection.close();
  }
}

function checkFlags(args: readonly string[], flags: SignFlags): void {
  if (flags.signedReference !== undefined) parseRegistryReference(flags.signedReference);
  if (flags.signedReference !== undefined && !flags.tag)
    throw new CliError('USAGE', '--signed-reference and --no-tag were given: one of them is wanted');
  const isMany = args.length > 1 || args[0] === '-';
  if (flags.signedReference !== undefined && isMany)
    throw new CliError('USAGE', '--signed-reference is for one reference');
  if (flags.payloadOut !== undefined && (isMany || flags.recursive === true))
    throw new CliError('USAGE', '--payload-out is for one reference, without --recursive: one file holds one payload');
}

interface Work {
  readonly flags: SignFlags;
  readonly io: Io;
  readonly annotations: Readonly<Record<string, string>>;
  readonly connection: Connection;
  readonly signer: Signer | undefined;
}

async function outcomeOf(text: string, { flags, io, annotations, connection, signer }: Work): Promise<Outcome> {
  try {
    const reference = parseReference(text);
    const named = signedName(reference, flags);
    const task: SignTask = {
      store: await connection.open(reference),
      reference,
      format: sigstoreFormat,
      annotations,
      recursive: flags.recursive === true,
      signal: io.signal,
      ...(named === undefined ? {} : { signedReference: named }),
    };
    const atMs = Date.now();
    if (signer === undefined) return { text, reference, kind: 'prepared', prepared: await preparePayloads(task, atMs) };
    const signed = await signReference(task, signer, { atMs, force: flags.force === true });
    return { text, reference, kind: 'signed', signed };
  } catch (error) {
    return { text, kind: 'failed', error };
  }
}

type Where = Pick<Showing, 'io' | 'output'> & { readonly flags: SignFlags };

async function show(outcome: Outcome, where: Where): Promise<void> {
  const { io, output } = where;
  if (outcome.kind === 'failed') {
    io.stderr.write(renderError(outcome.error, { verbose: output.verbose, subject: outcome.text }));
  } else if (outcome.kind === 'signed') {
    for (const each of outcome.signed) showSigned(each, showingOf(outcome.reference, where));
  } else {
    const to = { file: where.flags.payloadOut, force: where.flags.force === true };
    for (const each of outcome.prepared) await showPrepared(each, showingOf(outcome.reference, where), to);
  }
}

function showingOf(reference: Reference, { flags, io, output }: Where): Showing {
  return { reference, format: flags.format, named: signedName(reference, flags), io, output };
}

/** `REGISTRY/REPO:TAG` as the signature has it. Rule: design.md 4. */
function signedName(reference: Reference, flags: SignFlags): string | undefined {
  if (!flags.tag) return undefined;
  const named = flags.signedReference === undefined ? reference : parseRegistryReference(flags.signedReference);
  if (named.kind !== 'registry') return undefined;
  const { digest, tag = digest === undefined ? 'latest' : undefined, ...rest } = named;
  return tag === undefined ? undefined : formatReference({ ...rest, tag });
}
