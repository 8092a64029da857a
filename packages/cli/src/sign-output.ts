import { formatReference, type Reference } from '@signet/oci';
import { escapeForTerminal, toJsonText } from '@signet/verifier';
import { writeOutputFile } from './files.ts';
import type { Io } from './io.ts';
import { type OutputOptions, writeJson } from './options/output.ts';
import type { PreparedPayload, SignedImage } from './sign-reference.ts';
import { createStyle } from './style.ts';

/** What is shown of one reference that was signed, and where. */
export interface Showing {
  readonly reference: Reference;
  readonly format: string;
  /** The name that the signature holds. */
  readonly named: string | undefined;
  readonly io: Io;
  readonly output: OutputOptions;
}

/** One signature: of which image, under which name, stored where. */
export function showSigned({ subject, stored, isNew }: SignedImage, showing: Showing): void {
  const { reference, format, named, io, output } = showing;
  const pinned = formatReference({ ...reference, digest: subject });
  if (output.json) {
    writeJson(io, {
      reference: formatReference(reference),
      digest: subject,
      format,
      signature: stored.manifest,
      via: stored.via,
      new: isNew,
      ...(named === undefined ? {} : { signedReference: named }),
    });
    return;
  }
  const style = createStyle(output.color);
  const word = isNew ? style.good('signed') : style.doubt('signed before');
  const name = named === undefined ? 'no name: it holds for the digest alone' : named;
  io.stdout.write(`${word}  ${escapeForTerminal(pinned)}\n`);
  if (output.quiet) return;
  io.stdout.write(
    `  as         ${escapeForTerminal(name)}\n  signature  ${format} ${stored.manifest} (${places[stored.via]})\n`,
  );
}

const places: Readonly<Record<SignedImage['stored']['via'], string>> = {
  api: 'referrers API',
  tag: 'fallback tag',
  scan: 'image layout',
  sig: '.sig tag',
};

/** What would be signed; with `file` the bytes to be signed go there. @throws {CliError} FILE_EXISTS, FILE_UNWRITABLE */
export async function showPrepared(
  { subject, payload }: PreparedPayload,
  { reference, format, io, output }: Showing,
  to: { readonly file: string | undefined; readonly force: boolean },
): Promise<void> {
  const { file } = to;
  if (file !== undefined) await writeOutputFile(file, payload.toSign, { force: to.force });
  const document: unknown = JSON.parse(Buffer.from(payload.bytes).toString('utf8'));
  const common = { reference: formatReference(reference), digest: subject.digest, format };
  if (output.json) {
    writeJson(io, {
      ...common,
      payload: document,
      ...(file === undefined ? {} : { file: file }),
    });
    return;
  }
  const pinned = escapeForTerminal(formatReference({ ...reference, digest: subject.digest }));
  if (file === undefined) io.stdout.write(`would sign  ${pinned}\n${toJsonText(document)}\n`);
  else io.stdout.write(`to be signed  ${pinned}\n  ${escapeForTerminal(file)} (${payload.toSign.length} bytes)\n`);
}
