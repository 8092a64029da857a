import { type Digest, digestOf, isDigest } from '@signet/oci';
import { type BlobSigner, formatNames, type Identity } from '@signet/verifier';
import * as v from 'valibot';
import { encodeJson, entryJson, envelopeJson, object, timeText } from '../catalogue/encode.ts';
import { maxFileBytes } from '../catalogue/limits.ts';
import {
  base64Schema,
  entryMembers,
  envelopeSchema,
  malformed,
  membersSchema,
  readAs,
  readJson,
  revocationMembers,
  type Schema,
  shown,
  tagsOf,
  textSchema,
  timeSchema,
  toEntry,
  wholeSchema,
} from '../catalogue/schema.ts';
import { TagsError } from '../errors.ts';
import { maxHeadBytes, maxSignatureBytes } from '../head/head.ts';
import { type Publisher, publisherOf, type Revoked, type Seen, type StoredFile, type TagsState } from './state.ts';

/** Type of the file that holds a state. */
export const STATE_TYPE = 'application/vnd.signet.tags-state.v1+json';

/** The bytes of a state's file. Equal states have equal bytes. */
export function encodeState({ collection, newest, publishers, seen, revoked }: TagsState): Uint8Array {
  const ids = [...publishers.keys()].toSorted();
  const place = (id: string): number => ids.indexOf(id);
  return encodeJson({
    _type: STATE_TYPE,
    collection,
    ...(newest === undefined ? {} : { newest: storedJson(newest) }),
    publishers: ids.flatMap((id) => {
      const publisher = publishers.get(id);
      return publisher === undefined ? [] : [{ signers: publisher.signers, issued: timeText(publisher.issuedMs) }];
    }),
    seen: object(seen, (each) => seenJson(each, place)),
    revoked: object(revoked, ({ atMs, reason, by }) => ({
      at: timeText(atMs),
      reason,
      by: sorted([...by].map(place)),
    })),
  });
}

/** What {@link encodeState} wrote. @throws {TagsError} STATE_INVALID */
export function parseState(bytes: Uint8Array): TagsState {
  try {
    return toState(readAs(stateSchema, readJson(bytes, 'it'), 'it'));
  } catch (cause) {
    if (!(cause instanceof TagsError)) throw cause;
    throw new TagsError('STATE_INVALID', `the remembered state of signed tags is damaged: ${cause.message}`, { cause });
  }
}

function storedJson({ issuedMs, manifest, file, signatures, shards }: StoredFile) {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return {
    issued: timeText(issuedMs),
    ...(manifest === undefined
      ? {}
      : { manifest: envelopeJson({ mediaType: manifest.descriptor.mediaType, bytes: manifest.bytes }) }),
    file: base64(file),
    signatures: signatures.map(envelopeJson),
    shards: [...shards].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, shard]) => base64(shard)),
  };
}

function seenJson({ entry, vouched, removed }: Seen, place: (id: string) => number) {
  const byPlace = <J extends { readonly by: number }>(list: readonly J[]) => list.toSorted((a, b) => a.by - b.by);
  return {
    ...(entry === undefined ? {} : { entry: entryJson(entry) }),
    vouched: byPlace(
      [...vouched].map(([id, { issuedMs, expiresMs }]) => ({
        by: place(id),
        issued: timeText(issuedMs),
        expires: timeText(expiresMs),
      })),
    ),
    removed: byPlace([...removed].map(([id, atMs]) => ({ by: place(id), at: timeText(atMs) }))),
  };
}

function sorted(places: readonly number[]): readonly number[] {
  return places.toSorted((a, b) => a - b);
}

