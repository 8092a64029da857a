import type { ChainCode } from '@signet/core/x509';
import type { Digest } from '@signet/oci';
import { shorten } from './report/shorten.ts';

/** The rules that a signature is held against, in this order; `annotations`, `tag`, `age` and `condition` are the policy's, added by the decision. */
export type CheckName =
  | 'integrity'
  | 'plugin'
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

/**
 * One rule of a spec, looked at once. `unknown`: could not be looked at; `skip`: the policy does not ask for it; `warn`: it is broken, and the
 * policy only logs that.
 */
export interface Check {
  readonly name: CheckName;
  readonly result: 'pass' | 'fail' | 'unknown' | 'skip' | 'warn';
  /** Stable code, listed in docs/reasons.md: `OK`, `SIGNATURE_INVALID`, `SUBJECT_MISMATCH`, … */
  readonly code: CheckCode;
  /** What was expected and what came, for people; from outside, so escaped when printed. */
  readonly message: string;
  /** The rule it comes from: 'wire-formats 5.3', 'RFC 5280 6.1.3'. */
  readonly rule: string;
  /** Which rule of certificates is broken, where one is: listed in docs/reasons.md. */
  readonly certificate?: ChainCode;
  /** What a specification asks for beside it and nobody is refused for, for people; from outside, so escaped when printed. */
  readonly notes?: readonly string[];
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
  | 'CERTIFICATE_RULE'
  | 'CERTIFICATE_NOT_TRUSTED'
  | 'IDENTITY_NOT_TRUSTED'
  | 'ATTRIBUTE_UNKNOWN'
  | 'PLUGIN_NEEDED'
  | 'SIGNATURE_EXPIRED'
  | 'CERTIFICATE_TIME'
  | 'TIMESTAMP_MISSING'
  | 'TIMESTAMP_INVALID'
  | 'CERTIFICATE_REVOKED'
  | 'REVOCATION_UNKNOWN'
  | 'SIGNATURE_TOO_EARLY'
  | 'SIGNATURE_TIME_UNPROVEN'
  | 'SIGNATURE_TIME_AHEAD'
  | 'CONDITION_FALSE'
  | 'CONDITION_UNKNOWN';

/** Who a signature is proven to be from. */
export type Identity =
  | { readonly kind: 'key' /** Hex SHA-256 of the SPKI. */; readonly keyId: string }
  | {
      readonly kind: 'x509';
      /** Hex SHA-256 of the root of the chain, whichever of its certificates is the one that is trusted. */
      readonly anchor: string;
      /** The signer's name, as notation prints it. */
      readonly subject: string;
      /** The source of trust that it was held against. */
      readonly source?: string;
      /** Hex SHA-256 of the SPKI of each certificate of the chain. */
      readonly keyIds?: readonly string[];
    }
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
  /** From when on it may no longer count: its own end, or that of one of its certificates. Milliseconds since 1970 UTC. */
  readonly endsAtMs?: number;
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
    return own.length > 0 && own.every((check) => check.result === 'pass' || check.result === 'warn');
  });
  const finding = {
    ...parts,
    checks: parts.checks.map((check) => ({
      ...check,
      message: shorten(check.message),
      ...(check.notes === undefined ? {} : { notes: check.notes.map((note) => shorten(note)) }),
    })),
    claims: Object.fromEntries(
      Object.entries(parts.claims).map(([name, text]) => [name, shorten(text, maxClaimLength)]),
    ),
  };
  return isProven && says !== undefined ? { ...finding, proven: says } : finding;
}

/**
 * One word per signer: two findings with the same word count once. Of a root its key counts, not its bytes: above the certificate that is
 * trusted a chain is the signer's own choice, and the signature of a certificate by ECDSA has a second spelling that anybody can write, which
 * would make two signers of one. Rule: design.md 6 "A signer is …".
 */
export function signerId(identity: Identity): string {
  switch (identity.kind) {
    case 'key':
      return `key:${identity.keyId}`;
    case 'x509':
      return `x509:${JSON.stringify([identity.keyIds?.at(-1) ?? identity.anchor, identity.subject])}`;
    case 'keyless':
      return `keyless:${JSON.stringify([identity.issuer, identity.subject])}`;
  }
}

/** Nothing that was looked at failed, and nothing that had to be looked at is open. */
export function isAccepted(finding: Finding): boolean {
  return finding.proven !== undefined && finding.checks.every(({ result }) => isFine(result));
}

function isFine(result: Check['result']): boolean {
  return result === 'pass' || result === 'skip' || result === 'warn';
}

/** Whether the key that signed, or that of a certificate above it, is among these. */
export function isKeyOf(identity: Identity, keyIds: ReadonlySet<string>): boolean {
  if (identity.kind === 'key') return keyIds.has(identity.keyId);
  return identity.kind === 'x509' && identity.keyIds?.some((id) => keyIds.has(id)) === true;
}

/** Nothing failed, but something could not be looked at. */
export function isPossible(finding: Finding): boolean {
  return finding.proven !== undefined && finding.checks.every(({ result }) => result !== 'fail');
}
