import { type Digest, digestAlgorithm, digestHex } from '@signet/oci';

/** The tag that holds cosign's older signatures of a digest. For sha512 it is longer than any registry takes. Rule: wire-formats 6.1. */
export function cosignTag(digest: Digest): string {
  return `${digestAlgorithm(digest)}-${digestHex(digest)}.sig`;
}
