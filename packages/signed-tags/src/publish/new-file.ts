import { type Descriptor, type Digest, digestOf } from '@signet/oci';
import { ageContent } from '../catalogue/age.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Content, Entry, TagState } from '../catalogue/content.ts';
import { encodeCatalogue, encodeShard } from '../catalogue/encode.ts';
import { maxFileBytes, maxStatements } from '../catalogue/limits.ts';
import { mergeContent } from '../catalogue/merge.ts';
import { chooseBits, reshard } from '../catalogue/sharding.ts';
import { TagsError } from '../errors.ts';
import { describeShard } from '../head/encode-head.ts';
import { type Base, indexOf } from './base.ts';
import type { Judge } from './judge.ts';
import type { Work } from './work.ts';

/** A catalogue that is to be signed. */
export interface NewFile {
  readonly file: Uint8Array;
  readonly catalogue: Catalogue;
  /** All of them, by index. */
  readonly shards: readonly Descriptor[];
  /** Bytes of those that the base has not. */
  readonly newShards: readonly Uint8Array[];
}

/** The times of a new file, milliseconds since 1970 UTC. */
export interface Times {
  readonly issuedMs: number;
  readonly expiresMs: number;
}

/** What a file holds, whenever it is issued. */
export interface Draft {
  encode(times: Times): NewFile;
}

/**
 * The base with all work merged in. Only shards that the work touches are written anew, unless their number changes.
 * @throws {RegistryError} what the store throws; {TagsError} CATALOGUE_TOO_LARGE
 */
export async function draftOf(
  base: Base,
  work: Work,
  { collection, judge, nowMs }: { readonly collection: string; readonly judge: Judge; readonly nowMs: number },
): Promise<Draft> {
  const changed = await mergedParts(base, work, { judge, nowMs });
  const tagged = await tagsOf(base, changed, { collection, revoked: work.revoked });
  const prev = base.signers === undefined ? undefined : base.head?.fileDigest;
  return {
    encode(times) {
      const catalogue: Catalogue = {
        collection,
        ...times,
        ...(prev === undefined ? {} : { prev }),
        revoked: work.revoked,
        tags: tagged.tags,
      };
      const file = checkedSize(encodeCatalogue(catalogue), 'the catalogue');
      return { file, catalogue, shards: tagged.shards, newShards: tagged.newShards };
    },
  };
}

/** Those that the work touches; of a whole file the one that there is. */
async function mergedParts(
  base: Base,
  { wanted, floors }: Work,
  { judge, nowMs }: { readonly judge: Judge; readonly nowMs: number },
): Promise<ReadonlyMap<number, Content>> {
  const touched = new Set([...wanted.tags.keys()].map((tag) => indexOf(tag, base.bits)));
  for (const { index } of floors) touched.add(index);
  if (base.bits === 0) touched.add(0);
  const parts = new Map<number, Content>();
  for (const index of touched) {
    const part = await base.part(index);
    const own = new Map([...wanted.tags].filter(([tag]) => indexOf(tag, base.bits) === index));
    const floorMs = Math.max(0, ...floors.filter((floor) => floor.index === index).map((floor) => floor.floorMs));
    // A floor that comes from elsewhere says nothing of tags that are held.
    const merged = mergeContent(part, { floorMs: 0, tags: own });
    const raised = { ...merged, floorMs: Math.max(merged.floorMs, floorMs) };
    parts.set(index, await withinLimits(ageContent(raised, nowMs), judge));
  }
  return parts;
}

/** Merging unites statements without end: of too many those stay that count. */
async function withinLimits({ floorMs, tags }: Content, judge: Judge): Promise<Content> {
  const states = new Map<string, TagState>();
  for (const [tag, state] of tags) {
    const entries: Entry[] = [];
    for (const entry of state.entries) entries.push(await trimmed(tag, entry, judge));
    states.set(tag, { ...state, entries });
  }
  return { floorMs, tags: states };
}

async function trimmed(tag: string, entry: Entry, judge: Judge): Promise<Entry> {
  if (entry.statements.length <= maxStatements) return entry;
  const counting = await judge.entryOf(tag, entry);
  const statements = counting?.atMs === entry.atMs ? counting.statements : entry.statements.slice(0, maxStatements);
  return { ...entry, statements };
}

interface Tagged {
  readonly tags: Catalogue['tags'];
  readonly shards: readonly Descriptor[];
  readonly newShards: readonly Uint8Array[];
}

async function tagsOf(
  base: Base,
  changed: ReadonlyMap<number, Content>,
  about: Pick<Catalogue, 'collection' | 'revoked'>,
): Promise<Tagged> {
  const count = 2 ** base.bits;
  const sizes = Array.from({ length: count }, (_, index) => {
    const content = changed.get(index);
    return content === undefined ? base.sizeOf(index) : sizeOf(content, about.collection);
  });
  const tagBytes = sizes.reduce((sum, size) => sum + size, 0);
  const fixedBytes = sizeOfFile(about);
  const bits = chooseBits(tagBytes, tagBytes + fixedBytes, base.bits);
  if (bits === base.bits && bits > 0) return sharded(base, changed, about.collection);
  const all: Content[] = [];
  for (let index = 0; index < count; index += 1) all.push(changed.get(index) ?? (await base.part(index)));
  const parts = reshard(all, bits);
  const [content] = parts;
  if (bits === 0 && content !== undefined) return { tags: { kind: 'whole', content }, shards: [], newShards: [] };
  const contents = new Map(parts.map((part, index) => [index, part]));
  return sharded({ bits, sizeOf: () => 0 }, contents, about.collection);
}

function sharded(
  base: Pick<Base, 'bits' | 'catalogue' | 'sizeOf'>,
  changed: ReadonlyMap<number, Content>,
  collection: string,
): Tagged {
  const { bits, catalogue } = base;
  const before: readonly Digest[] = catalogue?.tags.kind === 'sharded' ? catalogue.tags.digests : [];
  const newShards: Uint8Array[] = [];
  const shards = Array.from({ length: 2 ** bits }, (_, index): Descriptor => {
    const content = changed.get(index);
    const known = before[index];
    if (content === undefined && known !== undefined)
      return { ...describeShard(new Uint8Array()), digest: known, size: base.sizeOf(index) };
    const shard = { collection, bits, index, content: content ?? { floorMs: 0, tags: new Map() } };
    const bytes = checkedSize(encodeShard(shard), `the shard ${index}`);
    if (digestOf(bytes) !== known) newShards.push(bytes);
    return describeShard(bytes);
  });
  return { tags: { kind: 'sharded', bits, digests: shards.map(({ digest }) => digest) }, shards, newShards };
}

function sizeOf(content: Content, collection: string): number {
  return encodeShard({ collection, bits: 1, index: 0, content }).length;
}

/** Of a file without tags. */
function sizeOfFile({ collection, revoked }: Pick<Catalogue, 'collection' | 'revoked'>): number {
  const tags = { kind: 'whole', content: { floorMs: 0, tags: new Map() } } as const;
  return encodeCatalogue({ collection, issuedMs: 1, expiresMs: 2, revoked, tags }).length;
}

function checkedSize(bytes: Uint8Array, what: string): Uint8Array {
  if (bytes.length <= maxFileBytes) return bytes;
  throw new TagsError(
    'CATALOGUE_TOO_LARGE',
    `${what} would have ${bytes.length} bytes: at most ${maxFileBytes} are read`,
  );
}
