import { constants, createVerify, type VerifyKeyObjectInput, verify } from 'node:crypto';
import { verifyEd25519, verifyEd25519Prehash } from './keys/ed25519.ts';
import { ed25519Bytes, type PublicKey } from './keys/public-key.ts';
import { allowsScheme } from './schemes.ts';
import { toDerSignature, toRawSignature } from './signature-encoding.ts';
import type { SignatureScheme } from './signer.ts';

/** How an ECDSA signature is written down; the other schemes have one form and ignore it. */
export type SignatureEncoding = 'der' | 'ieee-p1363';

/** Hash of each scheme of ECDSA and RSA, as node:crypto names it. */
export const SCHEME_HASH: Readonly<Record<Exclude<SignatureScheme, 'ED25519' | 'ED25519_PH'>, string>> = {
  ECDSA_SHA256: 'sha256',
  ECDSA_SHA384: 'sha384',
  ECDSA_SHA512: 'sha512',
  RSA_PKCS1V15_SHA256: 'sha256',
  RSA_PSS_SHA256: 'sha256',
  RSA_PSS_SHA384: 'sha384',
  RSA_PSS_SHA512: 'sha512',
};

/**
 * Whether the signature over `message` (hashed inside) is this key's, in exactly this scheme and encoding. Never throws: what does not fit is
 * false. The key chooses: a scheme outside its allow-list is false. Rule: design.md 7, wire-formats 3.3.
 */
export function verifySignature(
  key: PublicKey,
  scheme: SignatureScheme,
  message: Uint8Array,
  signature: Uint8Array,
  encoding: SignatureEncoding,
): boolean {
  if (!allowsScheme(key.kind, scheme)) return false;
  try {
    if (scheme === 'ED25519') return verifyEd25519(key.keyObject, message, signature);
    if (scheme === 'ED25519_PH') return verifyEd25519Prehash(ed25519Bytes(key), message, signature);
    const data = { message, signature, hash: SCHEME_HASH[scheme] };
    if (key.kind === 'rsa') return verifyRsa(key, data, scheme !== 'RSA_PKCS1V15_SHA256');
    return verifyEcdsa(key, data, encoding);
  } catch {
    return false; // node:crypto throws on some impossible numbers: no valid signature either
  }
}

/** A signature over bytes that come piece by piece, none of them kept. */
export interface SignatureCheck {
  update(piece: Uint8Array): void;
  /** Once, after the last piece. Never throws. */
  verify(): boolean;
}

/** As {@link verifySignature}, for a message too long to hold; undefined for Ed25519, which needs it whole. */
export function startSignatureCheck(
  key: PublicKey,
  scheme: SignatureScheme,
  signature: Uint8Array,
  encoding: SignatureEncoding,
): SignatureCheck | undefined {
  if (scheme === 'ED25519' || scheme === 'ED25519_PH') return undefined;
  const isRsa = key.kind === 'rsa';
  const shown = isRsa ? signature : strictDer(key, signature, encoding);
  const isShaped = shown !== undefined && (!isRsa || isRsaLength(key, shown));
  if (!allowsScheme(key.kind, scheme) || !isShaped) return { update: () => undefined, verify: () => false };
  const hashing = createVerify(SCHEME_HASH[scheme]);
  const input = isRsa ? rsaInput(key, scheme !== 'RSA_PKCS1V15_SHA256') : key.keyObject;
  return {
    update: (piece) => void hashing.update(piece),
    verify: () => {
      try {
        return hashing.verify(input, shown);
      } catch {
        return false; // node:crypto throws on some impossible numbers: no valid signature either
      }
    },
  };
}

interface SignedData {
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly hash: string;
}

function verifyEcdsa(key: PublicKey, data: SignedData, encoding: SignatureEncoding): boolean {
  const signature = strictDer(key, data.signature, encoding);
  // The key by itself: an object with options costs node:crypto an exception, a third of the arithmetic.
  return signature !== undefined && verify(data.hash, data.message, key.keyObject, signature);
}

function verifyRsa(key: PublicKey, data: SignedData, pss: boolean): boolean {
  return isRsaLength(key, data.signature) && verify(data.hash, data.message, rsaInput(key, pss), data.signature);
}

/** OpenSSL's DER reader is only ever shown the one spelling that ours takes. */
function strictDer(key: PublicKey, signature: Uint8Array, encoding: SignatureEncoding): Uint8Array | undefined {
  if (encoding === 'ieee-p1363') return toDerSignature(signature, key.kind);
  return toRawSignature(signature, key.kind) === undefined ? undefined : signature;
}

/** Rule: RFC 8017, 8.1.2 and 8.2.2 (step 1: exact length). */
function isRsaLength(key: PublicKey, signature: Uint8Array): boolean {
  return signature.length === Math.ceil((key.bits ?? 0) / 8);
}

/** PSS with a salt as long as the hash and MGF1 of the same hash. Rule: RFC 8017, 8.1.2. */
function rsaInput(key: PublicKey, pss: boolean): VerifyKeyObjectInput {
  const padding = pss
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { padding: constants.RSA_PKCS1_PADDING };
  return { key: key.keyObject, ...padding };
}
