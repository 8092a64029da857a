import {
  forEachSideBySide,
  formatReference,
  parseReference,
  RegistryError,
  type RegistryReference,
  type Source,
  type Store,
} from '@signet/oci';
import {
  type Gathered,
  gatherOld,
  isOpenTag,
  type OldCatalogue,
  type Operation,
  type Published,
  rebuild,
  type StatePlace,
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
import { authorityOf, type Writer, type WriterFlags } from './writer.ts';

/** What `signet tags rebuild` is told. */
export interface RebuildFlags extends WriterFlags, RegistryFlags, OutputFlags {
  readonly key?: readonly string[];
  /** Repositories or layouts with older catalogues. */
  readonly from?: readonly string[];
  readonly images: boolean;
  readonly unproven?: 'keep' | 'drop';
  readonly dryRun?: boolean;
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

/** What a catalogue would be made from: nothing is written. */
export interface RebuildDraft extends Gathered {
  readonly collection: Collection;
  readonly catalogues: number;
  /** Statements on images. */
  readonly operations: readonly Operation[];
}

/** @throws {TagsError}; {RegistryError}; {CliError} USAGE where nobody says what becomes of what proves nothing */
export async function rebuildCatalogue(
  text: string,
  { writer, flags, io }: { readonly writer: Writer; readonly flags: RebuildFlags; readonly io: Io },
): Promise<Rebuilt> {
  const collection = writer.collection(text);
  return await withMaterial({ collection, place: writer.place(collection) }, { flags, io }, async (material) => {
    const { store, catalogues, operations, rebuilding } = material;
    const { allowCold: _, afterMs: __, ...writing } = writer.options(collection, store);
    const published = await rebuild({
      ...writing,
      catalogues,
      operations,
      confirm: (unproven) => confirmed(unproven, rebuilding),
    });
    return { collection, published, catalogues: catalogues.length, found: operations.length };
  });
}

/** What there is to make it from; no key is needed. @throws {TagsError}; {RegistryError}; {CliError} */
export async function draftRebuild(
  from: { readonly collection: Collection; readonly place: StatePlace },
  using: { readonly flags: RebuildFlags; readonly io: Io },
): Promise<RebuildDraft> {
  const { collection } = from;
  return await withMaterial(from, using, async ({ catalogues, operations }) => {
    const gathered = await gatherOld({ catalogues, authority: authorityOf(collection), now: () => Date.now() });
    return { ...gathered, collection, catalogues: catalogues.length, operations };
  });
}

interface Material {
  readonly store: Store;
  readonly catalogues: readonly OldCatalogue[];
  readonly operations: readonly Operation[];
  readonly rebuilding: Rebuilding;
}

/** Reads what a catalogue can be made from. */
async function withMaterial<T>(
  { collection, place }: { readonly collection: Collection; readonly place: StatePlace },
  { flags, io }: { readonly flags: RebuildFlags; readonly io: Io },
  work: (material: Material) => Promise<T>,
): Promise<T> {
  const output = outputOptions(flags, io);
  const references = [formatReference(collection.repository), ...(flags.from ?? [])];
  const connection = await connect(flags, io, output, { references });
  const rebuilding: Rebuilding = { flags, io, output, connection };
  try {
    const store = await connection.open(collection.location);
    const catalogues = [...(await catalogueOfState(place)), ...(await cataloguesOf(store, rebuilding))];
    for (const from of flags.from ?? []) {
      const { tag: _, digest: __, ...reference } = parseReference(from);
      catalogues.push(...(await cataloguesOf(await connection.open(reference), rebuilding)));
    }
    const operations = flags.images ? await statementsOfTags(collection, rebuilding) : [];
    return await work({ store, catalogues, operations, rebuilding });
  } finally {
    await connection.close();
  }
}

async function catalogueOfState(place: StatePlace): Promise<readonly OldCatalogue[]> {
  const newest = (await place.read())?.newest;
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
  const { removed, revoked, floors } = unproven;
  if (removed.size + revoked.size + floors.length === 0) return unproven;
  const nowMs = Date.now();
  io.stderr.write('The older catalogues also say this, which proves nothing by itself:\n');
  for (const [tag, atMs] of removed) io.stderr.write(`  removed  ${tag}  ${whenText(atMs, nowMs)}\n`);
  for (const [digest, { atMs, reason }] of revoked)
    io.stderr.write(`  revoked  ${digest}  ${whenText(atMs, nowMs)}  ${escapeForTerminal(reason)}\n`);
  const forgottenMs = forgottenUntil(unproven);
  if (forgottenMs > 0) io.stderr.write(`  removed  ${forgottenText(forgottenMs, nowMs)}\n`);
  const answer = flags.unproven ?? (await promptLine('Take it over? (yes or no) ', io));
  if (answer === 'keep' || answer === 'yes') return unproven;
  if (answer === 'drop' || answer === 'no') return { removed: new Map(), revoked: new Map(), floors: [] };
  throw new CliError('USAGE', 'whether removals and revocations of older catalogues are taken over was not said', {
    hint: '--unproven keep, or --unproven drop',
  });
}

/** The latest of the removals that older catalogues do not tell by their tags any more, milliseconds since 1970 UTC; 0 for none. */
export function forgottenUntil({ floors }: Pick<Unproven, 'floors'>): number {
  return floors.reduce((most, { floorMs }) => Math.max(most, floorMs), 0);
}

/** What they mean for tags that are found elsewhere. */
export function forgottenText(untilMs: number, nowMs: number): string {
  return `tags that they do not hold, where nothing was signed after ${whenText(untilMs, nowMs)}`;
}
