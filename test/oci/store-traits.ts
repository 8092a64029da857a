import type { DigestAlgorithm } from '@signet/oci';

/** What a kind of store cannot do by its nature (a registry without delete by tag, say); everything by default. */
export interface StoreTraits {
  readonly untag?: boolean;
  /** Deletion of manifests and blobs. */
  readonly delete?: boolean;
  /** Its answer to the deletion of what is not there; NOT_FOUND by default. */
  readonly deleteAbsent?: 'NOT_FOUND' | 'SERVER_ERROR';
  /** Tags go with their manifest when it is deleted. */
  readonly tagsFollowManifest?: boolean;
  /** What is kept under a sha512 digest: everything by default. */
  readonly sha512?: { readonly blobs: boolean; readonly manifests: boolean };
  /** Listing the tags of a repository that nothing was pushed to: none (the default), or NOT_FOUND. */
  readonly emptyTags?: 'none' | 'NOT_FOUND';
}

/** The digest algorithms that this kind of store takes for blobs or manifests. */
export function algorithmsOf(traits: StoreTraits, of: 'blobs' | 'manifests'): readonly DigestAlgorithm[] {
  return traits.sha512?.[of] === false ? ['sha256'] : ['sha256', 'sha512'];
}
