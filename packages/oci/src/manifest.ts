import { asObject, type Descriptor, parseAnnotations, parseDescriptor } from './descriptor.ts';
import { RegistryError } from './errors.ts';
import { parseJson } from './json.ts';
import { isIndexMediaType, isManifestMediaType, MEDIA_TYPE_INDEX, MEDIA_TYPE_MANIFEST } from './media-types.ts';

/** An image or artifact manifest (OCI, or Docker schema 2). Rule: image-spec 1.1, manifest.md. */
export interface ImageManifest {
  readonly kind: 'manifest';
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An index (OCI) or manifest list (Docker). Rule: image-spec 1.1, image-index.md. */
export interface ImageIndex {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

export type Manifest = ImageManifest | ImageIndex;

/**
 * A manifest from the bytes that were read; they are never written again from what is parsed here. `mediaType` is what the registry or
 * the descriptor said, if anything; the body's own `mediaType` must agree with it, and the members with both: no manifest can pass as
 * an index (CVE-2021-41190).
 * @throws {RegistryError} MANIFEST_INVALID, JSON_INVALID
 */
export function parseManifest(bytes: Uint8Array, mediaType?: string): Manifest {
  const object = asObject(parseJson(bytes), 'manifest');
  if (object.schemaVersion !== 2) throw new RegistryError('MANIFEST_INVALID', 'manifest.schemaVersion is not 2');
  const type = manifestType(object, mediaType);
  const common = {
    mediaType: type,
    ...parseArtifactType(object.artifactType),
    ...(object.subject === undefined || object.subject === null
      ? {}
      : { subject: parseDescriptor(object.subject, 'manifest.subject') }),
    ...(object.annotations === undefined
      ? {}
      : { annotations: parseAnnotations(object.annotations, 'manifest.annotations') }),
  };
  if (isIndexMediaType(type)) {
    return { kind: 'index', ...common, manifests: parseDescriptors(object.manifests, 'manifest.manifests') };
  }
  return {
    kind: 'manifest',
    ...common,
    config: parseDescriptor(object.config, 'manifest.config'),
    layers: parseDescriptors(object.layers, 'manifest.layers'),
  };
}

/**
 * The artifact type that listings show: the manifest's own, else the config's media type; none for an index without one.
 * Rule: distribution-spec 1.1 "Listing Referrers".
 */
export function artifactTypeOf(manifest: Manifest): string | undefined {
  if (manifest.artifactType !== undefined && manifest.artifactType !== '') return manifest.artifactType;
  return manifest.kind === 'manifest' ? manifest.config.mediaType : undefined;
}

/** The entry of a referrers listing for this manifest: its artifact type and all its annotations. */
export function toReferrerDescriptor(manifest: Manifest, descriptor: Descriptor): Descriptor {
  const artifactType = artifactTypeOf(manifest);
  return {
    mediaType: descriptor.mediaType,
    digest: descriptor.digest,
    size: descriptor.size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
  };
}

/** What a manifest needs to be whole: config and layers, or children. The subject is not among them. */
export function partsOf(manifest: Manifest): readonly Descriptor[] {
  return manifest.kind === 'index' ? manifest.manifests : [manifest.config, ...manifest.layers];
}

function manifestType(object: Record<string, unknown>, stated: string | undefined): string {
  const own = object.mediaType;
  if (own !== undefined && typeof own !== 'string')
    throw new RegistryError('MANIFEST_INVALID', 'manifest.mediaType is not a string');
  if (own !== undefined && stated !== undefined && own !== stated) {
    throw new RegistryError('MANIFEST_INVALID', `the body says mediaType ${show(own)}, its sender ${show(stated)}`);
  }
  const type = own ?? stated ?? (object.manifests === undefined ? MEDIA_TYPE_MANIFEST : MEDIA_TYPE_INDEX);
  if (!isManifestMediaType(type))
    throw new RegistryError('MANIFEST_INVALID', `not a known manifest type: ${show(type)}`);
  const other = isIndexMediaType(type) ? ['config', 'layers'] : ['manifests'];
  for (const member of [...other, 'fsLayers']) {
    if (object[member] !== undefined)
      throw new RegistryError('MANIFEST_INVALID', `a ${show(type)} has no member "${member}"`);
  }
  return type;
}

function parseArtifactType(value: unknown): { readonly artifactType?: string } {
  if (value === undefined) return {};
  if (typeof value !== 'string') throw new RegistryError('MANIFEST_INVALID', 'manifest.artifactType is not a string');
  return { artifactType: value };
}

function parseDescriptors(value: unknown, path: string): readonly Descriptor[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw new RegistryError('MANIFEST_INVALID', `${path} is not a list`);
  return value.map((item, at) => parseDescriptor(item, `${path}[${at}]`));
}

function show(text: string): string {
  return JSON.stringify(text.slice(0, 120));
}
