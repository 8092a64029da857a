import {
  digestOf,
  emptyContent,
  emptyDescriptor,
  encodeManifest,
  parseManifest,
  RegistryError,
  type Resolved,
  type Store,
} from '@signet/oci';
import * as v from 'valibot';
import { maxStatements } from '../catalogue/limits.ts';
import {
  base64Schema,
  digestSchema,
  entryMembers,
  envelopeSchema,
  malformed,
  readAs,
  readJson,
  type Schema,
  textSchema,
} from '../catalogue/schema.ts';
import { TagsError } from '../errors.ts';
import { isOpenTag } from '../reserved.ts';
import { maxNoticeBytes, type Notice } from '../statements/notice.ts';
import type { Operation } from './operation.ts';

/** Type of journal entries, and of the file in one. */
export const JOURNAL_TYPE = 'application/vnd.signet.journal.v1+json';
/** Annotation with the entry's ULID: so no two have the same bytes, and the deletion of one takes no other. Rule: signed-tags.md 5.1. */
export const ANNOTATION_JOURNAL = 'dev.signet.journal';

/** Bytes of one entry's manifest, and operations in one. Rule: signed-tags.md 5.1. */
export const maxEntryBytes: number = 64 * 1024;
const maxOperations = 20;

/**
 * The manifest of an entry, its file in it.
 * @throws {TagsError} JOURNAL_TOO_LARGE, CATALOGUE_MALFORMED for what no reader would take
 */
export function encodeEntry(operations: readonly Operation[], collection: string, ulid: string): Resolved {
  const file = fileOf(operations, collection);
  const layer = { mediaType: JOURNAL_TYPE, digest: digestOf(file), size: file.length, data: file };
  const annotations = { [ANNOTATION_JOURNAL]: ulid };
  const manifest = encodeManifest({ kind: 'manifest', artifactType: JOURNAL_TYPE, layers: [layer], annotations });
  if (operations.length > maxOperations || manifest.bytes.length > maxEntryBytes)
    throw new TagsError(
      'JOURNAL_TOO_LARGE',
      `a journal entry of ${operations.length} operations and ${manifest.bytes.length} bytes: at most ${maxOperations} and ${maxEntryBytes} are read`,
    );
  parseEntry(manifest, { collection, ulid });
  return manifest;
}

/** The operations in as few entries as hold them. `nextUlid`: one for each. @throws as {@link encodeEntry} */
export function encodeEntries(
  operations: readonly Operation[],
  collection: string,
  nextUlid: () => string,
): readonly { readonly ulid: string; readonly manifest: Resolved; readonly operations: readonly Operation[] }[] {
  if (operations.length === 0) return [];
  const ulid = nextUlid();
  try {
    return [{ ulid, manifest: encodeEntry(operations, collection, ulid), operations }];
  } catch (error) {
    if (!(error instanceof TagsError) || error.code !== 'JOURNAL_TOO_LARGE' || operations.length === 1) throw error;
  }
  const half = Math.ceil(operations.length / 2);
  return [operations.slice(0, half), operations.slice(half)].flatMap((some) =>
    encodeEntries(some, collection, nextUlid),
  );
}

/** Writes an entry: its file as a blob too, as docker-registry wants it. @throws {RegistryError} what the store throws */
export async function pushEntry(
  store: Store,
  { tag, manifest }: { readonly tag: string; readonly manifest: Resolved },
  signal?: AbortSignal,
): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  const parsed = parseManifest(manifest.bytes);
  const [layer] = parsed.kind === 'manifest' ? parsed.layers : [];
  if (layer?.data === undefined) throw malformed('a journal entry holds its file');
  const { data, ...as } = layer;
  await Promise.all([store.push(emptyContent, emptyDescriptor, options), store.push(data, as, options)]);
  await store.tag(manifest, tag, options);
}

/**
 * What an entry says. Nobody is believed yet. @throws {TagsError} CATALOGUE_MALFORMED
 */
