import { createHash } from 'node:crypto';
import { CliError } from '../errors.ts';

/** What is done or under way, by fingerprint: some fifty bytes for each, however long the references are. */
export interface Seen {
  /** False where it was there already. @throws {CliError} USAGE for too many */
  readonly add: (kind: string, reference: string) => boolean;
  readonly has: (kind: string, reference: string) => boolean;
}

/** More than one audit is for: the set would take too much memory. */
const maxSeen = 1_000_000;

export function createSeen(): Seen {
  const fingerprints = new Set<string>();
  return {
    add(kind, reference) {
      const fingerprint = fingerprintOf(kind, reference);
      if (fingerprints.has(fingerprint)) return false;
      if (fingerprints.size === maxSeen)
        throw new CliError('USAGE', `more than ${maxSeen} images: audit them in parts`, {
          hint: 'by REGISTRY/PREFIX, or by several lists',
        });
      fingerprints.add(fingerprint);
      return true;
    },
    has: (kind, reference) => fingerprints.has(fingerprintOf(kind, reference)),
  };
}

/** 128 bits: nobody can make two names that share them, and hide one behind the other. */
function fingerprintOf(kind: string, reference: string): string {
  return createHash('sha256').update(`${kind} ${reference}`).digest().toString('latin1', 0, 16);
}
