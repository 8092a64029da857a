import { RegistryError } from '../errors.ts';

/** Bounds on one copy, so that a hostile source cannot make it endless. */
export interface CopyLimits {
  /** Manifests that are read, those that turn out to be none of ours included. */
  readonly maxManifests: number;
  /** Bytes of these manifests together. */
  readonly maxManifestBytes: number;
  /** Indexes within indexes. */
  readonly maxDepth: number;
}

export const defaultCopyLimits: CopyLimits = {
  maxManifests: 100_000,
  maxManifestBytes: 256 * 1024 * 1024,
  maxDepth: 8,
};

/** What is left of the limits. */
export interface Budget {
  /** @throws {RegistryError} LIMIT_REACHED */
  take(bytes: number): void;
  /** @throws {RegistryError} LIMIT_REACHED */
  checkDepth(depth: number): void;
}

export function createBudget(limits: CopyLimits): Budget {
  let manifests = 0;
  let bytes = 0;
  return {
    take(size) {
      manifests += 1;
      bytes += size;
      if (manifests > limits.maxManifests) throw reached(`${limits.maxManifests} manifests`);
      if (bytes > limits.maxManifestBytes) throw reached(`${limits.maxManifestBytes} bytes of manifests`);
    },
    checkDepth(depth) {
      if (depth > limits.maxDepth) throw reached(`${limits.maxDepth} indexes within one another`);
    },
  };
}

function reached(what: string): RegistryError {
  return new RegistryError('LIMIT_REACHED', `copying: more than ${what}`);
}
