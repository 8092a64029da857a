import {
  type CopyEvent,
  type CopyResult,
  copy,
  formatReference,
  parseReference,
  type Reference,
  RegistryError,
  type Resolved,
  type Source,
  type Store,
} from '@signet/oci';
import { escapeForTerminal } from '@signet/verifier';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { type Connection, connect } from '../connect.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags, type OutputOptions, outputOptions, writeJson } from '../options/output.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';
import { createProgress, type Progress } from '../progress.ts';
import { createStyle } from '../style.ts';

interface CopyFlags extends RegistryFlags, OutputFlags {
  readonly referrers: boolean;
  readonly allowReplacedSignatures?: boolean;
}

/** `signet copy` */
export function define(command: Command, context: Context): void {
  command
    .argument('<source>', 'image (oci:FOLDER:TAG for a layout on disk)')
    .argument('<destination>', 'where to; without a tag, the tag of the source; a layout is made where there is none')
    .option('--no-referrers', 'the image alone, without signatures and what else refers to it')
    .option(
      '--allow-replaced-signatures',
      "overwrite cosign's .sig tag at the destination although it holds signatures that the source has not",
    );
  addNotes(
    command,
    'Bytes stay as they are, so digests and signatures do too. What is there already is not sent again. The catalogue of signed tags\n(REPOSITORY:signet-tags) comes last, and never over a newer one: exit code 1.\n\nExamples:\n  signet copy registry.example.com/app:1.0 mirror.example.com/app:1.0\n  signet copy registry.example.com/app:1.0 oci:./image',
  );
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<CopyFlags>(command, context, ([from = '', to = ''], flags, io) => run(from, to, { flags, io }));
}

async function run(
  from: string,
  to: string,
  { flags, io }: { readonly flags: CopyFlags; readonly io: Io },
): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const source = parseReference(from);
  const destination = withTag(parseReference(to), source);
  const connection = await connect(flags, io, output, { references: [from, to] });
  const progress = createProgress(io, output);
  try {
    const result = await copyBetween(source, destination, { flags, io, connection, progress });
    progress.clear();
    show(result, { source, destination, io, output });
    return EXIT.ok;
  } finally {
    progress.clear();
    await connection.close();
  }
}

/** `copy a:1.0 b` means `b:1.0`. */
function withTag(destination: Reference, source: Reference): Reference {
  if (destination.tag !== undefined || destination.digest !== undefined) return destination;
  const tag = source.tag ?? (source.digest === undefined ? 'latest' : undefined);
  return tag === undefined ? destination : { ...destination, tag };
}

/** By what both ends say themselves: a copy knows no policy. @throws as {@link carryCatalogue} */
async function copyCatalogue(
  { from, to, root }: { readonly from: Source; readonly to: Store; readonly root: Resolved },
  { source, destination }: { readonly source: Reference; readonly destination: Reference },
  { io, flags, progress }: Ways,
): Promise<CopyResult> {
  const { carryCatalogue } = await import('@signet/signed-tags');
  const mountFrom = mountableFrom(source, destination);
  const { copied, outcome } = await carryCatalogue({
    // What was resolved, whatever its tag names by now.
    from: { ...from, resolve: async (name, options) => (name === catalogueTag ? root : from.resolve(name, options)) },
    to,
    now: () => Date.now(),
    signal: io.signal,
    copying: {
      onProgress: (event) => tell(event, progress),
      ...(flags.concurrency === undefined ? {} : { concurrency: flags.concurrency }),
      ...(mountFrom === undefined ? {} : { mountFrom }),
    },
  });
  if (copied === undefined) throw new TypeError('nothing was copied');
  return { ...copied, tags: outcome === 'carried' ? [catalogueTag] : [] };
}

/** Where the catalogue of signed tags lies. Named here, as @signet/signed-tags is not loaded for other copies. */
const catalogueTag = 'signet-tags';

interface Ways {
  readonly flags: CopyFlags;
  readonly io: Io;
  readonly connection: Connection;
  readonly progress: Progress;
}

async function copyBetween(source: Reference, destination: Reference, ways: Ways): Promise<CopyResult> {
  const { flags, io, connection, progress } = ways;
  const from = await connection.open(source);
  const root = await from.resolve(source.digest ?? source.tag ?? 'latest', { signal: io.signal });
  if (destination.digest !== undefined && destination.digest !== root.descriptor.digest) {
    const message = `the source is ${root.descriptor.digest}, which ${formatReference(destination)} cannot name`;
    throw new RegistryError('REFERENCE_INVALID', message);
  }
  const to = await connection.open(destination, { create: true });
  if (destination.tag === catalogueTag) return await copyCatalogue({ from, to, root }, { source, destination }, ways);
  return copy(from, to, root, {
    referrers: flags.referrers,
    allowReplacedSignatures: flags.allowReplacedSignatures === true,
    signal: io.signal,
    onProgress: (event) => tell(event, progress),
    ...(destination.tag === undefined ? {} : { tag: destination.tag }),
    ...(flags.concurrency === undefined ? {} : { concurrency: flags.concurrency }),
    ...(mountableFrom(source, destination) === undefined
      ? {}
      : { mountFrom: mountableFrom(source, destination) ?? '' }),
  });
}

/** The source's repository, where both are of one registry. */
function mountableFrom(source: Reference, destination: Reference): string | undefined {
  if (source.kind !== 'registry' || destination.kind !== 'registry') return undefined;
  return source.registry === destination.registry && source.repository !== destination.repository
    ? source.repository
    : undefined;
}

function tell(event: CopyEvent, progress: Progress): void {
  const { digest, size } = event.descriptor;
  if (event.kind === 'started') progress.update(`copying ${digest.slice(0, 19)} (${size} bytes)`);
  else if (event.kind === 'ignored') progress.note(`left out ${digest}: ${event.reason}`);
  else if (event.kind === 'tagged' || event.kind === 'kept-tag') progress.note(`${event.kind} ${event.tag} ${digest}`);
  else progress.note(`${event.kind} ${digest} (${size} bytes)`);
}

function show(
  result: CopyResult,
  about: {
    readonly source: Reference;
    readonly destination: Reference;
    readonly io: Io;
    readonly output: OutputOptions;
  },
): void {
  const { io, output } = about;
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
