import { type Digest, isDigest } from '@signet/oci';
import * as v from 'valibot';
import { TagsError } from '../errors.ts';
import { CATALOGUE_TYPE, type Catalogue, type Shard, type Tags } from './catalogue.ts';
import {
  type Content,
  compareEntries,
  type Entry,
  type Revocation,
  type Revocations,
  type TagState,
} from './content.ts';
import { maxEarlier, maxFileBytes, maxLifetimeMs, maxRevocations, maxShardBits } from './limits.ts';
import {
  digestSchema,
  entryMembers,
  type Members,
  malformed,
  membersSchema,
  readAs,
  readJson,
  revocationMembers,
  shown,
  tagsOf,
  textSchema,
  timeSchema,
  toEntry,
  wholeSchema,
} from './schema.ts';

/**
 * A catalogue file. What it says is nobody's word until its signature and then the statements in it are verified. Rule: signed-tags.md 3.2.
 * @throws {TagsError} CATALOGUE_MALFORMED, CATALOGUE_TOO_LARGE
 */
export function parseCatalogue(bytes: Uint8Array): Catalogue {
  const file = checked(fileSchema, bytes, 'the catalogue');
  const { collection, issued, expires, prev, shards, revoked = {} } = file;
  if (expires <= issued || expires - issued > maxLifetimeMs)
    throw malformed('the catalogue expires before it is issued, or more than 30 days later');
  const hasContent = file.tags !== undefined || file.removed !== undefined || file.floor !== undefined;
  if (shards === undefined ? file.tags === undefined : hasContent)
    throw malformed('the catalogue has to hold either tags or shards');
  const tags: Tags =
    shards === undefined
      ? { kind: 'whole', content: contentOf(file) }
      : { kind: 'sharded', bits: shards.bits, digests: shards.digests };
  if (shards !== undefined && shards.digests.length !== 2 ** shards.bits)
    throw malformed(`the catalogue names ${shards.digests.length} shards, not 2 to the power of ${shards.bits}`);
  return {
    collection,
    issuedMs: issued,
    expiresMs: expires,
    ...(prev === undefined ? {} : { prev }),
    revoked: revocationsOf(revoked),
    tags,
  };
}

/** @throws {TagsError} CATALOGUE_MALFORMED, CATALOGUE_TOO_LARGE */
export function parseShard(bytes: Uint8Array): Shard {
  const file = checked(shardSchema, bytes, 'the shard');
  const { collection, bits, index } = file;
  if (index >= 2 ** bits) throw malformed(`the shard has the index ${index} of ${2 ** bits}`);
  return { collection, bits, index, content: contentOf(file) };
}

const tagSchema = v.strictObject({
  ...entryMembers,
  was: v.optional(v.pipe(v.array(v.strictObject(entryMembers)), v.minLength(1), v.maxLength(maxEarlier))),
});
const revocationSchema = v.strictObject(revocationMembers);
const contentEntries = {
  floor: v.optional(timeSchema),
  tags: v.optional(membersSchema),
  removed: v.optional(membersSchema),
};
const bits = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxShardBits));
const fileSchema = v.strictObject({
  _type: v.literal(CATALOGUE_TYPE),
  collection: textSchema,
  issued: timeSchema,
  expires: timeSchema,
  prev: v.optional(digestSchema),
  revoked: v.optional(membersSchema),
  shards: v.optional(v.strictObject({ bits, digests: v.pipe(v.array(digestSchema), v.maxLength(2 ** maxShardBits)) })),
  ...contentEntries,
});
const shardSchema = v.strictObject({
  _type: v.literal(CATALOGUE_TYPE),
  collection: textSchema,
  bits,
  index: wholeSchema,
  ...contentEntries,
});
function contentOf(file: {
  readonly floor?: number | undefined;
  readonly tags?: Members | undefined;
  readonly removed?: Members | undefined;
}): Content {
  const { floor = 0, tags = {}, removed = {} } = file;
  const states = new Map<string, TagState>();
  for (const [tag, value] of tagsOf(tags)) states.set(tag, { entries: entriesOf(tag, value) });
  for (const [tag, value] of tagsOf(removed)) {
    const removedMs = readAs(timeSchema, value, `the removal of ${shown(tag)}`);
    const entries = states.get(tag)?.entries ?? [];
    if (entries.some(({ atMs }) => atMs <= removedMs))
      throw malformed(`${shown(tag)} has entries that are not later than its removal`);
    states.set(tag, { removedMs, entries });
  }
  return { floorMs: floor, tags: states };
}

function entriesOf(tag: string, value: unknown): readonly Entry[] {
  const { was = [], ...current } = readAs(tagSchema, value, `the tag ${shown(tag)}`);
  const entries = [current, ...was].map(toEntry);
  const isInOrder = entries.every((entry, index) => {
    const next = entries[index + 1];
    return next === undefined || compareEntries(entry, next) > 0;
  });
  if (!isInOrder || new Set(entries.map((entry) => entry.digest)).size < entries.length)
    throw malformed(`the entries of ${shown(tag)} are not in order, or one digest is there twice`);
  return entries;
}

function revocationsOf(object: Members): Revocations {
  const entries = Object.entries(object);
  if (entries.length > maxRevocations)
    throw malformed(`the catalogue revokes ${entries.length} digests: at most ${maxRevocations} are taken`);
  return new Map(
    entries.map(([name, value]): readonly [Digest, Revocation] => {
      if (!isDigest(name)) throw malformed(`${shown(name)} is not a digest`);
      const { at, reason } = readAs(revocationSchema, value, `the revocation of ${name}`);
      return [name, { atMs: at, reason }];
    }),
  );
}

function checked<T extends v.GenericSchema>(schema: T, bytes: Uint8Array, what: string): v.InferOutput<T> {
  if (bytes.length > maxFileBytes)
    throw new TagsError('CATALOGUE_TOO_LARGE', `${what} has ${bytes.length} bytes: at most ${maxFileBytes} are read`);
  return readAs(schema, readJson(bytes, what), what);
}
