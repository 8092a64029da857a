import { type Digest, unlessMissing } from '@signet/oci';
import { isBadContent } from '../bad-content.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Content } from '../catalogue/content.ts';
import { withoutFuture } from '../catalogue/future.ts';
import { fileAheadMs } from '../catalogue/limits.ts';
import { shardOf } from '../catalogue/shards.ts';
import { TagsError } from '../errors.ts';
import { HEAD_TAG, type Head, readHead } from '../head/head.ts';
import { readShard, shardContent } from '../head/shards.ts';
import { judgeFile } from '../head/trusted-file.ts';
import type { Patience } from '../head/until-there.ts';
import type { WriterOptions } from './options.ts';
import type { Recollection } from './recollection.ts';

/** A time by both clocks: one that never jumps, and one that goes on while the machine is suspended. */
export interface Moment {
  readonly clockMs: number;
  readonly wallMs: number;
}

/** What a round starts from: the head, or in its place what the writer remembers. */
export interface Base {
  /** When the head was asked for. */
  readonly readAt: Moment;
  readonly head?: Head;
  /** What the tag of the head has to name still when it is written; null: nothing. Absent where what lies there cannot be read. */
  readonly expected?: Digest | null;
  /** Why the head counts for nothing, where it does. */
  readonly refusal?: string;
  /** The file of the head, or the newest that is remembered. */
  readonly catalogue?: Catalogue;
  /** Whether `catalogue` is that of the head. */
  readonly isHeads: boolean;
  readonly bits: number;
  /** What a shard holds (0: of a whole file), without what is from the future. @throws {TagsError} HEAD_MALFORMED, HEAD_MISSING, CATALOGUE_MALFORMED */
  part(index: number): Promise<Content>;
  /** The parts that were read so far, by index. */
  readonly read: ReadonlyMap<number, Content>;
  /** Bytes of a shard, as the head says. */
  sizeOf(index: number): number;
}

/** What is asked of a base. */
export interface BaseQuestion extends Pick<WriterOptions, 'store' | 'authority' | 'now'>, Patience {
  readonly known?: Head;
  readonly isExpected: boolean;
  readonly recollection: Recollection;
  /** Bytes of shards that were read before, by digest; those that are read join them. */
  readonly shards: Map<Digest, Uint8Array>;
}

/** Reads the head and judges it as any client does. @throws {RegistryError} what the store throws */
export async function readBase(question: BaseQuestion): Promise<Base> {
  const { pace, now, recollection } = question;
  const readAt = { clockMs: pace.clock(), wallMs: now() };
  const found = await judgedHead(question);
  const catalogue = found.catalogue ?? recollection.newest;
  const { shards = [] } = found.head ?? {};
  const read = new Map<number, Content>();
  return {
    readAt,
    ...found,
    ...(catalogue === undefined ? {} : { catalogue }),
    isHeads: found.catalogue !== undefined,
    bits: catalogue?.tags.kind === 'sharded' ? catalogue.tags.bits : 0,
    read,
    part: partReader(catalogue, { head: found.catalogue === undefined ? undefined : found.head, question, read }),
    sizeOf: (index) => shards[index]?.size ?? sizeIn(question.shards, catalogue, index),
  };
}

/** The shard that holds a tag; 0 where the file is whole. */
export function indexOf(tag: string, bits: number): number {
  return bits === 0 ? 0 : shardOf(tag, bits);
}

type Found = Pick<Base, 'head' | 'expected' | 'refusal'> & { readonly catalogue?: Catalogue };

async function judgedHead(question: BaseQuestion): Promise<Found> {
  const { store, authority, now } = question;
  let head: Head | undefined;
  try {
    head = await readHead(store, question);
  } catch (error) {
    if (!(error instanceof TagsError) && !isBadContent(error)) throw error;
    return { ...(await namedBy(question)), refusal: error.message };
  }
  if (head === undefined) return { expected: null };
  const found = { head, expected: head.resolved.descriptor.digest };
  const judged = await judgeFile(head, authority);
  if (judged.kind === 'refused') return { ...found, refusal: judged.message };
  const { catalogue } = judged;
  if (catalogue.issuedMs <= now() + fileAheadMs) return { ...found, catalogue };
  return { ...found, refusal: 'the catalogue says that it is from the future' };
}

/** Of a head that is junk the digest at least. */
async function namedBy({ store, signal }: BaseQuestion): Promise<Pick<Found, 'expected'>> {
  try {
    const resolved = await unlessMissing(store.resolve(HEAD_TAG, signal === undefined ? {} : { signal }));
    return { expected: resolved?.descriptor.digest ?? null };
  } catch (error) {
    if (isBadContent(error)) return {};
    throw error;
  }
}

function partReader(
  catalogue: Catalogue | undefined,
  from: { readonly head: Head | undefined; readonly question: BaseQuestion; readonly read: Map<number, Content> },
): (index: number) => Promise<Content> {
  return async (index) => {
    const known = from.read.get(index);
    if (known !== undefined) return known;
    const content = withoutFuture(await contentOf(catalogue, index, from), from.question.now());
    from.read.set(index, content);
    return content;
  };
}

async function contentOf(
  catalogue: Catalogue | undefined,
  index: number,
  from: { readonly head: Head | undefined; readonly question: BaseQuestion },
): Promise<Content> {
  if (catalogue === undefined) return { floorMs: 0, tags: new Map() };
  const { tags } = catalogue;
  if (tags.kind === 'whole') return tags.content;
  return shardContent(catalogue, index, await shardBytes({ ...catalogue, tags }, index, from));
}

type Sharded = Catalogue & { readonly tags: Extract<Catalogue['tags'], { kind: 'sharded' }> };

async function shardBytes(
  catalogue: Sharded,
  index: number,
  { head, question }: { readonly head: Head | undefined; readonly question: BaseQuestion },
): Promise<Uint8Array> {
  const digest = catalogue.tags.digests[index];
  const known = digest === undefined ? undefined : question.shards.get(digest);
  if (known !== undefined) return known;
  if (head === undefined)
    throw new TagsError(
      'HEAD_MISSING',
      `there is no catalogue to go on from, and of the ${catalogue.tags.digests.length} shards of the one that is remembered not all are: import or rebuild it`,
    );
  const bytes = await readShard(question.store, { head, catalogue }, index, question);
  if (digest !== undefined) question.shards.set(digest, bytes);
  return bytes;
}

function sizeIn(shards: ReadonlyMap<Digest, Uint8Array>, catalogue: Catalogue | undefined, index: number): number {
  const digest = catalogue?.tags.kind === 'sharded' ? catalogue.tags.digests[index] : undefined;
  return (digest === undefined ? undefined : shards.get(digest)?.length) ?? 0;
}
