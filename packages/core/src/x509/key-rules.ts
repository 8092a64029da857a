import { KeyError } from '../errors.ts';
import { publicKeyFrom } from '../keys/public-key.ts';
import { type NotaryAlgorithm, notaryAlgorithms } from '../notary/algorithms.ts';
import type { Certificate } from './certificate.ts';

/** The one algorithm that the certificate's key signs with; undefined for a key that signs nothing here. Rule: wire-formats 8.4. */
export function notaryAlgorithmOf({ publicKey }: Certificate): NotaryAlgorithm | undefined {
  try {
    const { kind, bits } = publicKeyFrom(publicKey);
    const spec = kind === 'rsa' ? `RSA-${bits}` : curveSpecs.get(kind);
    return notaryAlgorithms.find(({ keySpec }) => keySpec === spec);
  } catch (error) {
    if (error instanceof KeyError) return undefined; // no key that Signet takes for anything
    throw error;
  }
}

const curveSpecs: ReadonlyMap<string, string> = new Map([
  ['ecdsa-p256', 'EC-256'],
  ['ecdsa-p384', 'EC-384'],
  ['ecdsa-p521', 'EC-521'],
]);

/** RSA of 2048 bits, curves of 256, or the Edwards curves. Rule: wire-formats 8.7. */
export function isStrongKey({ publicKey }: Certificate): boolean {
  const { namedCurve = '', modulusLength = 0, publicExponent = 0n } = publicKey.asymmetricKeyDetails ?? {};
  switch (publicKey.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      // With an exponent of 1 everybody signs; roots with 3 are in use.
      return modulusLength >= 2048 && modulusLength <= maxBits && publicExponent >= 3n && publicExponent % 2n === 1n;
    case 'ec':
      return ['prime256v1', 'secp384r1', 'secp521r1'].includes(namedCurve);
    default:
      return publicKey.asymmetricKeyType === 'ed25519' || publicKey.asymmetricKeyType === 'ed448';
  }
}

/** Longer keys take seconds. */
const maxBits = 16_384;

/** Kind and size of a key, for a message. */
export function keyText({ publicKey }: Certificate): string {
  const { namedCurve, modulusLength } = publicKey.asymmetricKeyDetails ?? {};
  return [publicKey.asymmetricKeyType, namedCurve ?? modulusLength].filter((part) => part !== undefined).join(' ');
}
