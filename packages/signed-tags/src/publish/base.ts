import { type Digest, unlessMissing } from '@signet/oci';
import type { BlobSigner } from '@signet/verifier';
import { isBadContent } from '../bad-content.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Content } from '../catalogue/content.ts';
import { withoutFuture } from '../catalogue/future.ts';
import { fileAheadMs } from '../catalogue/limits.ts';
import { shardOf } from '../catalogue/shards.ts';
import { TagsError } from '../errors.ts';
import { HEAD_TAG, type Head, headOf, readHead } from '../head/head.ts';
import { readShard, shardContent } from '../head/shards.ts';
import { judgeFile } from '../head/trusted-file.ts';
import type { Patience } from '../head/until-there.ts';
import type { Moment } from '../head/write-head.ts';
import type { WriterOptions } from './options.ts';
import type { Recollection } from './recollection.ts';

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
  /** Whose word the head is; absent where it is not trusted, and `catalogue` is another. */
  readonly signers?: readonly BlobSigner[];
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
  const { pace, now } = question;
  const readAt = { clockMs: pace.clock(), wallMs: now() };
  const found = await judgedHead(question);
  const { catalogue, from } = found.catalogue === undefined ? remembered(question) : { ...found, from: found.head };
  const read = new Map<number, Content>();
  return {
    readAt,
    ...found,
    ...(catalogue === undefined ? {} : { catalogue }),
    bits: catalogue?.tags.kind === 'sharded' ? catalogue.tags.bits : 0,
    part: partReader(catalogue, { head: from, question, read }),
    read,
    sizeOf: (index) => from?.shards[index]?.size ?? 0,
  };
}

/** The shard that holds a tag; 0 where the file is whole. */
export function indexOf(tag: string, bits: number): number {
  return bits === 0 ? 0 : shardOf(tag, bits);
}

type Found = Pick<Base, 'head' | 'expected' | 'refusal' | 'signers' | 'catalogue'>;

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
  const { catalogue, signers } = judged;
  if (catalogue.issuedMs <= now() + fileAheadMs) return { ...found, catalogue, signers };
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

/** The newest file that is remembered; its shards may lie in the registry still. */
function remembered({ recollection: { newest } }: BaseQuestion): {
  readonly catalogue?: Catalogue;
  readonly from?: Head | undefined;
} {
  if (newest === undefined) return {};
  const { catalogue, manifest, signed } = newest;
  return { catalogue, from: manifest === undefined ? undefined : headOf(manifest, signed) };
}

interface PartSource {
  readonly head: Head | undefined;
  readonly question: BaseQuestion;
  readonly read: Map<number, Content>;
}

function partReader(catalogue: Catalogue | undefined, from: PartSource): (index: number) => Promise<Content> {
  return async (index) => {
    const known = from.read.get(index);
    if (known !== undefined) return known;
    const content = withoutFuture(await contentOf(catalogue, index, from), from.question.now());
    from.read.set(index, content);
    return content;
  };
}

async function contentOf(catalogue: Catalogue | undefined, index: number, from: PartSource): Promise<Content> {
  if (catalogue === undefined) return { floorMs: 0, tags: new Map() };
  const { tags } = catalogue;
  if (tags.kind === 'whole') return tags.content;
  const digest = tags.digests[index];
  const { shards, store } = from.question;
  const bytes =
    (digest === undefined ? undefined : shards.get(digest)) ??
    (await readShard(store, { head: from.head ?? { shards: [] }, catalogue }, index, from.question));
  if (digest !== undefined) shards.set(digest, bytes);
  return shardContent(catalogue, index, bytes);
}
