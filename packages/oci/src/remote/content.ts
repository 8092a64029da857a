import { checkBytes } from '../checked.ts';
import type { Descriptor } from '../descriptor.ts';
import { type Digest, digestAlgorithm, digestOf, isDigest } from '../digest.ts';
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

/**
 * A digest that a registry states of content must be the expected one, where it uses the same algorithm.
 * @throws {RegistryError} DIGEST_MISMATCH, UNEXPECTED_ANSWER
 */
export function checkStated(answer: Pick<Answer, 'headers' | 'url'>, expected: Digest): void {
  const stated = statedDigest(answer);
  if (stated === undefined || stated === expected || digestAlgorithm(stated) !== digestAlgorithm(expected)) return;
  throw new RegistryError('DIGEST_MISMATCH', `expected ${expected}, ${answer.url.origin} states ${stated}`);
}

/** An ETag that a condition can be made of: strong, and harmless in a header. Rule: RFC 9110, 8.8.3. */
export function strongEtag(answer: Pick<Answer, 'headers'>): string | undefined {
  const etag = headerOf(answer.headers, 'etag');
  return etag !== undefined && /^"[^"\r\n]{1,512}"$/.test(etag) ? etag : undefined;
}
