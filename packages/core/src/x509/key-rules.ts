import type { KeyObject } from 'node:crypto';
import { KeyError } from '../errors.ts';
import { type PublicKey, publicKeyFrom } from '../keys/public-key.ts';
import type { NotaryAlgorithm } from '../notary/algorithms.ts';
import { notaryAlgorithmOf as algorithmOfKey } from '../notary/signature.ts';
import type { Certificate } from './certificate.ts';

/** The one algorithm that the certificate's key signs with; undefined for a key that signs nothing here. Rule: wire-formats 8.4. */
export function notaryAlgorithmOf({ publicKey }: Certificate): NotaryAlgorithm | undefined {
  const key = takenKey(publicKey);
  return key === undefined ? undefined : algorithmOfKey(key);
}

/** RSA of 2048 bits, curves of 256, or the Edwards curves. Rule: wire-formats 8.7. */
export function isStrongKey({ publicKey }: Certificate): boolean {
  const { modulusLength = 0, publicExponent = 0n } = publicKey.asymmetricKeyDetails ?? {};
  switch (publicKey.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      return modulusLength >= 2048 && modulusLength <= maxBits && isUsualExponent(publicExponent);
    case 'ec':
      return takenKey(publicKey) !== undefined; // P-256, P-384 or P-521 by name, and a whole point
    default:
      return publicKey.asymmetricKeyType === 'ed25519' || publicKey.asymmetricKeyType === 'ed448';
  }
}

/**
 * With an exponent of 1 everybody signs; roots with 3 are in use. Go has none from 2^31, and whoever is free to choose a long one can make a
 * second key that fits a signature of somebody else's.
 */
function isUsualExponent(exponent: bigint): boolean {
  return exponent >= 3n && exponent < 2n ** 31n && exponent % 2n === 1n;
}

/** Longer keys take seconds. */
const maxBits = 16_384;

/** As any key that comes to Signet is looked at; undefined for one that is not taken. */
function takenKey(publicKey: KeyObject): PublicKey | undefined {
  try {
    return publicKeyFrom(publicKey);
  } catch (error) {
    if (error instanceof KeyError) return undefined;
    throw error;
  }
}

/** Kind and size of a key, for a message. */
export function keyText({ publicKey }: Certificate): string {
  const { namedCurve, modulusLength } = publicKey.asymmetricKeyDetails ?? {};
  return [publicKey.asymmetricKeyType, namedCurve ?? modulusLength].filter((part) => part !== undefined).join(' ');
}
