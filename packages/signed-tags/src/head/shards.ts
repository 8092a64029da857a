import { digestOf, type Source } from '@signet/oci';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Content } from '../catalogue/content.ts';
import { maxFileBytes } from '../catalogue/limits.ts';
import { parseShard } from '../catalogue/parse.ts';
import { TagsError } from '../errors.ts';
import type { Head } from './head.ts';
import { fetchPart, type Patience } from './until-there.ts';

/**
 * The bytes of a shard: the one that the trusted file of the head names, wherever the head says that it lies.
 * @throws {RegistryError} what the source throws; {TagsError} HEAD_MALFORMED, CATALOGUE_TOO_LARGE
 */
export async function readShard(
  source: Source,
  { head, catalogue }: { readonly head: Pick<Head, 'shards'>; readonly catalogue: Catalogue },
  index: number,
  patience: Patience,
): Promise<Uint8Array> {
  const wanted = catalogue.tags.kind === 'sharded' ? catalogue.tags.digests[index] : undefined;
  const part = head.shards[index];
  if (wanted === undefined || part?.digest !== wanted)
    throw new TagsError('HEAD_MALFORMED', `signet-tags: its layers lack the shard ${index} of the catalogue`);
  if (part.size > maxFileBytes)
    throw new TagsError(
      'CATALOGUE_TOO_LARGE',
      `the shard ${index} has ${part.size} bytes: at most ${maxFileBytes} are read`,
    );
  return await fetchPart(source, part, patience);
}

/** What a shard of the head holds. @throws as {@link readShard} and {@link shardContent} */
export async function readShardContent(
  source: Source,
  from: { readonly head: Pick<Head, 'shards'>; readonly catalogue: Catalogue },
  index: number,
  patience: Patience,
): Promise<Content> {
  return shardContent(from.catalogue, index, await readShard(source, from, index, patience));
}

/**
 * What a shard of this catalogue holds, its bytes from wherever they are.
 * @throws {TagsError} CATALOGUE_MALFORMED, also for the bytes of any other shard; CATALOGUE_TOO_LARGE
 */
export function shardContent(catalogue: Catalogue, index: number, bytes: Uint8Array): Content {
  const { tags, collection } = catalogue;
  if (tags.kind !== 'sharded' || digestOf(bytes) !== tags.digests[index])
    throw new TagsError('CATALOGUE_MALFORMED', `these are not the bytes of the shard ${index} of the catalogue`);
  const shard = parseShard(bytes);
  if (shard.collection !== collection || shard.bits !== tags.bits || shard.index !== index)
    throw new TagsError('CATALOGUE_MALFORMED', `the shard ${index} says that it is another`);
  return shard.content;
}
