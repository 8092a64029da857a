import type { Digest } from '@signet/oci';
import type { Refusals, Requirement, Ruling } from '@signet/verifier';

/** What a policy says of one collection: who signs its catalogue, and who its tags. */
export interface Authority {
  /** `REGISTRY/REPOSITORY`, folded. */
  readonly collection: string;
  /** Of the policy's catalogue. */
  readonly signedBy: Requirement;
  readonly refuse: Refusals;
  /** The ruling for a tag of the collection. */
  rulingOfTag(tag: string): Ruling;
  /** The ruling for a reference by digest alone: by it digests are revoked. */
  rulingOfDigest(digest: Digest): Ruling;
}
