/**
 * What an OCSP response or a list says of one certificate. Times are milliseconds since 1970 UTC. `unknown` is also every answer that cannot
 * be relied on: `message` says why. Rule: wire-formats 9.6.
 */
export type RevocationAnswer =
  | { readonly status: 'good'; readonly message: string }
  | { readonly status: 'revoked'; readonly atMs: number; readonly reason: RevocationReason; readonly message: string }
  | { readonly status: 'unknown'; readonly message: string };

/** Why a certificate was revoked. Rule: RFC 5280, 5.3.1. */
export type RevocationReason = (typeof reasons)[number];

/** By their numbers; 7 is not used. */
const reasons = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'unused',
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const;

/** Undefined for a number that no reason has. */
export function reasonOf(number: number): RevocationReason | undefined {
  return number === 7 ? undefined : reasons[number];
}

/** An answer that says nothing of the certificate. */
export function unknown(message: string): Extract<RevocationAnswer, { status: 'unknown' }> {
  return { status: 'unknown', message };
}

/**
 * What a revocation means for a signature whose time is authentic: one whose reason came up only later leaves it as it was.
 * `signedAtMs` is undefined where the signing time is nobody's but the signer's word. Rule: wire-formats 9.6, "revoked but fine".
 */
export function toRevoked(
  { atMs, reason, invalidFromMs }: Revocation,
  signedAtMs: number | undefined,
): Extract<RevocationAnswer, { status: 'good' | 'revoked' }> {
  if (signedAtMs !== undefined && invalidFromMs !== undefined && invalidFromMs > signedAtMs)
    return { status: 'good', message: `revoked (${reason}), but invalid only since a time after the signature` };
  return { status: 'revoked', atMs, reason, message: `is revoked (${reason})` };
}

/** One entry that revokes. */
export interface Revocation {
  readonly atMs: number;
  readonly reason: RevocationReason;
  readonly invalidFromMs?: number;
}
