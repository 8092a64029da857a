import {
  type Descriptor,
  digestOf,
  emptyContent,
  emptyDescriptor,
  encodeManifest,
  forEachSideBySide,
  type Resolved,
  type Store,
} from '@signet/oci';
import { CATALOGUE_TYPE, SHARD_TYPE } from '../catalogue/catalogue.ts';
import type { SignedFile } from '../catalogue/signed-file.ts';
import { TagsError } from '../errors.ts';
import { ANNOTATION_MERGED, maxHeadBytes } from './head.ts';

/** What a head is made of. */
export interface NewHead extends SignedFile {
  /** By index; none where the file holds the tags itself. */
  readonly shards: readonly Descriptor[];
  /** ULIDs of the journal entries that the file holds. */
  readonly merged: readonly string[];
}

/** A manifest of more bytes names file and signatures without holding them. Rule: signed-tags.md 3.3. */
const maxEmbeddingBytes = 160 * 1024;

/**
 * The manifest of a head. File and signatures lie in it while it is small, so that one request reads all.
 * @throws {TagsError} CATALOGUE_TOO_LARGE
 */
export function encodeHead({ file, signatures, shards, merged }: NewHead): Resolved {
  const parts = [{ mediaType: CATALOGUE_TYPE, bytes: file }, ...signatures].map(({ mediaType, bytes }) => ({
    ...describe(bytes, mediaType),
    data: bytes,
  }));
  const encode = (layers: readonly Descriptor[]): Resolved =>
    encodeManifest({
      kind: 'manifest',
      artifactType: CATALOGUE_TYPE,
      layers: [...layers, ...shards],
      ...(merged.length === 0 ? {} : { annotations: { [ANNOTATION_MERGED]: merged.join() } }),
    });
  const embedding = encode(parts);
  if (embedding.bytes.length <= maxEmbeddingBytes) return embedding;
  const naming = encode(parts.map(({ data: _, ...part }) => part));
  if (naming.bytes.length <= maxHeadBytes) return naming;
  const message = `the catalogue's manifest would have ${naming.bytes.length} bytes: at most ${maxHeadBytes} are read`;
  throw new TagsError('CATALOGUE_TOO_LARGE', message);
}

/** Requests of one push that are in flight at once. */
const sideBySide = 8;

/**
 * Pushes all that a head names: also what lies in its manifest, as docker-registry takes no manifest otherwise. `shards`: the bytes of those that
 * are not there yet. @throws {RegistryError} what the store throws
 */
export async function pushParts(
  store: Store,
  { file, signatures, shards }: SignedFile & { readonly shards: readonly Uint8Array[] },
  signal?: AbortSignal,
): Promise<void> {
  const parts = [
    { bytes: emptyContent, as: emptyDescriptor },
    { bytes: file, as: describe(file, CATALOGUE_TYPE) },
    ...signatures.map(({ bytes, mediaType }) => ({ bytes, as: describe(bytes, mediaType) })),
    ...shards.map((bytes) => ({ bytes, as: describeShard(bytes) })),
  ];
  await forEachSideBySide(parts, sideBySide, async ({ bytes, as }) => {
    await store.push(bytes, as, signal === undefined ? {} : { signal });
  });
}

/** Where a shard's bytes lie. */
export function describeShard(bytes: Uint8Array): Descriptor {
  return describe(bytes, SHARD_TYPE);
}

function describe(bytes: Uint8Array, mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}
