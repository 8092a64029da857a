import type { Descriptor } from './descriptor.ts';
import { type Digest, isDigest } from './digest.ts';
import { RegistryError } from './errors.ts';
import { MEDIA_TYPE_EMPTY } from './media-types.ts';
import { isTag } from './reference.ts';
import type { TagCondition } from './store.ts';

/** @throws {RegistryError} CONFLICT when the tag does not name what the condition expects */
export function checkTagCondition(tag: string, now: Digest | undefined, condition: TagCondition | undefined): void {
  if (condition === undefined || condition.expected === (now ?? null)) return;
  const expected = condition.expected ?? 'nothing';
  throw new RegistryError('CONFLICT', `tag ${tag} should name ${expected}, it names ${now ?? 'nothing'}`);
}

/** The text, known to be a tag. @throws {RegistryError} REFERENCE_INVALID */
export function checkTag(tag: string): string {
  if (isTag(tag)) return tag;
  throw new RegistryError('REFERENCE_INVALID', `not a tag: ${JSON.stringify(tag.slice(0, 160))}`);
}

/** The text, known to name a manifest. @throws {RegistryError} REFERENCE_INVALID */
export function checkTagOrDigest(text: string): string {
  if (isTag(text) || isDigest(text)) return text;
  throw new RegistryError('REFERENCE_INVALID', `neither a tag nor a digest: ${JSON.stringify(text.slice(0, 160))}`);
}

/** The error for a manifest where only a blob may be: its parts could not be looked at. */
export function notAsBlob(as: Descriptor): RegistryError {
  return new RegistryError('UNSUPPORTED', `${as.digest} is a manifest: push it whole`);
}

/**
 * Whether a listed referrer can be of this artifact type. A missing type, or the empty one that some programs write by mistake, excludes
 * nothing: the manifest itself decides. Rule: wire-formats 2.5.
 */
export function mayHaveType(listed: Descriptor, artifactType: string | undefined): boolean {
  const stated = listed.artifactType;
  return artifactType === undefined || !stated || stated === MEDIA_TYPE_EMPTY || stated === artifactType;
}
