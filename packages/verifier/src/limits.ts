import { PolicyError } from './errors.ts';

/** Bounds of one verification. Reaching one is a gap: said in the report, it makes a no undecided. Rule: design.md 7, wire-formats 12. */
export interface VerifyLimits {
  /** Bytes of one manifest. */
  readonly maxManifestBytes: number;
  /** Bytes of one page of the referrers listing: registries copy all annotations into it, and some send one page only. */
  readonly maxListingBytes: number;
  /** Bytes of one envelope or signed payload. */
  readonly maxEnvelopeBytes: number;
  /** Bytes of envelopes held at once for one reference; those that were checked and prove nothing give their room away. */
  readonly maxTotalBytes: number;
  /** Signatures tried that name no trusted key, or name none at all; listing entries and malformed envelopes do not count. */
  readonly maxSignatures: number;
  /** Signatures that name a trusted key: verifications against one key. Their own budget, so that the others cannot spend it. */
  readonly maxChecks: number;
  /** Signature manifests that are fetched one by one, and as many blobs. */
  readonly maxFetches: number;
  /** Fetches in flight. */
  readonly concurrency: number;
  /** Milliseconds for everything. */
  readonly totalMs: number;
}

export const defaultVerifyLimits: VerifyLimits = {
  maxManifestBytes: 4 * 1024 * 1024,
  maxListingBytes: 32 * 1024 * 1024,
  maxEnvelopeBytes: 4 * 1024 * 1024,
  maxTotalBytes: 64 * 1024 * 1024,
  maxSignatures: 100,
  maxChecks: 20_000,
  maxFetches: 20_000,
  concurrency: 16,
  totalMs: 60_000,
};

/** The defaults with what the caller changes. @throws {PolicyError} LIMIT_INVALID for anything but a whole number above 0 */
export function verifyLimits(changes: Partial<VerifyLimits> = {}): VerifyLimits {
  for (const [name, value] of Object.entries(changes)) {
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1))
      throw new PolicyError('LIMIT_INVALID', `the limit ${name} is ${value}, not a whole number above 0`);
  }
  return { ...defaultVerifyLimits, ...changes };
}
