import { forEachSideBySide, parseReference, RegistryError, type RegistryReference, type Source } from '@signet/oci';
import {
  isOpenTag,
  type OldCatalogue,
  type Operation,
  type Published,
  rebuild,
  type Unproven,
} from '@signet/signed-tags';
import { escapeForTerminal } from '@signet/verifier';
import { namesSignatures } from '../audit/walk.ts';
import { type Connection, connect } from '../connect.ts';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';
import { type OutputFlags, type OutputOptions, outputOptions } from '../options/output.ts';
import type { RegistryFlags } from '../options/registry.ts';
import { promptLine } from '../prompt.ts';
import type { Collection } from './collection.ts';
import { statementsOnImage } from './image-statements.ts';
import { readOldHeads, withShards } from './old-heads.ts';
import { whenText } from './when.ts';
import type { Writer, WriterFlags } from './writer.ts';

/** What `signet tags rebuild` is told. */
export interface RebuildFlags extends WriterFlags, RegistryFlags, OutputFlags {
  readonly key?: readonly string[];
  /** Repositories or layouts with older catalogues. */
  readonly from?: readonly string[];
  readonly images: boolean;
  readonly unproven?: 'keep' | 'drop';
}

/** What a catalogue was made anew from, and what came of it. */
export interface Rebuilt {
  readonly collection: Collection;
  readonly published: Published;
  readonly catalogues: number;
  /** Tags whose image bears a statement that counts. */
  readonly found: number;
}

interface Rebuilding {
  readonly flags: RebuildFlags;
  readonly io: Io;
  readonly output: OutputOptions;
  readonly connection: Connection;
}

/** @throws {TagsError}; {RegistryError}; {CliError} USAGE where nobody says what becomes of what proves nothing */
export async function rebuildCatalogue(
  text: string,
  { writer, flags, io }: { readonly writer: Writer; readonly flags: RebuildFlags; readonly io: Io },
): Promise<Rebuilt> {
  const output = outputOptions(flags, io);
  const collection = writer.collection(text);
  const connection = await connect(flags, io, output, { references: [text, ...(flags.from ?? [])] });
  const rebuilding: Rebuilding = { flags, io, output, connection };
  try {
    const store = await connection.open(collection.location);
    const { allowCold: _, afterMs: __, ...writing } = writer.options(collection, store);
    const catalogues = [...(await catalogueOfState(writer, collection)), ...(await cataloguesOf(store, rebuilding))];
    for (const place of flags.from ?? []) {
      const { tag: ___, digest: ____, ...reference } = parseReference(place);
      catalogues.push(...(await cataloguesOf(await connection.open(reference), rebuilding)));
    }
    const operations = flags.images ? await statementsOfTags(collection, rebuilding) : [];
    const published = await rebuild({
      ...writing,
      catalogues,
      operations,
      confirm: (unproven) => confirmed(unproven, rebuilding),
    });
    return { collection, published, catalogues: catalogues.length, found: operations.length };
  } finally {
    await connection.close();
  }
}

async function catalogueOfState(writer: Writer, collection: Collection): Promise<readonly OldCatalogue[]> {
  const newest = (await writer.place(collection).read())?.newest;
  return newest === undefined ? [] : [{ file: newest.file, shards: [...newest.shards.values()] }];
}

async function cataloguesOf(source: Source, { io, output }: Rebuilding): Promise<OldCatalogue[]> {
  const { heads, unread, isCut } = await readOldHeads(source, io.signal);
  for (const { tag, why } of unread) io.stderr.write(`not read: ${escapeForTerminal(`${tag}: ${why}`)}\n`);
  if (isCut && !output.quiet) io.stderr.write('only the newest kept catalogues were read\n');
  const catalogues: OldCatalogue[] = [];
  for (const head of heads) catalogues.push(await withShards(source, head, io.signal));
  return catalogues;
}

/** Images that are looked at at once. */
const sideBySide = 8;

/** What the images say themselves: for each tag of the registry the statements on what it names there. */
async function statementsOfTags(collection: Collection, { io, connection }: Rebuilding): Promise<readonly Operation[]> {
  const { repository } = collection;
  const source = await connection.open(repository);
  const tags: string[] = [];
  try {
    for await (const tag of source.tags({ signal: io.signal }))
      if (isOpenTag(tag) && !namesSignatures(tag)) tags.push(tag);
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'NOT_FOUND') throw error; // a repository without anything
  }
  const found = new Map<string, Operation>();
  await forEachSideBySide(tags, sideBySide, async (tag) => {
    const operation = await statedBy(source, { tag, repository, collection, signal: io.signal });
    if (operation !== undefined) found.set(tag, operation);
  });
  return tags.flatMap((tag) => found.get(tag) ?? []);
}

async function statedBy(
  source: Source,
  about: {
    readonly tag: string;
    readonly repository: RegistryReference;
    readonly collection: Collection;
    readonly signal: AbortSignal;
  },
): Promise<Operation | undefined> {
  const { tag, signal } = about;
  const { mediaType, digest, size } = (await source.resolve(tag, { signal })).descriptor;
  const counting = await statementsOnImage({ ...about, source, digest });
  const newest = new Map(counting.toSorted((a, b) => a.atMs - b.atMs).map((each) => [each.signer, each.statement]));
  if (newest.size === 0) return undefined;
  return { kind: 'sign', tag, digest, mediaType, size, statements: [...newest.values()].slice(0, 8) };
}

/** Nobody has signed what an old catalogue says of removals and revocations: a person decides. */
async function confirmed(unproven: Unproven, { flags, io }: Rebuilding): Promise<Unproven> {
  const { removed, revoked } = unproven;
  if (removed.size + revoked.size === 0) return unproven;
  const nowMs = Date.now();
  io.stderr.write('The older catalogues also say this, which proves nothing by itself:\n');
  for (const [tag, atMs] of removed) io.stderr.write(`  removed  ${tag}  ${whenText(atMs, nowMs)}\n`);
  for (const [digest, { atMs, reason }] of revoked)
    io.stderr.write(`  revoked  ${digest}  ${whenText(atMs, nowMs)}  ${escapeForTerminal(reason)}\n`);
  const answer = flags.unproven ?? (await promptLine('Take it over? (yes or no) ', io));
  if (answer === 'keep' || answer === 'yes') return unproven;
  if (answer === 'drop' || answer === 'no') return { removed: new Map(), revoked: new Map() };
  throw new CliError('USAGE', 'whether removals and revocations of older catalogues are taken over was not said', {
    hint: '--unproven keep, or --unproven drop',
  });
}
