import { type Digest, decodeBase64, isDigest, isTag, parseJson, RegistryError } from '@signet/oci';
import { parseSignedAt } from '@signet/verifier';
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
import {
  maxDepth,
  maxEarlier,
  maxFileBytes,
  maxLifetimeMs,
  maxReasonBytes,
  maxRevocations,
  maxShardBits,
  maxStatementBytes,
  maxStatements,
} from './limits.ts';

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

const text = v.pipe(v.string(), v.maxLength(1024));
const time = v.pipe(
  v.string(),
  v.transform(parseSignedAt),
  v.number('a time such as 2026-11-23T09:00:00.120Z is wanted'),
  v.minValue(1, 'a time after 1970 is wanted'),
);
const digest = v.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'a digest is wanted');
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Its members are taken by {@link membersOf}: a tag may be called `__proto__` or `constructor`, which valibot would leave out. */
const members = v.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'an object is wanted',
);
const envelope = v.pipe(
  v.string(),
  v.rawTransform<string, Uint8Array>(({ dataset, addIssue, NEVER }) => {
    const bytes = decodeBase64(dataset.value);
    if (bytes !== undefined && bytes.length <= maxStatementBytes) return bytes;
    addIssue({ message: `base64 of at most ${maxStatementBytes} bytes is wanted` });
    return NEVER;
  }),
);
const statement = v.strictObject({ mediaType: text, data: envelope });
const statements = v.pipe(v.array(statement), v.minLength(1), v.maxLength(maxStatements));
const earlier = v.strictObject({ digest, mediaType: text, size: whole, at: time, statements });
const entrySchema = v.strictObject({
  ...earlier.entries,
  was: v.optional(v.pipe(v.array(earlier), v.minLength(1), v.maxLength(maxEarlier))),
});
const contentEntries = {
  floor: v.optional(time),
  tags: v.optional(members),
  removed: v.optional(members),
};
const bits = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxShardBits));
const fileSchema = v.strictObject({
  _type: v.literal(CATALOGUE_TYPE),
  collection: text,
  issued: time,
  expires: time,
  prev: v.optional(digest),
  revoked: v.optional(members),
  shards: v.optional(v.strictObject({ bits, digests: v.pipe(v.array(digest), v.maxLength(2 ** maxShardBits)) })),
  ...contentEntries,
});
const shardSchema = v.strictObject({
  _type: v.literal(CATALOGUE_TYPE),
  collection: text,
  bits,
  index: whole,
  ...contentEntries,
});
const revocationSchema = v.strictObject({
  at: time,
  reason: v.pipe(v.string(), v.maxBytes(maxReasonBytes)),
});

type Members = Readonly<Record<string, unknown>>;

function contentOf(file: {
  readonly floor?: number | undefined;
  readonly tags?: Members | undefined;
  readonly removed?: Members | undefined;
}): Content {
  const { floor = 0, tags = {}, removed = {} } = file;
  const states = new Map<string, TagState>();
  for (const [tag, value] of membersOf(tags)) states.set(tag, { entries: entriesOf(tag, value) });
  for (const [tag, value] of membersOf(removed)) {
    const removedMs = readAs(time, value, `the removal of ${shown(tag)}`);
    const entries = states.get(tag)?.entries ?? [];
    if (entries.some(({ atMs }) => atMs <= removedMs))
      throw malformed(`${shown(tag)} has entries that are not later than its removal`);
    states.set(tag, { removedMs, entries });
  }
  return { floorMs: floor, tags: states };
}

function entriesOf(tag: string, value: unknown): readonly Entry[] {
  const { was = [], ...current } = readAs(entrySchema, value, `the tag ${shown(tag)}`);
  const entries = [current, ...was].map(({ at, statements: all, ...entry }) => ({
    ...entry,
    atMs: at,
    statements: all.map(({ mediaType, data }) => ({ mediaType, bytes: data })),
  }));
  const isInOrder = entries.every((entry, index) => {
    const next = entries[index + 1];
    return next === undefined || compareEntries(entry, next) > 0;
  });
  if (!isInOrder || new Set(entries.map((entry) => entry.digest)).size < entries.length)
    throw malformed(`the entries of ${shown(tag)} are not in order, or one digest is there twice`);
  return entries;
}

/** Only own members, whatever they are called. */
function membersOf(object: Members): readonly (readonly [string, unknown])[] {
  const entries = Object.entries(object);
  for (const [tag] of entries) if (!isTag(tag)) throw malformed(`${shown(tag)} is not a tag`);
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

function readJson(bytes: Uint8Array, what: string): unknown {
  try {
    return parseJson(bytes, { maxDepth });
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    throw new TagsError('CATALOGUE_MALFORMED', `${what} is ${cause.message}`, { cause });
  }
}

function readAs<T extends v.GenericSchema>(schema: T, value: unknown, what: string): v.InferOutput<T> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw malformed(`${what}${path === null ? '' : `, ${path.slice(0, 200)}`}: ${issue.message.slice(0, 200)}`);
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 140));
}

function malformed(message: string): TagsError {
  return new TagsError('CATALOGUE_MALFORMED', message);
}
