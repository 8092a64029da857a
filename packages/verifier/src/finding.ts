import type { Digest } from '@signet/oci';

/** The rules that a signature is held against, in this order. */
export type CheckName =
  | 'integrity'
  | 'subject'
  | 'authenticity'
  | 'annotations'
  | 'timestamp'
  | 'transparency'
  | 'expiry'
  | 'revocation';

/** One rule of a spec, looked at once. `unknown`: could not be looked at; `skip`: the policy does not ask for it. */
export interface Check {
  readonly name: CheckName;
  readonly result: 'pass' | 'fail' | 'unknown' | 'skip';
  /** Stable code, listed in docs/errors.md: `OK`, `SIGNATURE_INVALID`, `SUBJECT_MISMATCH`, … */
  readonly code: string;
  /** What was expected and what came, for people; from outside, so escaped when printed. */
  readonly message: string;
  /** The rule it comes from: 'wire-formats 5.3', 'RFC 5280 6.1.3'. */
  readonly rule: string;
}

/** Who a signature is proven to be from. */
export type Identity =
  | { readonly kind: 'key' /** Hex SHA-256 of the SPKI. */; readonly keyId: string }
  | { readonly kind: 'x509'; readonly anchor: string; readonly subject: string }
  | { readonly kind: 'keyless'; readonly issuer: string; readonly subject: string };

/** What a signature that passed integrity, subject and authenticity says. */
export interface Proven {
  readonly identity: Identity;
  readonly subject: Digest;
  /** `REGISTRY/REPO:TAG` (or `REGISTRY/REPO`) as the signer wrote it into the payload. */
  readonly signedReference?: string;
  /** The signer's own claim, milliseconds since 1970 UTC. */
  readonly claimedAtMs?: number;
  /** All signed annotations. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** Where an envelope was found. `listing`: embedded in a referrers listing; `manifest`: embedded in a descriptor's data; `blob`: fetched. */
export type FoundIn = 'listing' | 'manifest' | 'blob';

/** What one signature showed. `proven` exists only if integrity, subject and authenticity passed: nothing else can name a signer. */
export interface Finding {
  /** Name of the format: `sigstore`, `cosign`, …. */
  readonly format: string;
  /** Digest of the signature manifest. */
  readonly origin: Digest;
  readonly foundIn: FoundIn;
  readonly checks: readonly Check[];
  readonly proven?: Proven;
  /** Key hints and signer names that the envelope claims; unproven, for explanations only. */
  readonly claims: Readonly<Record<string, string>>;
}
