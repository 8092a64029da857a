import { constants, verify } from 'node:crypto';
import type { PublicKey } from '../keys/public-key.ts';
import type { SignatureScheme } from '../signer.ts';
import { type NotaryAlgorithm, notaryAlgorithms } from './algorithms.ts';

/** How a signer is asked for each algorithm. Rule: wire-formats 8.4 */
const schemes: Readonly<Record<string, SignatureScheme>> = {
  'RSASSA-PSS-SHA-256': 'RSA_PSS_SHA256',
  'RSASSA-PSS-SHA-384': 'RSA_PSS_SHA384',
  'RSASSA-PSS-SHA-512': 'RSA_PSS_SHA512',
  'ECDSA-SHA-256': 'ECDSA_SHA256',
  'ECDSA-SHA-384': 'ECDSA_SHA384',
  'ECDSA-SHA-512': 'ECDSA_SHA512',
};

/** The one algorithm of a key; undefined for a key that signs nothing here, Ed25519 and odd sizes of RSA among them. Rule: wire-formats 8.4 */
export function notaryAlgorithmOf({ kind, bits }: Pick<PublicKey, 'kind' | 'bits'>): NotaryAlgorithm | undefined {
  const keySpec = kind === 'rsa' ? `RSA-${bits}` : kind.replace('ecdsa-p', 'EC-');
  return notaryAlgorithms.find((algorithm) => algorithm.keySpec === keySpec);
}

/** The scheme that a signer signs with. */
export function schemeOf({ name }: NotaryAlgorithm): SignatureScheme {
  const scheme = schemes[name];
  if (scheme === undefined) throw new TypeError(`no scheme for ${name}`);
  return scheme;
}

/** Whether the signature is this key's over the bytes: r and s for ECDSA, PSS with a salt as long as the hash. Never throws. Rule: wire-formats 8.4 */
export function verifyNotarySignature(
  key: PublicKey,
  {
    toVerify,
    signature,
    algorithm,
  }: { readonly toVerify: Uint8Array; readonly signature: Uint8Array; readonly algorithm: NotaryAlgorithm },
): boolean {
  if (notaryAlgorithmOf(key) !== algorithm) return false;
  try {
    const { keyObject } = key;
    const options =
      key.kind === 'rsa'
        ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
        : { dsaEncoding: 'ieee-p1363' as const };
    return verify(algorithm.hash, toVerify, { key: keyObject, ...options }, signature);
  } catch {
    return false; // node:crypto throws on some impossible numbers
  }
}
