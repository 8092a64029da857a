import {
  type Descriptor,
  digestOf,
  type ImageManifest,
  MEDIA_TYPE_CONFIG,
  MEDIA_TYPE_MANIFEST,
  parseManifest,
  type Resolved,
  toDescriptorJson,
  unlessMissing,
} from '@signet/oci';
import { EnvelopeError } from '../errors.ts';
import type { SignatureStore } from '../format.ts';

/** Layers of one `.sig` manifest. Rule: wire-formats 12. */
export const MAX_COSIGN_LAYERS = 1_000;
/** What Go writes for no time at all. Rule: wire-formats 6.1. */
const zeroTime = '0001-01-01T00:00:00Z';

/** The `.sig` image as it is now. */
export interface CosignImage {
  readonly resolved: Resolved;
  readonly manifest: ImageManifest;
}

/** What is to be written: the manifest under the tag, and the config that it names. */
export interface NewCosignImage {
  readonly resolved: Resolved;
  readonly config: { readonly descriptor: Descriptor; readonly bytes: Uint8Array };
}

/**
 * The manifest under the tag; undefined where there is none.
 * @throws {EnvelopeError} SIGNATURE_NOT_STORED when the tag holds something else, which is never overwritten; {RegistryError}
 */
export async function readCosignImage(
  tag: string,
  { store, signal }: SignatureStore,
): Promise<CosignImage | undefined> {
  const resolved = await unlessMissing(store.resolve(tag, signal === undefined ? {} : { signal }));
  if (resolved === undefined) return undefined;
  const manifest = parseManifest(resolved.bytes, resolved.descriptor.mediaType);
  if (manifest.kind === 'manifest') return { resolved, manifest };
  throw new EnvelopeError('SIGNATURE_NOT_STORED', `the tag ${tag} holds an index, not signatures: it is left as it is`);
}

/** The image with these layers: config and manifest as cosign writes them, other annotations of the manifest kept. Rule: wire-formats 6.1. */
export function toCosignImage(layers: readonly Descriptor[], old: ImageManifest | undefined): NewCosignImage {
  const configBytes = Buffer.from(JSON.stringify(toConfig(layers)));
  const config = { mediaType: MEDIA_TYPE_CONFIG, size: configBytes.length, digest: digestOf(configBytes) };
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE_MANIFEST,
      config,
      layers: layers.map(toDescriptorJson),
      ...(old?.annotations === undefined ? {} : { annotations: old.annotations }),
    }),
  );
  const descriptor = { mediaType: MEDIA_TYPE_MANIFEST, digest: digestOf(bytes), size: bytes.length };
  return { resolved: { descriptor, bytes }, config: { descriptor: config, bytes: configBytes } };
}

/** One word per signature: the same payload may be signed by several keys, and is then the same blob. */
export function layerId({ digest, annotations = {} }: Descriptor): string {
  return JSON.stringify([digest, Object.entries(annotations).sort(([left], [right]) => (left < right ? -1 : 1))]);
}

/** cosign gives each layer its own digest as diff_id, and an empty history item. */
function toConfig(layers: readonly Descriptor[]): unknown {
  return {
    architecture: '',
    created: zeroTime,
    history: layers.map(() => ({ created: zeroTime })),
    os: '',
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    config: {},
  };
}
