import type { PublicKey } from '@signet/core';
import type { Descriptor } from '@signet/oci';
import type { Envelope } from './evidence.ts';
import type { Finding } from './finding.ts';

/** Everything that may prove a signer, gathered from the rule's sources. */
export interface TrustMaterial {
  readonly keys: readonly PublicKey[];
}

/** The verifying side of a format. Adding one touches its own folder and one registration line in formats/index.ts. */
export interface VerifyFormat {
  readonly name: string;
  /** Whether a referrer with this listing or manifest descriptor may hold this format. A missing, empty or foreign type must not exclude: wire-formats 2.5. */
  recognise(referrer: Descriptor): boolean;
  /** Whether a layer of a signature manifest holds an envelope of this format. */
  recogniseLayer(layer: Descriptor): boolean;
  /** Tags where this subject's signatures lie outside the referrers list, such as cosign's sha256-<hex>.sig. */
  tagsFor(subject: Descriptor): readonly string[];
  /** No I/O, no clock; async only because some signature checks are. Never throws: malformed bytes are a failed `integrity`. */
  verify(envelope: Envelope, subject: Descriptor, trust: TrustMaterial): Promise<Finding>;
}
