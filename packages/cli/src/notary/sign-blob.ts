import { checkMediaType, signNotaryBlob } from '@signet/core';
import { escapeForTerminal } from '@signet/verifier';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { inputPieces, refuseExisting, writeOutputFile } from '../files.ts';
import type { Io } from '../io.ts';
import { parseAnnotationFlags, type SigningKeyFlags } from '../options/keys.ts';
import { type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import type { NotaryFlags } from './flags.ts';
import { readNotarySigner } from './signing.ts';

/** What `signet sign-blob` is told, whatever the form of the signature. */
export interface NotaryBlobFlags extends SigningKeyFlags, OutputFlags, NotaryFlags {
  readonly outputSignature?: string;
  readonly mediaType?: string;
  readonly force?: boolean;
  /** Not for this form. */
  readonly bundle?: string;
  readonly predicateType?: string;
  readonly predicate?: string;
  readonly imagePayload?: boolean;
}

/**
 * Signs a file in the manner of the Notary Project: a detached envelope, by default where notation puts it. Rule: wire-formats 8.1
 * @throws {CliError} USAGE, FILE_EXISTS, FILE_UNREADABLE, FILE_UNWRITABLE, and as {@link readNotarySigner}; {EnvelopeError} ANNOTATION_INVALID,
 * MEDIA_TYPE_INVALID; {PluginError}
 */
export async function signByNotary(file: string, flags: NotaryBlobFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  refuseOthers(flags);
  const userMetadata = parseAnnotationFlags({ userMetadata: flags.userMetadata ?? [] });
  if (flags.mediaType !== undefined) checkMediaType(flags.mediaType);
  const { key, signing } = (await readNotarySigner(flags, io)).forFiles();
  const { form = 'jws' } = signing;
  const target = flags.outputSignature ?? (file === '-' ? '-' : `${file}.${form}.sig`);
  if (target === '-' && form === 'cose')
    throw new CliError('USAGE', 'a COSE envelope is no text: --output-signature FILE says where it goes');
  await refuseExisting(target === '-' ? [] : [target], flags.force === true);
  const blob = {
    pieces: inputPieces(file, io),
    userMetadata,
    signedAtMs: Date.now(),
    ...(flags.mediaType === undefined ? {} : { mediaType: flags.mediaType }),
  };
  const { envelope, ...said } = await signNotaryBlob(blob, key, { ...signing, signal: io.signal });
  if (target === '-') {
    io.stdout.write(Buffer.from(envelope).toString('utf8'));
    return EXIT.ok;
  }
  await writeOutputFile(target, envelope, { force: flags.force === true });
  if (output.json) writeJson(io, { file, ...said, form: 'notary', envelope: form, userMetadata, written: target });
  else io.stdout.write(`signed  ${escapeForTerminal(file)}  ${said.digest}\n  ${escapeForTerminal(target)}\n`);
  return EXIT.ok;
}

/** @throws {CliError} USAGE */
function refuseOthers({ bundle, predicate, predicateType, imagePayload }: NotaryBlobFlags): void {
  const others = { bundle, predicate, predicateType, imagePayload };
  const [given] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (given === undefined) return;
  const option = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new CliError('USAGE', `--${option} is for --format sigstore: a Notary signature of a file is one envelope`);
}
