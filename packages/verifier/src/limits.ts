import { PolicyError } from './errors.ts';

/** Bounds of one verification. Reaching one is a gap: said in the report, it makes a no undecided. Rule: design.md 7, wire-formats 12. */
export interface VerifyLimits {
  /** Bytes of one manifest. */
  readonly maxManifestBytes: number;
  /** Bytes of one envelope or signed payload. */
  readonly maxEnvelopeBytes: number;
  /** Bytes of all envelopes kept for one reference. */
  readonly maxTotalBytes: number;
  /** Signatures on which a public key operation is tried; listing entries and malformed envelopes do not count. */
  readonly maxSignatures: number;
  /** Signature manifests that are fetched one by one, and as many blobs. */
  readonly maxFetches: number;
  /** Fetches in flight. */
  readonly concurrency: number;
  /** Milliseconds for everything. */
  readonly totalMs: number;
}

export const defaultVerifyLimits: VerifyLimits = {
  maxManifestBytes: 4 * 1024 * 1024,
  maxEnvelopeBytes: 4 * 1024 * 1024,
  maxTotalBytes: 64 * 1024 * 1024,
  maxSignatures: 100,
  maxFetches: 2_000,
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
