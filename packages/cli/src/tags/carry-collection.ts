import {
  copy,
  createMemoryStore,
  type Digest,
  forEachSideBySide,
  RegistryError,
  type Source,
  type Store,
} from '@signet/oci';
import { type Carried, type Content, carryCatalogue, itemOf, judgeEntry } from '@signet/signed-tags';
import { connect } from '../connect.ts';
import { isThere } from '../files.ts';
import type { Io } from '../io.ts';
import type { OutputFlags } from '../options/output.ts';
import { outputOptions } from '../options/output.ts';
import type { RegistryFlags } from '../options/registry.ts';
import { type Collection, readCollection } from './collection.ts';
import type { CollectionFlags } from './flags.ts';
import { type StateFlags, stateFolder } from './state-folder.ts';
import { placeWithin } from './state-place.ts';
import { authorityOf } from './writer.ts';

/** Options of `signet tags export` and `import`. */
export interface CarryFlags extends CollectionFlags, RegistryFlags, OutputFlags, StateFlags {
  readonly dryRun?: boolean;
  readonly images?: boolean;
  readonly ignoreDate?: boolean;
}

/** What was carried. */
export interface CarriedCollection extends Carried {
  readonly collection: Collection;
  /** Images that were copied, or would be: what tags of the catalogue are now. */
  readonly images: readonly Digest[];
  /** Of those, what is not there to be copied. */
  readonly missing: readonly Digest[];
  /** Tags that do not meet their rule by the policy of today: they are carried, and stay denied. */
  readonly unproven: readonly string[];
}

/** Images that are copied at the same time. */
const sideBySide = 4;

/** Takes the catalogue of a repository, and with `--images` what its tags are, into a layout on disk. @throws as {@link carryCatalogue}; {CliError} */
export async function exportCollection(
  text: string,
  folder: string,
  { flags, io }: { readonly flags: CarryFlags; readonly io: Io },
): Promise<CarriedCollection> {
  return await carryCollection(text, folder, { flags, io, isExport: true });
}

/** Brings one in again, with the images that are in the layout. @throws as {@link carryCatalogue}; {CliError} */
export async function importCollection(
  folder: string,
  text: string,
  { flags, io }: { readonly flags: CarryFlags; readonly io: Io },
): Promise<CarriedCollection> {
  return await carryCollection(text, folder, { flags, io, isExport: false });
}

async function carryCollection(
  text: string,
  folder: string,
  { flags, io, isExport }: { readonly flags: CarryFlags; readonly io: Io; readonly isExport: boolean },
): Promise<CarriedCollection> {
  const output = outputOptions(flags, io);
  const collection = await readCollection(text, flags, io);
  if (collection.assumed !== undefined && !output.quiet) io.stderr.write(`${collection.assumed}\n`);
  const connection = await connect(flags, io, output, { references: [text] });
  try {
    const path = folder.startsWith('oci:') ? folder.slice('oci:'.length) : folder;
    const isNew = isExport && flags.dryRun === true && !(await isThere(path));
    const layout = isNew ? createMemoryStore() : await connection.open({ kind: 'layout', path }, { create: isExport });
    const registry = await connection.open(collection.location);
    const images = await connection.open(collection.repository);
    const [from, to] = isExport ? [registry, layout] : [layout, registry];
    const ignoreDate = flags.ignoreDate === true;
    const authority = authorityOf(collection);
    const question = { from, to, authority, now: () => Date.now(), signal: io.signal, ignoreDate };
    const state = placeWithin(collection, stateFolder(flags, io));
    // First asked what would be done: images go before the catalogue that names them.
    const planned = await carryCatalogue({ ...question, state, isDry: true });
    const ends: readonly [Source, Store] = isExport ? [images, layout] : [layout, images];
    const wanted = isExport && flags.images !== true ? [] : currentOf(planned.content);
    const copied = await copyImages(wanted, ends, { isDry: flags.dryRun === true, isExport, io });
    const carried = flags.dryRun === true ? planned : await carryCatalogue({ ...question, state });
    return { ...carried, collection, ...copied, unproven: await unprovenOf(planned.content, collection) };
  } finally {
    await connection.close();
  }
}

/** What each tag is now. */
function currentOf(content: Content): readonly (readonly [tag: string, digest: Digest])[] {
  return [...content.tags.keys()].flatMap((tag) => {
    const item = itemOf(content, tag);
    return item.kind === 'entry' ? [[tag, item.entry.digest] as const] : [];
  });
}

/** With their signatures, each under its tag. An export wants all; a layout need not hold any. */
async function copyImages(
  wanted: readonly (readonly [tag: string, digest: Digest])[],
  [from, to]: readonly [Source, Store],
  { isDry, isExport, io }: { readonly isDry: boolean; readonly isExport: boolean; readonly io: Io },
): Promise<Pick<CarriedCollection, 'images' | 'missing'>> {
  const [images, missing]: [Digest[], Digest[]] = [[], []];
  await forEachSideBySide(wanted, sideBySide, async ([tag, digest]) => {
    try {
      const root = await from.resolve(digest, { signal: io.signal });
      if (!isDry) await copy(from, to, root, { tag, signal: io.signal });
      images.push(digest);
    } catch (error) {
      if (!(error instanceof RegistryError) || error.code !== 'NOT_FOUND') throw error;
      missing.push(digest);
    }
  });
  if (isExport && missing.length > 0 && !isDry)
    throw new RegistryError(
      'NOT_FOUND',
      `${missing.length} images of the catalogue are not in the repository (without --images it is exported alone): ${missing.slice(0, 3).join(', ')}`,
    );
  return { images, missing };
}

async function unprovenOf(content: Content, { name, rulingOfTag }: Collection): Promise<readonly string[]> {
  const unproven: string[] = [];
  for (const tag of content.tags.keys()) {
    const item = itemOf(content, tag);
    if (item.kind !== 'entry') continue;
    const { verdict } = await judgeEntry(item.entry, { collection: name, tag, ruling: rulingOfTag(tag) });
    if (verdict !== 'verified') unproven.push(tag);
  }
  return unproven;
}
