import { type Descriptor, isMediaType, toDescriptorJson } from './descriptor.ts';
import { type DigestAlgorithm, digestOf } from './digest.ts';
import { RegistryError } from './errors.ts';
import { MEDIA_TYPE_EMPTY, MEDIA_TYPE_INDEX, MEDIA_TYPE_MANIFEST } from './media-types.ts';
import type { Resolved } from './store.ts';

/** The two bytes `{}`: the config or layer of an artifact that needs none. Push them first. Rule: image-spec 1.1, manifest.md. */
export const emptyContent: Uint8Array = Buffer.from('{}');

/** The descriptor of {@link emptyContent}. */
export const emptyDescriptor: Descriptor = {
  mediaType: MEDIA_TYPE_EMPTY,
  digest: digestOf(emptyContent),
  size: emptyContent.length,
};

interface NewCommon {
  readonly artifactType?: string;
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An image or artifact to be written. Without `config` the empty one is used, without `layers` a single empty layer. */
export interface NewImageManifest extends NewCommon {
  readonly kind: 'manifest';
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
}

/** An index to be written. */
export interface NewIndex extends NewCommon {
  readonly kind: 'index';
  readonly manifests: readonly Descriptor[];
}

/**
 * The bytes of a new OCI manifest or index and their descriptor.
 * Rule: image-spec 1.1, manifest.md "Guidelines for Artifact Usage" (an empty config needs an artifact type).
 * @throws {RegistryError} MANIFEST_INVALID, naming the member
 */
export function encodeManifest(manifest: NewImageManifest | NewIndex, algorithm: DigestAlgorithm = 'sha256'): Resolved {
  const { artifactType, subject, annotations } = manifest;
  if (artifactType !== undefined) checkMediaType(artifactType, 'artifactType');
  const parts = manifest.kind === 'index' ? indexParts(manifest) : imageParts(manifest);
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: parts.mediaType,
      ...(artifactType === undefined ? {} : { artifactType }),
      ...parts.members,
      ...(subject === undefined ? {} : { subject: toPart(subject, 'subject') }),
      ...(annotations === undefined ? {} : { annotations }),
    }),
  );
  return { descriptor: { mediaType: parts.mediaType, digest: digestOf(bytes, algorithm), size: bytes.length }, bytes };
}

interface Parts {
  readonly mediaType: string;
  readonly members: Readonly<Record<string, unknown>>;
}

function imageParts(manifest: NewImageManifest): Parts {
  const { config = emptyDescriptor, layers = [emptyDescriptor] } = manifest;
  if (config.mediaType === MEDIA_TYPE_EMPTY && manifest.artifactType === undefined)
    throw new RegistryError('MANIFEST_INVALID', 'a manifest with an empty config needs an artifactType');
  if (layers.length === 0) throw new RegistryError('MANIFEST_INVALID', 'layers is empty: use the empty layer');
  return {
    mediaType: MEDIA_TYPE_MANIFEST,
    members: {
      config: toPart(config, 'config'),
      layers: layers.map((layer, at) => toPart(layer, `layers[${at}]`)),
    },
  };
}

function indexParts(index: NewIndex): Parts {
  return {
    mediaType: MEDIA_TYPE_INDEX,
    members: { manifests: index.manifests.map((child, at) => toPart(child, `manifests[${at}]`)) },
  };
}

function toPart(descriptor: Descriptor, path: string): Record<string, unknown> {
  checkMediaType(descriptor.mediaType, `${path}.mediaType`);
  return toDescriptorJson(descriptor);
}

function checkMediaType(text: string, path: string): void {
  if (!isMediaType(text)) throw new RegistryError('MANIFEST_INVALID', `${path} is not a media type`);
}
