import type { PublicKey } from '@signet/core';
import type { Identity } from '../finding.ts';

/** A named source of trust. One kind now; X.509 and keyless sources come with their formats. */
export interface TrustSource {
  readonly name: string;
  readonly keys: readonly PublicKey[];
  /** How many different keys of it must have signed; default 1. Signatures are not counted: a key may sign as often as it likes. */
  readonly threshold?: number;
}

/** Whether this source trusts the signer. */
export function trusts(source: TrustSource, identity: Identity): boolean {
  return identity.kind === 'key' && source.keys.some((key) => key.id === identity.keyId);
}

/** How many different signers a source needs; a threshold below 1 never opens the door. */
export function thresholdOf({ threshold = 1 }: TrustSource): number {
  return Math.max(1, threshold);
}
