import { constants, type VerifyKeyObjectInput, verify } from 'node:crypto';
import { type DerElement, readAll, readOnlySequence, TAG } from '../keys/der.ts';
import type { Certificate } from '../x509/certificate.ts';
import { isStrongKey } from '../x509/key-rules.ts';
import { hashOfSignature } from '../x509/signature-hash.ts';
import { objectIdOf, partsOf, unusable } from './structure.ts';

/** Bytes that are signed, as X.509 has it: the algorithm stands beside them. */
export interface SignedData {
  readonly signed: Uint8Array;
  /** AlgorithmIdentifier. */
  readonly algorithm: DerElement;
  readonly signature: Uint8Array;
}

/** The kinds of keys that an algorithm fits, and its hash; null: it hashes inside. Rule: RFC 5758, RFC 4055, RFC 8410. */
interface Scheme {
  readonly keys: readonly string[];
  readonly hash: string | null;
}

const pss = '1.2.840.113549.1.1.10';
const schemes: Readonly<Record<string, Scheme>> = {
  '1.2.840.113549.1.1.11': { keys: ['rsa'], hash: 'sha256' },
  '1.2.840.113549.1.1.12': { keys: ['rsa'], hash: 'sha384' },
  '1.2.840.113549.1.1.13': { keys: ['rsa'], hash: 'sha512' },
  '1.2.840.10045.4.3.2': { keys: ['ec'], hash: 'sha256' },
  '1.2.840.10045.4.3.3': { keys: ['ec'], hash: 'sha384' },
  '1.2.840.10045.4.3.4': { keys: ['ec'], hash: 'sha512' },
  '1.3.101.112': { keys: ['ed25519'], hash: null },
  '1.3.101.113': { keys: ['ed448'], hash: null },
};
const pssHashes: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/**
 * Checks that a certificate's key signed it, by an algorithm of that kind of key and with SHA-2. Rule: wire-formats 8.7, 9.6.
 * @throws {UnusableAnswer} {KeyError}
 */
export function checkSigned({ signed, algorithm, signature }: SignedData, by: Certificate): void {
  const [id, parameters, ...more] = partsOf(algorithm, TAG.sequence, 'the algorithm of the signature');
  const signatureAlgorithm = objectIdOf(id);
  const strength = hashOfSignature({
    signatureAlgorithm,
    ...(parameters && { signatureParameters: parameters.whole }),
  });
  if (strength === 'weak') throw unusable('it is signed with SHA-1, or weaker');
  if (strength === 'unknown' || more.length > 0) throw unusable('it is signed by an algorithm that is not taken');
  if (!isStrongKey(by)) throw unusable('the key that signed it is too weak');
  const scheme = signatureAlgorithm === pss ? pssScheme(parameters) : schemes[signatureAlgorithm];
  if (scheme?.keys.includes(by.publicKey.asymmetricKeyType ?? '') !== true)
    throw unusable('it is signed by an algorithm of another kind of key');
  const padding = signatureAlgorithm === pss ? { padding: constants.RSA_PKCS1_PSS_PADDING } : {};
  if (!isSignature(scheme.hash, signed, { key: by.publicKey, ...padding }, signature))
    throw unusable('its signature is not that of the issuer, or of a responder of the issuer');
}

/** The hash was judged before: it stands there, and is the mask's. */
function pssScheme(parameters: DerElement | undefined): Scheme | undefined {
  const parts = readAll(readOnlySequence(parameters?.whole ?? new Uint8Array(0)));
  const field = parts.find(({ tag }) => tag === 0xa0);
  const [id] = field === undefined ? [] : readAll(readOnlySequence(field.content));
  const hash = pssHashes[objectIdOf(id)];
  return hash === undefined ? undefined : { keys: ['rsa', 'rsa-pss'], hash };
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
