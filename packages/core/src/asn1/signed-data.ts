import { constants, type VerifyKeyObjectInput, verify } from 'node:crypto';
import { type DerElement, TAG } from '../keys/der.ts';
import type { Certificate } from '../x509/certificate.ts';
import { isStrongKey } from '../x509/key-rules.ts';
import { algorithmOfSignature, pssAlgorithm } from '../x509/signature-hash.ts';
import { objectIdOf, partsOf, unusable } from './structure.ts';

/** Bytes that are signed, as X.509 has it: the algorithm stands beside them. */
export interface SignedData {
  readonly signed: Uint8Array;
  /** AlgorithmIdentifier. */
  readonly algorithm: DerElement;
  readonly signature: Uint8Array;
}

/**
 * Checks that a certificate's key signed it, by an algorithm of that kind of key and with SHA-2; `whose` names it in the message. Rule: wire-formats 8.7, 9.6.
 * @throws {UnusableAnswer} {KeyError}
 */
export function checkSigned({ signed, algorithm, signature }: SignedData, by: Certificate, whose: string): void {
  const [id, parameters, ...more] = partsOf(algorithm, TAG.sequence, 'the algorithm of the signature');
  const signatureAlgorithm = objectIdOf(id);
  const found = algorithmOfSignature({
    signatureAlgorithm,
    ...(parameters && { signatureParameters: parameters.whole }),
  });
  if (found === 'weak') throw unusable('it is signed with SHA-1, or weaker');
  if (found === 'unknown' || more.length > 0) throw unusable('it is signed by an algorithm that is not taken');
  if (!isStrongKey(by)) throw unusable('the key that signed it is too weak');
  if (!found.keys.includes(by.publicKey.asymmetricKeyType ?? ''))
    throw unusable('it is signed by an algorithm of another kind of key');
  const padding = signatureAlgorithm === pssAlgorithm ? { padding: constants.RSA_PKCS1_PSS_PADDING } : {};
  if (!isSignature(found.hash, signed, { key: by.publicKey, ...padding }, signature))
    throw unusable(`its signature is not that of ${whose}`);
}

function isSignature(
  hash: string | null,
  signed: Uint8Array,
  key: VerifyKeyObjectInput,
  signature: Uint8Array,
): boolean {
  try {
    return verify(hash, signed, key, signature);
  } catch {
    return false; // node:crypto throws on some impossible numbers: no valid signature either
  }
}
