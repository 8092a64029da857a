import type { PublicKey } from '@signet/core';
import type { Descriptor, Digest } from '@signet/oci';
import type { Envelope, Subject } from './evidence.ts';
import type { Finding } from './finding.ts';

/** Everything that may prove a signer, gathered from the rule's sources. */
export interface TrustMaterial {
  readonly keys: readonly PublicKey[];
}

/** What an envelope's unproven hints promise; decides the order of checks, never their outcome. */
export type Prospect = 'likely' | 'open' | 'unlikely';

/** The verifying side of a format. Adding one touches its own folder and one registration line in formats/index.ts. */
export interface VerifyFormat {
  readonly name: string;
  /** Whether a referrer with this listing or manifest descriptor may hold this format. A missing, empty or foreign type must not exclude: wire-formats 2.5. */
  recognise(referrer: Descriptor): boolean;
  /** Whether a layer of a signature manifest holds an envelope of this format. */
  recogniseLayer(layer: Descriptor): boolean;
  /** Tags where this subject's signatures lie outside the referrers list, such as cosign's sha256-<hex>.sig. */
  tagsFor(subject: Digest): readonly string[];
  /** Cheap and total: junk is 'open'. */
  prospect(envelope: Envelope, trust: TrustMaterial): Prospect;
  /** No I/O, no clock; async only because some signature checks are. Never throws: malformed bytes are a failed `integrity`. */
  verify(envelope: Envelope, subject: Subject, trust: TrustMaterial): Promise<Finding>;
}
