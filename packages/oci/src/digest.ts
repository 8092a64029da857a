import { createHash, hash } from 'node:crypto';
import { RegistryError } from './errors.ts';

declare const digestBrand: unique symbol;

/** `sha256:<64 hex>` or `sha512:<128 hex>`; only {@link parseDigest} and {@link digestOf} make one. Rule: OCI image-spec 1.1, descriptor.md "Digests". */
export type Digest = string & { readonly [digestBrand]: true };

/** The digest algorithms that are read and written. */
export type DigestAlgorithm = 'sha256' | 'sha512';

const digestPattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Whether the text is a digest of a known algorithm in its one valid spelling. */
export function isDigest(text: string): text is Digest {
  return digestPattern.test(text);
}

/** @throws {RegistryError} DIGEST_INVALID */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new RegistryError(
    'DIGEST_INVALID',
    `not a digest: ${JSON.stringify(text.slice(0, 160))} (wanted sha256:<64 lower-case hex digits> or sha512:<128>)`,
  );
}

/** The digest of these bytes. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return `${algorithm}:${hash(algorithm, bytes, 'hex')}` as Digest;
}

/** `sha256` or `sha512`. */
export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** The hex digits after the colon. */
export function digestHex(digest: Digest): string {
  return digest.slice(7);
}

/** A digest computed piece by piece. */
export interface Digester {
  update(bytes: Uint8Array): void;
  /** Call once. */
  digest(): Digest;
}

export function createDigester(algorithm: DigestAlgorithm = 'sha256'): Digester {
  const hash = createHash(algorithm);
  return {
    update(bytes) {
      hash.update(bytes);
    },
    digest() {
      return `${algorithm}:${hash.digest('hex')}` as Digest;
    },
  };
}
