import {
  checkedBytes,
  type Descriptor,
  type Digest,
  digestOf,
  parseManifest,
  RegistryError,
  type Resolved,
  type Source,
} from '@signet/oci';
import { CATALOGUE_TYPE, SHARD_TYPE } from '../catalogue/catalogue.ts';
import type { TagStatement } from '../catalogue/content.ts';
import { maxFileBytes, maxShardBits } from '../catalogue/limits.ts';
import type { SignedFile } from '../catalogue/signed-file.ts';
import { TagsError } from '../errors.ts';
import { ulidsIn } from '../journal/ulid.ts';
import { fetchPart, type Patience, untilThere } from './until-there.ts';

/** The tag that a collection's catalogue lies under. Rule: signed-tags.md 3.3. */
export const HEAD_TAG = 'signet-tags';
/** Annotation of a head with the journal entries that its file holds: their ULIDs, divided by commas. Nobody signed it. */
export const ANNOTATION_MERGED = 'dev.signet.merged';

/** What {@link HEAD_TAG} names, as it was read: nothing in it is believed yet. */
export interface Head {
  /** The manifest. */
  readonly resolved: Resolved;
  /** The catalogue file. */
  readonly file: Uint8Array;
  readonly fileDigest: Digest;
  readonly signatures: readonly TagStatement[];
  /** Where the shards lie, by index; none where the file holds the tags itself. Which shards they are the file says. */
  readonly shards: readonly Descriptor[];
  /** ULIDs of the journal entries that it says it holds. */
  readonly merged: readonly string[];
  /** The registry's clock, where it has one, milliseconds since 1970 UTC. */
  readonly dateMs?: number;
}

/** How a head is read. */
export interface HeadOptions extends Patience {
  /** What was read before: given back itself where nothing has changed. Then the head is expected, too. */
  readonly known?: Head;
  /** The tag that it lies under, where it is a kept one. */
  readonly tag?: string;
  /** There should be one: that it is missing is asked again a few times before it counts. */
  readonly isExpected?: boolean;
}

/** Bytes of a head's manifest. Rule: signed-tags.md 4.1 "Limits". */
export const maxHeadBytes: number = 1024 * 1024;
/** Signatures of a catalogue, and bytes of one. */
const maxSignatures = 8;
export const maxSignatureBytes: number = 64 * 1024;

/**
 * Reads the head: one request where file and signatures lie in the manifest, as they do unless it is large. Undefined where there is none.
 * @throws {RegistryError} what the source throws; {TagsError} HEAD_MALFORMED
 */
export async function readHead(source: Source, options: HeadOptions): Promise<Head | undefined> {
  const { known, tag = HEAD_TAG, isExpected = known !== undefined, signal } = options;
  const question = {
    maxBytes: maxHeadBytes,
    ...(signal === undefined ? {} : { signal }),
    ...(known === undefined ? {} : { known: known.resolved }),
  };
  const resolved = await untilThere(() => source.resolve(tag, question), { ...options, isExpected });
  if (resolved === undefined) return undefined;
  if (known !== undefined && resolved === known.resolved) return known;
  const layers = layersOf(resolved);
  const read = (layer: Descriptor, maxBytes: number): Promise<Uint8Array> =>
    readLayer(source, layer, maxBytes, options);
  const [file, ...signatures] = await Promise.all([
    read(layers.file, maxFileBytes),
    ...layers.signatures.map((layer) => read(layer, maxSignatureBytes)),
  ]);
  return {
    resolved,
    file,
    fileDigest: layers.file.digest,
    signatures: signatures.map((bytes, at) => ({ mediaType: layers.signatures[at]?.mediaType ?? '', bytes })),
    shards: layers.shards,
    merged: layers.merged,
    ...(resolved.dateMs === undefined ? {} : { dateMs: resolved.dateMs }),
  };
}

/**
 * A head whose manifest, file and signatures are at hand already, from wherever: undefined where they do not belong together.
 */
export function headOf(resolved: Resolved, { file, signatures }: SignedFile): Head | undefined {
  try {
    const layers = layersOf(resolved);
    const parts = [layers.file, ...layers.signatures];
    const all = [file, ...signatures.map(({ bytes }) => bytes)];
    if (parts.length !== all.length) return undefined;
    if (parts.some(({ digest }, at) => digest !== digestOf(all[at] ?? new Uint8Array()))) return undefined;
    return { resolved, file, fileDigest: layers.file.digest, signatures, shards: layers.shards, merged: layers.merged };
  } catch (error) {
    if (error instanceof TagsError) return undefined;
    throw error;
  }
}

interface Layers {
  readonly file: Descriptor;
  readonly signatures: readonly Descriptor[];
  readonly shards: readonly Descriptor[];
  readonly merged: readonly string[];
}

/** The file first, then its signatures, then shards. Rule: signed-tags.md 3.3. */
function layersOf({ bytes, descriptor }: Resolved): Layers {
  const manifest = parsed(bytes, descriptor.mediaType);
  if (manifest.kind !== 'manifest' || manifest.artifactType !== CATALOGUE_TYPE || manifest.subject !== undefined)
    throw malformed(`${HEAD_TAG} names no catalogue`);
  const [file, ...others] = manifest.layers;
  if (file?.mediaType !== CATALOGUE_TYPE) throw malformed('its first layer is not the catalogue file');
  const signatures = others.filter(({ mediaType }) => mediaType !== SHARD_TYPE);
  const shards = others.slice(signatures.length);
  if (shards.some(({ mediaType }) => mediaType !== SHARD_TYPE)) throw malformed('its layers are not in order');
  if (signatures.length > maxSignatures)
    throw malformed(`it has ${signatures.length} signatures: at most ${maxSignatures} are read`);
  if (shards.length > 2 ** maxShardBits) throw malformed(`it has ${shards.length} shards`);
  return { file, signatures, shards, merged: ulidsIn(manifest.annotations?.[ANNOTATION_MERGED] ?? '') };
}

function parsed(bytes: Uint8Array, mediaType: string): ReturnType<typeof parseManifest> {
  try {
    return parseManifest(bytes, mediaType);
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    throw new TagsError('HEAD_MALFORMED', `${HEAD_TAG}: ${cause.message}`, { cause });
  }
}

/** What lies in the manifest is a copy like any other: its digest is checked, too. */
async function readLayer(source: Source, layer: Descriptor, maxBytes: number, patience: Patience): Promise<Uint8Array> {
  if (layer.size > maxBytes)
    throw malformed(
      `a layer of the type ${layer.mediaType.slice(0, 100)} has ${layer.size} bytes: at most ${maxBytes} are read`,
    );
  if (layer.data === undefined) return await fetchPart(source, layer, patience);
  try {
    return checkedBytes(layer.data, layer, maxBytes);
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    throw new TagsError('HEAD_MALFORMED', `${HEAD_TAG}, embedded data: ${cause.message}`, { cause });
  }
}

function malformed(why: string): TagsError {
  return new TagsError('HEAD_MALFORMED', `${HEAD_TAG}: ${why}`);
}