export function parseEntry(
  { bytes, descriptor }: Resolved,
  { collection, ulid }: { readonly collection: string; readonly ulid: string },
): readonly Operation[] {
  const file = embeddedFile(bytes, descriptor.mediaType, ulid);
  const entry = readAs(fileSchema, readJson(file, 'the journal entry'), 'the journal entry');
  if (entry.collection !== collection) throw malformed('the journal entry is of another collection');
  const operations = entry.operations.map(toOperation);
  const closed = operations.find((operation) => operation.kind !== 'revoke' && !isOpenTag(operation.tag));
  if (closed !== undefined) throw malformed('the journal entry names what is no tag, or one that is reserved');
  return operations;
}

/** Whether this is an entry of this ULID, whatever it says: then no other tag can have these bytes. */
export function isEntryOf({ bytes, descriptor }: Resolved, ulid: string): boolean {
  try {
    embeddedFile(bytes, descriptor.mediaType, ulid);
    return true;
  } catch (error) {
    if (error instanceof TagsError) return false;
    throw error;
  }
}

function embeddedFile(bytes: Uint8Array, mediaType: string, ulid: string): Uint8Array {
  const manifest = parsedManifest(bytes, mediaType);
  const [layer] = manifest.kind === 'manifest' ? manifest.layers : [];
  if (manifest.artifactType !== JOURNAL_TYPE || layer?.mediaType !== JOURNAL_TYPE || layer.data === undefined)
    throw malformed('the journal entry is none');
  if (manifest.annotations?.[ANNOTATION_JOURNAL] !== ulid) throw malformed('the journal entry is that of another tag');
  if (layer.data.length !== layer.size || digestOf(layer.data) !== layer.digest)
    throw malformed('the journal entry holds other bytes than it says');
  return layer.data;
}

function parsedManifest(bytes: Uint8Array, mediaType: string): ReturnType<typeof parseManifest> {
  try {
    return parseManifest(bytes, mediaType);
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    throw malformed(`the journal entry: ${cause.message}`);
  }
}

const { at: _, ...signMembers } = entryMembers;
const noticeSchema: Schema<Notice> = v.pipe(
  v.strictObject({
    document: base64Schema(maxNoticeBytes),
    signatures: v.pipe(v.array(envelopeSchema(16 * 1024)), v.minLength(1), v.maxLength(maxStatements)),
  }),
  v.readonly(),
);
const noticesSchema = v.pipe(v.array(noticeSchema), v.minLength(1), v.maxLength(maxStatements));
const operationSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('sign'), tag: textSchema, ...signMembers }),
  v.strictObject({ kind: v.literal('remove'), tag: textSchema, notices: noticesSchema }),
  v.strictObject({ kind: v.literal('revoke'), digest: digestSchema, notices: noticesSchema }),
]);
const fileSchema = v.strictObject({
  _type: v.literal(JOURNAL_TYPE),
  collection: textSchema,
  operations: v.pipe(v.array(operationSchema), v.minLength(1), v.maxLength(maxOperations)),
});

function toOperation(operation: v.InferOutput<typeof operationSchema>): Operation {
  return operation;
}

function fileOf(operations: readonly Operation[], collection: string): Uint8Array {
  const file = { _type: JOURNAL_TYPE, collection, operations: operations.map(operationJson) };
  return Buffer.from(JSON.stringify(file));
}

function operationJson(operation: Operation): object {
  if (operation.kind !== 'sign') {
    const notices = operation.notices.map(({ document, signatures }) => ({
      document: base64(document),
      signatures: signatures.map(envelopeJson),
    }));
    return { ...operation, notices };
  }
  const { kind, tag, digest, mediaType, size, statements } = operation;
  return { kind, tag, digest, mediaType, size, statements: statements.map(envelopeJson) };
}

function envelopeJson({ mediaType, bytes }: { readonly mediaType: string; readonly bytes: Uint8Array }): object {
  return { mediaType, data: base64(bytes) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
