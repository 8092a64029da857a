import { DctError } from '../errors.ts';
import type { SignedFile } from '../metadata/signed.ts';

/** What is past its time, and is used all the same since the caller allowed it. */
export interface Expired {
  /** A role, or `root key ID`. */
  readonly what: string;
  readonly expiresMs: number;
}

/** The clock of one question, and what it found expired. */
export interface Freshness {
  readonly nowMs: number;
  readonly expired: readonly Expired[];
  /** @throws {DctError} DCT_EXPIRED, unless it is allowed: then it is noted */
  check(file: Pick<SignedFile, 'what' | 'expiresMs'>): void;
}

/** `allowExpired`: for trust data whose service has ended. */
export function createFreshness(nowMs: number, allowExpired: boolean): Freshness {
  const expired: Expired[] = [];
  return {
    nowMs,
    expired,
    check({ what, expiresMs }) {
      if (expiresMs >= nowMs) return;
      if (!allowExpired) throw new DctError('DCT_EXPIRED', `${what} expired on ${new Date(expiresMs).toISOString()}`);
      expired.push({ what, expiresMs });
    },
  };
}
