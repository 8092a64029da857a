import type { NotaryForm } from '@signet/core';

/** What a signature says about itself. Nothing of it is verified: `verified` is always false, and every text is its author's. */
export interface Inspection {
  readonly verified: false;
  readonly format: 'sigstore' | 'cosign' | 'notary' | 'unknown';
  readonly signer: ClaimedSigner;
  readonly payloadType?: string;
  readonly predicateType?: string;
  /** Digests that it says it signs: `sha256:<hex>`. */
  readonly subjects: readonly string[];
  readonly signedReference?: string;
  readonly signedAt?: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly logEntries: number;
  /** What only a Notary signature says. */
  readonly notary?: NotaryInspection;
  /** Why less could be said. */
  readonly problem?: string;
}

/** Who it says it is from. `none`: it does not say. */
export type ClaimedSigner =
  | { readonly kind: 'key'; readonly hint: string; readonly keyId?: string }
  | { readonly kind: 'certificate' }
  | { readonly kind: 'none' };

/** What a Notary signature says beyond what all formats say. Times: RFC 3339, UTC. */
export interface NotaryInspection {
  readonly envelope: NotaryForm;
  /** Of the envelope. */
  readonly mediaType: string;
  /** As notation names it: `RSASSA-PSS-SHA-256`. */
  readonly algorithm: string;
  readonly scheme: string;
  readonly signingTime?: string;
  readonly authenticSigningTime?: string;
  readonly expiry?: string;
  readonly verificationPlugin?: string;
  readonly verificationPluginMinVersion?: string;
  /** Signed attributes beyond those, such as plugins add: their names, what they say, and which of them nobody may ignore. */
  readonly extended: readonly { readonly name: string | number; readonly value: string; readonly critical: boolean }[];
  readonly artifact?: { readonly mediaType: string; readonly digest: string; readonly size: number };
  /** The signer's own first. */
  readonly certificates: readonly InspectedCertificate[];
  /** Of an authority (RFC 3161), outside what is signed. */
  readonly timestamp?: InspectedTimestamp;
  /** Unsigned: the program that it says it was made with. */
  readonly signingAgent?: string;
}

/**
 * A time stamp over the signature, in so many `bytes`. Where it can be read, it is about this signature, and signed by one of its certificates; nobody asked
 * who that is. `problem`: it cannot.
 */
export type InspectedTimestamp = { readonly bytes: number } & (
  | {
      /** RFC 3339, UTC, with the milliseconds where it has some. */
      readonly time: string;
      /** The time lies within so many milliseconds of it, on both sides. */
      readonly accuracyMs: number;
      readonly certificates: readonly InspectedCertificate[];
    }
  | { readonly problem: string }
);

/** A certificate as it stands in an envelope. `problem`: it cannot be read. */
export type InspectedCertificate = {
  /** Lower-case hex of its DER's digest. */
  readonly sha256: string;
} & (
  | { readonly subject: string; readonly issuer: string; readonly notBefore: string; readonly notAfter: string }
  | { readonly problem: string }
);