const identitySchema: Schema<Identity> = v.variant('kind', [
  v.strictObject({ kind: v.literal('key'), keyId: textSchema }),
  v.strictObject({ kind: v.literal('x509'), anchor: textSchema, subject: textSchema }),
  v.strictObject({ kind: v.literal('keyless'), issuer: textSchema, subject: textSchema }),
]);
const signerSchema: Schema<BlobSigner> = v.strictObject({ identity: identitySchema, format: v.picklist(formatNames) });
const stateSchema = v.strictObject({
  _type: v.literal(STATE_TYPE),
  collection: textSchema,
  newest: v.optional(
    v.strictObject({
      issued: timeSchema,
      manifest: v.optional(envelopeSchema(maxHeadBytes)),
      file: base64Schema(maxFileBytes),
      signatures: v.array(envelopeSchema(maxSignatureBytes)),
      shards: v.array(base64Schema(maxFileBytes)),
    }),
  ),
  publishers: v.array(v.strictObject({ signers: v.pipe(v.array(signerSchema), v.minLength(1)), issued: timeSchema })),
  seen: membersSchema,
  revoked: membersSchema,
});
const seenSchema = v.strictObject({
  entry: v.optional(v.strictObject(entryMembers)),
  vouched: v.array(v.strictObject({ by: wholeSchema, issued: timeSchema, expires: timeSchema })),
  removed: v.array(v.strictObject({ by: wholeSchema, at: timeSchema })),
});
const revokedSchema = v.strictObject({ ...revocationMembers, by: v.pipe(v.array(wholeSchema), v.minLength(1)) });

function toState({
  collection,
  newest,
  publishers: list,
  seen,
  revoked,
}: v.InferOutput<typeof stateSchema>): TagsState {
  const ids = list.map(({ signers }) => publisherOf(signers));
  const idAt = (place: number): string => {
    const id = ids[place];
    if (id === undefined) throw malformed(`it names publisher ${place} of ${ids.length}`);
    return id;
  };
  const publishers = list.map(({ signers, issued }, at): readonly [string, Publisher] => [
    idAt(at),
    { signers, issuedMs: issued },
  ]);
  return {
    collection,
    ...(newest === undefined ? {} : { newest: toStored(newest) }),
    publishers: distinct(publishers, 'a publisher'),
    seen: new Map(tagsOf(seen).map(([tag, value]) => [tag, toSeen(tag, value, idAt)])),
    revoked: new Map(Object.entries(revoked).map(([name, value]) => toRevoked(name, value, idAt))),
  };
}

function toStored({
  issued,
  manifest,
  file,
  signatures,
  shards,
}: NonNullable<v.InferOutput<typeof stateSchema>['newest']>): StoredFile {
  return {
    issuedMs: issued,
    ...(manifest === undefined ? {} : { manifest: toResolved(manifest) }),
    file,
    signatures,
    shards: new Map(shards.map((shard) => [digestOf(shard), shard])),
  };
}

function toResolved({ mediaType, bytes }: { readonly mediaType: string; readonly bytes: Uint8Array }) {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

function toSeen(tag: string, value: unknown, idAt: (place: number) => string): Seen {
  const { entry, vouched, removed } = readAs(seenSchema, value, `what was seen of ${shown(tag)}`);
  if (entry === undefined && vouched.length > 0) throw malformed(`somebody vouched for no entry of ${shown(tag)}`);
  return {
    ...(entry === undefined ? {} : { entry: toEntry(entry) }),
    vouched: distinct(
      vouched.map(({ by, issued, expires }) => [idAt(by), { issuedMs: issued, expiresMs: expires }]),
      `who vouched for ${shown(tag)}`,
    ),
    removed: distinct(
      removed.map(({ by, at }) => [idAt(by), at]),
      `who removed ${shown(tag)}`,
    ),
  };
}

function toRevoked(name: string, value: unknown, idAt: (place: number) => string): readonly [Digest, Revoked] {
  if (!isDigest(name)) throw malformed(`${shown(name)} is not a digest`);
  const { at, reason, by } = readAs(revokedSchema, value, `the revocation of ${name}`);
  return [name, { atMs: at, reason, by: new Set(by.map(idAt)) }];
}

function distinct<V>(entries: readonly (readonly [string, V])[], what: string): ReadonlyMap<string, V> {
  const all = new Map(entries);
  if (all.size < entries.length) throw malformed(`${what} is there twice`);
  return all;
}
