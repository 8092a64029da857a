import type { NotaryAlgorithm } from './algorithms.ts';
import type { SignedAttributes } from './attributes.ts';

/** The type of the artifact, and of the older form's config. Rule: wire-formats 8.2 */
export const NOTARY_ARTIFACT_TYPE = 'application/vnd.cncf.notary.signature';

/** The two forms of an envelope, by their media types. Rule: wire-formats 8.2. */
export const notaryEnvelopeTypes: Readonly<Record<NotaryForm, string>> = {
  jws: 'application/jose+json',
  cose: 'application/cose',
};

/** A JWS in JSON, or COSE_Sign1. */
export type NotaryForm = 'jws' | 'cose';

/** A Notary signature as it was read; nothing of it is verified. */
export interface NotaryEnvelope {
  readonly form: NotaryForm;
  /** As the envelope says it: whoever verifies compares it with the key of the first certificate. Rule: design.md 7. */
  readonly algorithm: NotaryAlgorithm;
  readonly attributes: SignedAttributes;
  /** The signed JSON. */
  readonly payload: Uint8Array;
  /** The bytes that the key signed. */
  readonly toVerify: Uint8Array;
  /** As the key made it: ECDSA as r and s, not DER. */
  readonly signature: Uint8Array;
  /** DER, as the envelope lists them: the signer's own first. */
  readonly certificates: readonly Uint8Array[];
  /** DER of a time stamp token over the signature (RFC 3161). */
  readonly timestamp?: Uint8Array;
  /** The program that it says it was made with; anybody can have written this. */
  readonly signingAgent?: string;
}
