import type { Digest } from '@signet/oci';
import type { Content, Revocations } from './content.ts';

/** Type of the catalogue file, and of the manifest that holds it. Rule: signed-tags.md 3.2, 3.3. */
export const CATALOGUE_TYPE = 'application/vnd.signet.catalogue.v1+json';
/** Type of the layers that hold shards. */
export const SHARD_TYPE = 'application/vnd.signet.catalogue.shard.v1+json';

/** Where the tags lie: in the file, or in shards by the first bits of the sha256 of a tag's name. */
export type Tags =
  | { readonly kind: 'whole'; readonly content: Content }
  | {
      readonly kind: 'sharded';
      readonly bits: number;
      /** Of the shards' bytes, by index. */
      readonly digests: readonly Digest[];
    };

/** A catalogue file: what each tag of a collection is, said at a time by whoever signed it. */
export interface Catalogue {
  /** `REGISTRY/REPOSITORY`, folded. */
  readonly collection: string;
  /** Milliseconds since 1970 UTC. */
  readonly issuedMs: number;
  readonly expiresMs: number;
  /** Of the file before it. */
  readonly prev?: Digest;
  readonly revoked: Revocations;
  readonly tags: Tags;
}

/** A part of a sharded catalogue. */
export interface Shard {
  readonly collection: string;
  readonly bits: number;
  readonly index: number;
  readonly content: Content;
}
