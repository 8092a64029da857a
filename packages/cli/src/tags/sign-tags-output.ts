import type { SignResult } from '@signet/core';
import { formatReference, type RegistryReference } from '@signet/oci';
import type { Entry, Published } from '@signet/signed-tags';
import { escapeForTerminal } from '@signet/verifier';
import type { Io } from '../io.ts';
import { type OutputOptions, writeJson } from '../options/output.ts';
import { showSigned } from '../sign-output.ts';
import { createStyle } from '../style.ts';
import { timeJson } from './catalogue-json.ts';
import type { Collection } from './collection.ts';
import { publishedJson, publishedText, remarkOn } from './published-output.ts';
import type { SignedForTag, WouldSign } from './sign-for-tag.ts';
import type { TagNow } from './tags-now.ts';
import type { Waited } from './wait-for-head.ts';
import { whenText } from './when.ts';

/** Where results go. */
interface Showing {
  readonly io: Io;
  readonly output: OutputOptions;
}

/** The signatures that lie on the image now, as `signet sign` shows them. */
export function showSignatures(
  reference: RegistryReference,
  results: readonly SignResult[],
  { io, output }: Showing,
): void {
  const { tag: _, ...untagged } = reference;
  for (const [at, result] of results.entries())
    showSigned(result, { reference: at === 0 ? reference : untagged, format: 'sigstore', io, output });
}

/** A tag that is the image already. */
export function showCurrent(reference: RegistryReference, { digest, atMs }: Entry, { io, output }: Showing): void {
  if (output.json) {
    const { tag: _, ...untagged } = reference;
    writeJson(io, {
      reference: formatReference(untagged),
      tag: reference.tag,
      digest,
      outcome: 'current',
      at: timeJson(atMs),
    });
    return;
  }
  const style = createStyle(output.color);
  io.stdout.write(`${style.good('published before')}  ${pinned(reference, digest)}\n`);
  if (output.quiet) return;
  io.stdout.write(`  since      ${whenText(atMs, Date.now())}; --again signs it anew\n`);
}

/** What became of the catalogue. */
export function showPublished(published: Published, collection: Collection, { io, output }: Showing): void {
  remarkOn(published, { io, output });
  if (output.json) writeJson(io, publishedJson(published, collection));
  else if (!output.quiet)
    io.stdout.write(publishedText(published, collection, { style: createStyle(output.color), nowMs: Date.now() }));
}

/** What was recorded, and where it was waited for, whether it is published. */
export function showStaged(
  { journal, waited }: { readonly journal: readonly string[]; readonly waited: Waited | undefined },
  {
    collection,
    signed,
    io,
    output,
  }: Showing & {
    readonly collection: Collection;
    readonly signed: readonly Extract<SignedForTag, { kind: 'signed' }>[];
  },
): void {
  const isPublished = waited?.isThere === true;
  if (output.json) {
    writeJson(io, {
      version: 1,
      collection: collection.name,
      outcome: isPublished ? 'published' : 'recorded',
      operations: signed.map(({ operation: { kind, tag, digest } }) => ({ kind, tag, digest })),
      journal,
      ...(isPublished ? { catalogue: { issued: timeJson(waited.issuedMs) } } : {}),
    });
    return;
  }
  if (output.quiet) return;
  const style = createStyle(output.color);
  const word = isPublished ? style.good('published') : style.doubt('recorded, not yet published');
  io.stdout.write(`${word}  ${escapeForTerminal(collection.name)}\n`);
  for (const ulid of journal) io.stdout.write(`  journal    ${ulid}\n`);
}

/** What would be done. */
export function showWouldSign(
  { outcome, digest }: WouldSign,
  { reference, now, io, output }: Showing & { readonly reference: RegistryReference; readonly now: TagNow },
): void {
  const { item } = now;
  const before = item.kind === 'entry' ? item.entry.digest : undefined;
  if (output.json) {
    writeJson(io, {
      reference: formatReference(reference),
      digest,
      outcome: 'dry-run',
      would: outcome,
      ...(before === undefined ? {} : { now: before }),
    });
    return;
  }
  const now_ = before === undefined ? 'nothing' : before;
  io.stdout.write(`${wouldWords[outcome]}  ${pinned(reference, digest)}\n  now        ${now_}\n`);
}

const wouldWords: Readonly<Record<WouldSign['outcome'], string>> = {
  sign: 'would sign',
  nothing: 'would do nothing',
  held: 'would sign only with a key that has not yet (--key tells)',
};

function pinned(reference: RegistryReference, digest: Entry['digest']): string {
  return escapeForTerminal(formatReference({ ...reference, digest }));
}
