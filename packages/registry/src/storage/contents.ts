import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  asObject,
  type Descriptor,
  type Digest,
  defaultLimits,
  digestAlgorithm,
  digestHex,
  isManifestMediaType,
  isTag,
  type Manifest,
  parseDescriptor,
  parseJson,
  parseManifest,
  partsOf,
  RegistryError,
  toDescriptorJson,
  toReferrerDescriptor,
} from '@signet/oci';
import type { LayoutWriter } from './layout-writer.ts';

/** An entry of a referrers listing, ready to be sent. */
export interface Referrer {
  readonly digest: Digest;
  readonly artifactType?: string;
  readonly json: string;
}

/** What a repository holds, as maps in memory. */
export interface Contents {
  readonly manifests: Map<Digest, Descriptor>;
  readonly tags: Map<string, Digest>;
  /** Subject to its referrers. */
  readonly referrers: Map<Digest, Map<Digest, Referrer>>;
  /** Referrer to its subject. */
  readonly subjects: Map<Digest, Digest>;
}

const refNameAnnotation = 'org.opencontainers.image.ref.name';
/** A layout's index.json is no manifest: it has an entry for each one. */
const maxIndexBytes = 256 * 1024 * 1024;
const maxEntries = 1_000_000;

/** Where an image layout keeps content. Rule: image-spec 1.1, image-layout.md, "Blobs". */
export function blobPath(layoutDir: string, digest: Digest): string {
  return join(layoutDir, 'blobs', digestAlgorithm(digest), digestHex(digest));
}

export function emptyContents(): Contents {
  return { manifests: new Map(), tags: new Map(), referrers: new Map(), subjects: new Map() };
}

/**
 * Reads an image layout: the manifests of its index.json and, as other tools leave them out there, the children of indexes.
 * @throws {RegistryError} LAYOUT_INVALID
 */
export async function loadContents(layoutDir: string, layout: Pick<LayoutWriter, 'fetch'>): Promise<Contents> {
  const contents = emptyContents();
  const entries = await readIndex(layoutDir);
  for (const entry of entries) {
    const tag = entry.annotations?.[refNameAnnotation];
    if (tag !== undefined && isTag(tag)) contents.tags.set(tag, entry.digest);
  }
  const queue = [...entries];
  for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) {
    if (contents.manifests.has(entry.digest) || contents.manifests.size >= maxEntries) continue;
    const manifest = await readManifest(layout, entry);
    if (manifest === undefined) continue;
    addManifest(contents, manifest, { mediaType: manifest.mediaType, digest: entry.digest, size: entry.size });
    if (manifest.kind === 'index')
      queue.push(...partsOf(manifest).filter((part) => isManifestMediaType(part.mediaType)));
  }
  for (const [tag, digest] of contents.tags) {
    if (!contents.manifests.has(digest)) contents.tags.delete(tag);
  }
  return contents;
}

/** Notes a manifest and, where it has a subject, that it refers to it. Rule: distribution-spec 1.1, "Listing Referrers". */
export function addManifest(contents: Contents, manifest: Manifest, descriptor: Descriptor): void {
  contents.manifests.set(descriptor.digest, descriptor);
  const subject = manifest.subject?.digest;
  if (subject === undefined) return;
  const entry = toReferrerDescriptor(manifest, descriptor);
  const { digest, artifactType } = entry;
  const json = JSON.stringify(toDescriptorJson(entry));
  const list = contents.referrers.get(subject) ?? new Map<Digest, Referrer>();
  list.set(digest, { digest, json, ...(artifactType === undefined ? {} : { artifactType }) });
  contents.referrers.set(subject, list);
  contents.subjects.set(digest, subject);
}

/** Forgets a manifest, the tags that name it and its place among the referrers. */
export function removeManifest(contents: Contents, digest: Digest): void {
  contents.manifests.delete(digest);
  for (const [tag, named] of contents.tags) {
    if (named === digest) contents.tags.delete(tag);
  }
  const subject = contents.subjects.get(digest);
  if (subject === undefined) return;
  contents.subjects.delete(digest);
  const list = contents.referrers.get(subject);
  list?.delete(digest);
  if (list?.size === 0) contents.referrers.delete(subject);
}

async function readIndex(layoutDir: string): Promise<readonly Descriptor[]> {
  const path = join(layoutDir, 'index.json');
  const { size } = await stat(path);
  if (size > maxIndexBytes)
    throw new RegistryError('LAYOUT_INVALID', `index.json has more than ${maxIndexBytes} bytes`);
  const { manifests } = asObject(parseJson(await readFile(path)), 'index.json');
  if (manifests === undefined || manifests === null) return [];
  if (!Array.isArray(manifests)) throw new RegistryError('LAYOUT_INVALID', 'index.json: manifests is not a list');
  return manifests.map((entry, at) => parseDescriptor(entry, `index.json: manifests[${at}]`));
}

/** Undefined for what is not there, is damaged or is no manifest: a layout may be sparse and name other things. */
async function readManifest(layout: Pick<LayoutWriter, 'fetch'>, entry: Descriptor): Promise<Manifest | undefined> {
  if (entry.size > defaultLimits.maxManifestBytes) return undefined;
  try {
    return parseManifest(await layout.fetch(entry), entry.mediaType);
  } catch (error) {
    if (error instanceof RegistryError && error.code !== 'IO') return undefined;
    throw error;
  }
}
