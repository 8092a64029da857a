import { type Digest, decodeBase64, isDigest, isTag, parseJson, RegistryError } from '@signet/oci';
import { parseSignedAt } from '@signet/verifier';
import * as v from 'valibot';
import { TagsError } from '../errors.ts';
import type { Entry, TagStatement } from './content.ts';
import { maxDepth, maxReasonBytes, maxStatementBytes, maxStatements } from './limits.ts';

/** What members of the files of this package are read by. Rule: signed-tags.md 3.2 "JSON strict". */
export type Schema<T> = v.GenericSchema<unknown, T>;

export type Members = Readonly<Record<string, unknown>>;

export const textSchema: Schema<string> = v.pipe(v.string(), v.maxLength(1024));
/** Milliseconds since 1970 UTC. */
export const timeSchema: Schema<number> = v.pipe(
  v.string(),
  v.transform(parseSignedAt),
  v.number('a time such as 2026-11-23T09:00:00.120Z is wanted'),
  v.minValue(1, 'a time after 1970 is wanted'),
);
export const digestSchema: Schema<Digest> = v.custom<Digest>(
  (value) => typeof value === 'string' && isDigest(value),
  'a digest is wanted',
);
export const wholeSchema: Schema<number> = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Its members are taken by {@link tagsOf}: a tag may be called `__proto__` or `constructor`, which valibot would leave out. */
export const membersSchema: Schema<Members> = v.custom<Members>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'an object is wanted',
);

/** Bytes as base64. */
export function base64Schema(maxBytes: number): Schema<Uint8Array> {
  return v.pipe(
    v.string(),
    v.rawTransform<string, Uint8Array>(({ dataset, addIssue, NEVER }) => {
      const bytes = decodeBase64(dataset.value);
      if (bytes !== undefined && bytes.length <= maxBytes) return bytes;
      addIssue({ message: `base64 of at most ${maxBytes} bytes is wanted` });
      return NEVER;
    }),
  );
}

/** An envelope with its type. */
export function envelopeSchema(maxBytes: number): Schema<TagStatement> {
  const schema = v.strictObject({ mediaType: textSchema, data: base64Schema(maxBytes) });
  return v.pipe(
    schema,
    v.transform(({ mediaType, data }) => ({ mediaType, bytes: data })),
  );
}

/** The members of an entry. */
export const entryMembers: {
  readonly digest: Schema<Digest>;
  readonly mediaType: Schema<string>;
  readonly size: Schema<number>;
  readonly at: Schema<number>;
  readonly statements: Schema<readonly TagStatement[]>;
} = {
  digest: digestSchema,
  mediaType: textSchema,
  size: wholeSchema,
  at: timeSchema,
  statements: v.pipe(v.array(envelopeSchema(maxStatementBytes)), v.minLength(1), v.maxLength(maxStatements)),
};

/** Of what {@link entryMembers} read. */
export function toEntry({ at, ...entry }: Omit<Entry, 'atMs'> & { readonly at: number }): Entry {
  return { ...entry, atMs: at };
}

/** The members of a revocation. */
export const revocationMembers: { readonly at: Schema<number>; readonly reason: Schema<string> } = {
  at: timeSchema,
  reason: v.pipe(v.string(), v.maxBytes(maxReasonBytes)),
};

/** Only own members, whatever they are called. @throws {TagsError} CATALOGUE_MALFORMED where one is no tag */
export function tagsOf(object: Members): readonly (readonly [string, unknown])[] {
  const entries = Object.entries(object);
  for (const [tag] of entries) if (!isTag(tag)) throw malformed(`${shown(tag)} is not a tag`);
  return entries;
}

/** @throws {TagsError} CATALOGUE_MALFORMED; `what` is named in it */
export function readJson(bytes: Uint8Array, what: string): unknown {
  try {
    return parseJson(bytes, { maxDepth });
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    throw new TagsError('CATALOGUE_MALFORMED', `${what} is ${cause.message}`, { cause });
  }
}

/** @throws {TagsError} CATALOGUE_MALFORMED; `what` and the member are named in it */
export function readAs<T extends v.GenericSchema>(schema: T, value: unknown, what: string): v.InferOutput<T> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw malformed(`${what}${path === null ? '' : `, ${path.slice(0, 200)}`}: ${issue.message.slice(0, 200)}`);
}

/** A name from outside, for messages. */
export function shown(name: string): string {
  return JSON.stringify(name.slice(0, 140));
}

export function malformed(message: string): TagsError {
  return new TagsError('CATALOGUE_MALFORMED', message);
}
