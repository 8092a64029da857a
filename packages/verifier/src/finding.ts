import type { Digest } from '@signet/oci';
import { shorten } from './report/shorten.ts';

/** The rules that a signature is held against, in this order; `annotations`, `tag`, `age` and `condition` are the policy's, added by the decision. */
export type CheckName =
  | 'integrity'
  | 'authenticity'
  | 'payload'
  | 'subject'
  | 'annotations'
  | 'tag'
  | 'age'
  | 'condition'
  | 'timestamp'
  | 'transparency'
  | 'expiry'
  | 'revocation';

/** One rule of a spec, looked at once. `unknown`: could not be looked at; `skip`: the policy does not ask for it. */
export interface Check {
  readonly name: CheckName;
  readonly result: 'pass' | 'fail' | 'unknown' | 'skip';
  /** Stable code, listed in docs/reasons.md: `OK`, `SIGNATURE_INVALID`, `SUBJECT_MISMATCH`, … */
  readonly code: CheckCode;
  /** What was expected and what came, for people; from outside, so escaped when printed. */
  readonly message: string;
  /** The rule it comes from: 'wire-formats 5.3', 'RFC 5280 6.1.3'. */
  readonly rule: string;
}

/** Why a check came out as it did, in one stable word. */
export type CheckCode =
  | 'OK'
  | 'NOT_ASKED'
  | 'ENVELOPE_MALFORMED'
  | 'ENVELOPE_UNSUPPORTED'
  | 'CERTIFICATE_NOT_KEY'
  | 'SIGNATURE_COUNT'
  | 'SIGNATURE_INVALID'
  | 'KEY_NOT_TRUSTED'
  | 'PAYLOAD_TYPE'
  | 'PAYLOAD_MALFORMED'
  | 'NOT_A_SIGNATURE'
  | 'SUBJECT_MISMATCH'
  | 'ANNOTATION_MISMATCH'
  | 'TAG_MISMATCH'
  | 'TAG_UNSIGNED'
  | 'TAG_NOTHING_TO_COMPARE'
  | 'TAG_UNCHECKED'
  | 'SIGNATURE_TOO_OLD'
  | 'SIGNATURE_TOO_EARLY'
  | 'SIGNATURE_TIME_UNPROVEN'
  | 'SIGNATURE_TIME_AHEAD'
  | 'CONDITION_FALSE'
  | 'CONDITION_UNKNOWN';

/** Who a signature is proven to be from. */
export type Identity =
  | { readonly kind: 'key' /** Hex SHA-256 of the SPKI. */; readonly keyId: string }
  | { readonly kind: 'x509'; readonly anchor: string; readonly subject: string }
  | { readonly kind: 'keyless'; readonly issuer: string; readonly subject: string };

/** What a signature that passed integrity, authenticity, payload and subject says. */
export interface Proven {
  readonly identity: Identity;
  readonly subject: Digest;
  /** `REGISTRY/REPO:TAG` (or `REGISTRY/REPO`) as the signer wrote it into the payload. */
  readonly signedReference?: string;
  /** The signer's own claim, milliseconds since 1970 UTC. */
  readonly claimedAtMs?: number;
  /** By a trusted timestamp or transparency log, milliseconds since 1970 UTC: at this time the signature was there. */
  readonly verifiedAtMs?: number;
  /** All signed annotations. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** Where an envelope was found. `listing`: embedded in a referrers listing; `manifest`: embedded in a descriptor's data; `blob`: fetched. */
export type FoundIn = 'listing' | 'manifest' | 'blob';

/** What one signature showed. `proven` exists only if integrity, authenticity, payload and subject passed: nothing else can name a signer. */
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
  /** Verifications that were made for it, each of its signature against one key; 0: there was no signature to try. */
  readonly keyChecks: number;
}

const provingChecks: readonly CheckName[] = ['integrity', 'authenticity', 'payload', 'subject'];

/** Characters of one claim: a hint has 44. */
const maxClaimLength = 200;

/**
 * The only place that makes `proven`: each proving check was looked at and passed, and none failed. `says` is dropped otherwise. Texts of
 * who may not be trusted are cut.
 */
export function createFinding(parts: Omit<Finding, 'proven'>, says: Proven | undefined): Finding {
  const isProven = provingChecks.every((name) => {
    const own = parts.checks.filter((check) => check.name === name);
    return own.length > 0 && own.every((check) => check.result === 'pass');
  });
  const finding = {
    ...parts,
    checks: parts.checks.map((check) => ({ ...check, message: shorten(check.message) })),
    claims: Object.fromEntries(
      Object.entries(parts.claims).map(([name, text]) => [name, shorten(text, maxClaimLength)]),
    ),
  };
  return isProven && says !== undefined ? { ...finding, proven: says } : finding;
}

/** One word per signer: two findings with the same word count once. Rule: design.md 6 "A signer is …". */
export function signerId(identity: Identity): string {
  switch (identity.kind) {
    case 'key':
      return `key:${identity.keyId}`;
    case 'x509':
      return `x509:${JSON.stringify([identity.anchor, identity.subject])}`;
    case 'keyless':
      return `keyless:${JSON.stringify([identity.issuer, identity.subject])}`;
  }
}

/** Nothing that was looked at failed, and nothing that had to be looked at is open. */
export function isAccepted(finding: Finding): boolean {
  return finding.proven !== undefined && finding.checks.every(({ result }) => result === 'pass' || result === 'skip');
}

/** Nothing failed, but something could not be looked at. */
export function isPossible(finding: Finding): boolean {
  return finding.proven !== undefined && finding.checks.every(({ result }) => result !== 'fail');
}
