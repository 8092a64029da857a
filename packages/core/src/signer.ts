import type { PublicKey } from './keys/public-key.ts';

/**
 * How bytes are signed. Each format allows a fixed list of schemes per key kind; nothing in an envelope chooses one.
 * `ED25519_PH` (RFC 8032 prehash) is only ever verified.
 */
export type SignatureScheme =
  | 'ECDSA_SHA256'
  | 'ECDSA_SHA384'
  | 'ECDSA_SHA512'
  | 'RSA_PKCS1V15_SHA256'
  | 'RSA_PSS_SHA256'
  | 'RSA_PSS_SHA384'
  | 'RSA_PSS_SHA512'
  | 'ED25519'
  | 'ED25519_PH';

/** One key that signs bytes: key file, PKCS#11, KMS, plugin, keyless. Envelopes never see how. */
export interface Signer {
  readonly publicKey: PublicKey;
  /** DER certificates, leaf first; empty for a bare key. */
  readonly chain: readonly Uint8Array[];
  /**
   * Hashes inside. ECDSA comes back as r‖s (IEEE P1363), never DER: the envelope converts where its format wants DER.
   * @throws {KeyError} KEY_REFUSED when the scheme does not fit the key, or the key's keeper refuses
   */
  sign(message: Uint8Array, scheme: SignatureScheme, signal?: AbortSignal): Promise<Uint8Array>;
}
