import type { KeyObject } from 'node:crypto';

/** The kinds of keys that are taken; all others are refused when a key is loaded. Rule: design.md 7 "keys are strong enough". */
export type KeyKind = 'ecdsa-p256' | 'ecdsa-p384' | 'ecdsa-p521' | 'rsa' | 'ed25519';

/** A checked public key: its kind is allowed, its point is on the curve and not of small order, its modulus long enough. */
export interface PublicKey {
  readonly kind: KeyKind;
  /** RSA modulus length in bits; undefined for the others. */
  readonly bits?: number;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** Lower-case hex SHA-256 of `spki`: the identity of a signer with a bare key. */
  readonly id: string;
  /** Standard padded base64 of SHA-256 of `spki`. Rule: wire-formats 3.4 (Sigstore's public key hint). */
  readonly hint: string;
  readonly keyObject: KeyObject;
}
