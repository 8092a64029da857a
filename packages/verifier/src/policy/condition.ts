import type { Digest } from '@signet/oci';

/** The image as a condition sees it (`image.…`). */
export interface ImageFacts {
  /** Folded host. */
  readonly registry: string;
  readonly repository: string;
  /** Empty where none was asked. */
  readonly tag: string;
  readonly digest: Digest;
  /** `os/arch[/variant]`; empty where none was asked. */
  readonly platform: string;
}

/** One proven signature as a condition sees it (`signature.…`). */
export interface SignatureFacts {
  /** `sigstore`, `cosign`, … */
  readonly format: string;
  readonly signer: {
    readonly kind: 'key' | 'x509' | 'keyless';
    /** Hex SHA-256 of the SPKI; empty for other kinds. */
    readonly keyId: string;
    /** Empty for a key. */
    readonly issuer: string;
    /** Empty for a key. */
    readonly subject: string;
  };
  /** As the signer wrote it into the payload; empty where there is none. */
  readonly reference: string;
  /** All signed annotations. */
  readonly annotations: Readonly<Record<string, string>>;
  /** The signer's own claim, milliseconds since 1970 UTC. */
  readonly claimedAtMs?: number;
  /** By a trusted timestamp or log, milliseconds since 1970 UTC. */
  readonly verifiedAtMs?: number;
}

/** What a condition is evaluated over. */
export interface ConditionFacts {
  readonly image: ImageFacts;
  readonly signature: SignatureFacts;
}

/** `unknown`: a bound was reached, neither yes nor no. A value that is not there was read and found missing: `fail`. Rule: docs/conditions.md */
export interface ConditionAnswer {
  readonly result: 'pass' | 'fail' | 'unknown';
  readonly message: string;
}

/** A CEL expression of the policy, checked when it was loaded. Kept as an interface, so that the decision loads no CEL. */
export interface Condition {
  readonly text: string;
  /** Pure, bounded, never throws. */
  readonly evaluate: (facts: ConditionFacts) => ConditionAnswer;
}
