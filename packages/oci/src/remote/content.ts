import type { Descriptor } from '../descriptor.ts';
import { type Digest, type DigestAlgorithm, digestAlgorithm, digestOf, isDigest } from '../digest.ts';
import { RegistryError } from '../errors.ts';
import { isManifestMediaType } from '../media-types.ts';
import { headerOf } from './body.ts';
import type { Answer } from './caller.ts';

/** Removed from OCI 1.1, but stored where manifests are. Rule: wire-formats 1.2. */
const artifactManifest = 'application/vnd.oci.artifact.manifest.v1+json';

/** Whether this descriptor's content lies under `/manifests/`. */
export function isManifestDescriptor(target: Descriptor): boolean {
  return isManifestMediaType(target.mediaType) || target.mediaType === artifactManifest;
}

/** `manifests/DIGEST` or `blobs/DIGEST`. */
export function pathOf(target: Descriptor): string {
  return `${isManifestDescriptor(target) ? 'manifests' : 'blobs'}/${target.digest}`;
}

/** The digest that the registry states in `Docker-Content-Digest`. @throws {RegistryError} UNEXPECTED_ANSWER where that is none */
export function statedDigest(answer: Pick<Answer, 'headers' | 'url'>): Digest | undefined {
  const text = headerOf(answer.headers, 'docker-content-digest');
  if (text === undefined || text === '') return undefined;
  if (isDigest(text)) return text;
  throw new RegistryError(
    'UNEXPECTED_ANSWER',
    `${answer.url.origin} states a digest that is none: ${JSON.stringify(text.slice(0, 80))}`,
  );
}

/**
 * The digest of a body: it must be the one that was asked for and the one that the registry states. For a tag the body's own counts.
 * Rule: wire-formats 2.1.
 * @throws {RegistryError} DIGEST_MISMATCH, UNEXPECTED_ANSWER
 */
export function checkDigest(answer: Pick<Answer, 'headers' | 'url' | 'bytes'>, asked: Digest | undefined): Digest {
  const stated = statedDigest(answer);
  if (asked !== undefined) checkBytes(answer.bytes, asked);
  if (stated !== undefined) checkBytes(answer.bytes, stated);
  return asked ?? stated ?? digestOf(answer.bytes);
}

/** @throws {RegistryError} DIGEST_MISMATCH */
export function checkBytes(bytes: Uint8Array, expected: Digest): void {
  const got = digestOf(bytes, algorithmOf(expected));
  if (got !== expected) throw new RegistryError('DIGEST_MISMATCH', `expected ${expected}, got ${got}`);
}

/** What is about to be written must be what it is called. @throws {RegistryError} SIZE_MISMATCH, DIGEST_MISMATCH */
export function checkContent(bytes: Uint8Array, as: Descriptor): void {
  if (bytes.length !== as.size) {
    throw new RegistryError('SIZE_MISMATCH', `${as.digest}: expected ${as.size} bytes, got ${bytes.length}`);
  }
  checkBytes(bytes, as.digest);
}

/** A digest that a registry states after a write must be that of what was written, where it uses the same algorithm. @throws {RegistryError} DIGEST_MISMATCH */
export function checkWritten(answer: Answer, expected: Digest): void {
  const stated = statedDigest(answer);
  if (stated === undefined || algorithmOf(stated) !== algorithmOf(expected) || stated === expected) return;
  throw new RegistryError('DIGEST_MISMATCH', `${answer.url.origin} took ${expected} and states ${stated}`);
}

function algorithmOf(digest: Digest): DigestAlgorithm {
  return digestAlgorithm(digest);
}
