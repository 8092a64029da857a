import type { SignedFacts, SignResult, StoredFacts } from '@signet/core';
import { formatReference, type Reference } from '@signet/oci';
import { escapeForTerminal, toJsonText } from '@signet/verifier';
import { writeOutputFile } from './files.ts';
import type { Io } from './io.ts';
import { type OutputOptions, writeJson } from './options/output.ts';
import { createStyle } from './style.ts';

/** The reference that was signed, and where that is shown. */
export interface Showing {
  readonly reference: Reference;
  readonly format: string;
  readonly io: Io;
  readonly output: OutputOptions;
}

/** One signature: of which manifest, under which name, stored where. */
export function showSigned(result: SignResult, showing: Showing): void {
  if (result.outcome === 'dry-run') return;
  const { io, output, format } = showing;
  const { outcome, signatureManifest, stored } = result;
  if (output.json) {
    writeJson(io, { ...facts(result, showing), outcome, signature: signatureManifest, stored });
    return;
  }
  const style = createStyle(output.color);
  const word = outcome === 'new' ? style.good('signed') : style.doubt('signed before');
  const name = result.signedReference ?? 'no name: it holds for the digest alone';
  io.stdout.write(`${word}  ${pinned(showing.reference, result)}\n`);
  if (output.quiet) return;
  const place = `${format} ${signatureManifest} (${places[stored]})`;
  io.stdout.write(`  as         ${escapeForTerminal(name)}\n  signature  ${place}\n`);
}

const places: Readonly<Record<StoredFacts['stored'], string>> = {
  api: 'referrers API',
  tag: 'fallback tag',
  scan: 'image layout',
  sig: '.sig tag',
};

/** What would be signed; with `file` the bytes to be signed go there. @throws {CliError} FILE_EXISTS, FILE_UNWRITABLE */
export async function showPlanned(
  planned: SignedFacts,
  showing: Showing,
  { file, force }: { readonly file: string | undefined; readonly force: boolean },
): Promise<void> {
  const { io, output } = showing;
  const { bytes, toSign } = planned.payload;
  if (file !== undefined) await writeOutputFile(file, toSign, { force });
  const payload: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  const to = file === undefined ? {} : { file };
  if (output.json) writeJson(io, { ...facts(planned, showing), outcome: 'dry-run', payload, ...to });
  else if (file === undefined)
    io.stdout.write(`would sign  ${pinned(showing.reference, planned)}\n${toJsonText(payload)}\n`);
  else
    io.stdout.write(
      `to be signed  ${pinned(showing.reference, planned)}\n  ${escapeForTerminal(file)} (${toSign.length} bytes)\n`,
    );
}

function facts({ digest, mediaType, signedReference }: SignedFacts, { reference, format }: Showing): object {
  return {
    reference: formatReference(reference),
    digest,
    mediaType,
    format,
    ...(signedReference === undefined ? {} : { signedReference }),
  };
}

function pinned(reference: Reference, { digest }: SignedFacts): string {
  return escapeForTerminal(formatReference({ ...reference, digest }));
}
