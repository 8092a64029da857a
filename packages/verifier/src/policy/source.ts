import type { PublicKey } from '@signet/core';
import type { Finding, Identity } from '../finding.ts';
import type { FormatName } from '../format-names.ts';
import type { X509Trust } from './x509-trust.ts';

/** A named source of trust: keys, or certificates. Keyless sources come with their format. */
export interface TrustSource {
  readonly name: string;
  /** None of a source of certificates. */
  readonly keys: readonly PublicKey[];
  /** Of a source of certificates. */
  readonly x509?: X509Trust;
  /** How many different keys of it must have signed; default 1. Signatures are not counted: a key may sign as often as it likes. */
  readonly threshold?: number;
  /** Only signatures in one of these count; default: in any. */
  readonly formats?: readonly FormatName[];
}

/** Whether this source trusts the signer. */
export function trusts(source: TrustSource, identity: Identity): boolean {
  if (identity.kind === 'x509') return source.x509 !== undefined && identity.source === source.name;
  return identity.kind === 'key' && source.keys.some((key) => key.id === identity.keyId);
}

/** Whether signatures in this form count for the source, whoever made them. */
export function takesFormat({ formats }: TrustSource, { format }: Pick<Finding, 'format'>): boolean {
  return formats === undefined || formats.some((name) => name === format);
}

/** Whether some signature that counts for the source can be a tag statement or that of a catalogue: cosign's older form is neither. Rule: signed-tags.md 1 */
export function canMakeStatements({ formats }: TrustSource): boolean {
  return formats === undefined || formats.some((name) => name !== 'cosign');
}

/** How many different signers a source needs; a threshold below 1 never opens the door. */
export function thresholdOf({ threshold = 1 }: TrustSource): number {
  return Math.max(1, threshold);
}
