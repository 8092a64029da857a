import {
  type Descriptor,
  isManifestMediaType,
  isMediaType,
  type Manifest,
  parseManifest,
  partsOf,
  RegistryError,
} from '@signet/oci';
import { ApiError, type ErrorEntry, show } from '../errors.ts';
import type { Repository } from '../storage/repository.ts';

const maxReported = 32;
/** Layers that may lie elsewhere. Rule: image-spec 1.0, layer.md, "Non-Distributable Layers"; Docker's foreign layers. */
const foreignLayer =
  /^application\/vnd\.(?:oci\.image\.layer\.nondistributable\.v1\.tar|docker\.image\.rootfs\.foreign\.diff\.tar)/;

/** A manifest that passed, and what is worth a warning. */
export interface Validated {
  readonly manifest: Manifest;
  readonly warnings: readonly string[];
}

/**
 * Checks a manifest's bytes: JSON, schema, and the type that the client stated against the body's own.
 * Rule: distribution-spec 1.1, "Pushing Manifests"; image-spec 1.1, manifest.md, image-index.md.
 * @throws {ApiError} MANIFEST_INVALID
 */
export function validateManifest(bytes: Uint8Array, contentType: string | undefined): Validated {
  // Parameters are ignored, as the spec says.
  const stated = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (stated !== undefined && !isMediaType(stated)) throw invalid(`Content-Type is ${show(stated)}`);
  const manifest = parse(bytes, stated);
  const hasOwnType = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(`"mediaType"`);
  const warnings = hasOwnType ? [] : ['the manifest has no mediaType field: clients may refuse it'];
  return { manifest, warnings };
}

/**
 * Everything but the subject must be there, and layers that may lie elsewhere.
 * Rule: distribution-spec 1.1, "Push". @throws {ApiError} MANIFEST_BLOB_UNKNOWN, one entry for each that is missing
 */
export async function checkParts(repository: Repository, manifest: Manifest): Promise<void> {
  const parts = partsOf(manifest).filter((part) => !isForeign(part));
  const found = await Promise.all(parts.map((part) => isThere(repository, part)));
  const missing = parts.filter((_, at) => found[at] === false).slice(0, maxReported);
  const [first, ...more] = missing.map(missingEntry);
  if (first === undefined) return;
  throw new ApiError(400, first.code, first.message, { detail: first.detail, more });
}

function parse(bytes: Uint8Array, stated: string | undefined): Manifest {
  try {
    return parseManifest(bytes, stated);
  } catch (error) {
    if (error instanceof RegistryError) throw invalid(error.message);
    throw error;
  }
}

async function isThere(repository: Repository, part: Descriptor): Promise<boolean> {
  if (repository.manifest(part.digest) !== undefined) return true;
  return !isManifestMediaType(part.mediaType) && (await repository.blobSize(part.digest)) !== undefined;
}

function isForeign(part: Descriptor): boolean {
  return foreignLayer.test(part.mediaType) || (part.urls !== undefined && part.urls.length > 0);
}

function missingEntry(part: Descriptor): ErrorEntry {
  const { digest, mediaType, size } = part;
  const message = `the manifest names ${digest}, which is not in this repository`;
  return { code: 'MANIFEST_BLOB_UNKNOWN', message, detail: { digest, mediaType, size } };
}

function invalid(message: string): ApiError {
  return new ApiError(400, 'MANIFEST_INVALID', message);
}
