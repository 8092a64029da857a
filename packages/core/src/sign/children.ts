import {
  type Descriptor,
  type Digest,
  forEachSideBySide,
  isManifestMediaType,
  parseManifest,
  RegistryError,
  type Resolved,
} from '@signet/oci';
import { EnvelopeError } from '../errors.ts';
import type { Place } from './place.ts';

/** Manifests below one index, and indexes within indexes. */
const maxManifests = 1_000;
const maxDepth = 8;
const sideBySide = 8;

/**
 * Every manifest below an index, each once, level by level, read and checked against its descriptor. None for what is no index.
 * @throws {EnvelopeError} ENVELOPE_UNSUPPORTED for a child that is no manifest; {RegistryError} NOT_FOUND for one that is not there,
 * LIMIT_REACHED, what the store throws
 */
export async function childrenOf(root: Resolved, place: Place): Promise<readonly Descriptor[]> {
  const found = new Map<Digest, Descriptor>();
  let level: readonly Resolved[] = [root];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > maxDepth + 1) throw tooMany(`indexes are nested deeper than ${maxDepth}`);
    const fresh = level
      .flatMap(namedBy)
      .filter(({ digest }) => digest !== root.descriptor.digest && !found.has(digest));
    for (const child of fresh) found.set(child.digest, child);
    if (found.size > maxManifests) throw tooMany(`the index names more than ${maxManifests} manifests`);
    level = await readAll([...new Map(fresh.map((child) => [child.digest, child])).values()], place);
  }
  return [...found.values()];
}

function namedBy({ bytes, descriptor }: Resolved): readonly Descriptor[] {
  const manifest = parseManifest(bytes, descriptor.mediaType);
  if (manifest.kind !== 'index') return [];
  return manifest.manifests.map(({ mediaType, digest, size }) => {
    if (isManifestMediaType(mediaType)) return { mediaType, digest, size };
    const type = JSON.stringify(mediaType.slice(0, 80));
    throw new EnvelopeError('ENVELOPE_UNSUPPORTED', `the index names ${digest} of type ${type}, which is no manifest`);
  });
}

async function readAll(descriptors: readonly Descriptor[], place: Place): Promise<readonly Resolved[]> {
  const read: Resolved[] = [];
  await forEachSideBySide(descriptors, sideBySide, async (descriptor) => {
    const bytes = await place.store.fetch(descriptor, place.signal === undefined ? {} : { signal: place.signal });
    read.push({ descriptor, bytes });
  });
  return read;
}

function tooMany(what: string): RegistryError {
  return new RegistryError('LIMIT_REACHED', what);
}
