import { type CopyResult, formatReference, type Reference } from '@signet/oci';
import { escapeForTerminal } from '@signet/verifier';
import type { Io } from '../io.ts';
import { type OutputOptions, writeJson } from '../options/output.ts';
import { createStyle } from '../style.ts';

/** What was copied, from where and to where. */
export interface CopiedImage {
  readonly source: Reference;
  readonly destination: Reference;
  readonly result: CopyResult;
}

/** Says what a copy did: a line for people with the counts, or one of JSON. */
export function showCopied(
  { result, ...about }: CopiedImage,
  { io, output }: { readonly io: Io; readonly output: OutputOptions },
): void {
  const { root, copied, skipped, mounted, bytes, referrers, ignored, tags } = result;
  const [source, destination] = [formatReference(about.source), formatReference(about.destination)];
  if (output.json) {
    const { digest, mediaType } = root;
    writeJson(io, {
      source,
      destination,
      digest,
      mediaType,
      copied,
      skipped,
      mounted,
      bytes,
      referrers,
      ignored,
      tags,
    });
    return;
  }
  const pinned = destination.endsWith(`@${root.digest}`) ? destination : `${destination}@${root.digest}`;
  const counts = [`${copied} copied (${bytes} bytes)`, `${skipped} there already`];
  if (mounted > 0) counts.push(`${mounted} mounted`);
  if (referrers > 0) counts.push(`${referrers} refer to it`);
  if (ignored > 0) counts.push(`${ignored} listed but left out (--verbose says which)`);
  const style = createStyle(output.color);
  io.stdout.write(`${style.good('copied')}  ${escapeForTerminal(pinned)}\n`);
  if (!output.quiet) io.stdout.write(`  ${counts.join(', ')}\n`);
}
