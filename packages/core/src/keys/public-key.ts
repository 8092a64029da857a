import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { KeyError } from '../errors.ts';
import { checkEd25519Point } from './ed25519.ts';
import type { KeyKind } from './key-kind.ts';
import { EC_SPKI, ED25519_HEAD } from './spki.ts';

/** Far above any key that is taken. Reading a public exponent takes the square of its length: minutes for a megabyte. */
const MAX_SPKI_BYTES = 8192;

/** A checked public key: its kind is allowed, its point is on the curve and not of small order, its modulus long enough. */
export interface PublicKey {
  readonly kind: KeyKind;
  /** RSA modulus length in bits; undefined for the others. */
  readonly bits?: number;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** Lower-case hex SHA-256 of `spki`: the identity of a signer with a bare key. */
  readonly id: string;
  /** Standard padded base64 of SHA-256 of `spki`. Rule: wire-formats 3.4 (Sigstore's public key hint). */
  readonly hint: string;
  readonly keyObject: KeyObject;
}

/**
 * Checks a key of node:crypto: kind, strength, point; the door that every public key comes in by.
 * @throws {KeyError} KEY_UNSUPPORTED, KEY_WEAK, KEY_MALFORMED, KEY_WRONG_KIND for a private or secret key
 */
export function publicKeyFrom(keyObject: KeyObject): PublicKey {
  if (keyObject.type !== 'public')
    throw new KeyError('KEY_WRONG_KIND', `a ${keyObject.type} key where a public key is asked for`);
  const spki = exportSpki(keyObject);
  if (spki.length > MAX_SPKI_BYTES)
    throw new KeyError('KEY_UNSUPPORTED', `a public key of ${spki.length} bytes: at most ${MAX_SPKI_BYTES} are taken`);
  const digest = createHash('sha256').update(spki).digest();
  return {
    ...checkKind(keyObject, spki),
    spki,
    id: digest.toString('hex'),
    hint: digest.toString('base64'),
    keyObject,
  };
}

/**
 * The public half of a private key, checked the same way.
 * @throws {KeyError} as `publicKeyFrom`
 */
export function publicHalfOf(privateKey: KeyObject): PublicKey {
  try {
    return publicKeyFrom(createPublicKey(privateKey));
  } catch (cause) {
    if (cause instanceof KeyError) throw cause;
    throw new KeyError('KEY_MALFORMED', 'the private key has no public half', { cause });
  }
}

/** The 32 bytes of an Ed25519 key. */
export function ed25519Bytes(key: PublicKey): Uint8Array {
  return key.spki.subarray(ED25519_HEAD.length / 2);
}

function checkKind(keyObject: KeyObject, spki: Uint8Array): Pick<PublicKey, 'kind' | 'bits'> {
  switch (keyObject.asymmetricKeyType) {
    case 'ec':
      return checkEc(keyObject, spki);
    case 'rsa':
      return checkRsa(keyObject);
    case 'ed25519':
      return checkEd25519(spki);
    default:
      throw new KeyError(
        'KEY_UNSUPPORTED',
        `a key of type ${keyObject.asymmetricKeyType ?? 'unknown'}: use ECDSA P-256, P-384, P-521, RSA or Ed25519`,
      );
  }
}

function checkEc(keyObject: KeyObject, spki: Uint8Array): Pick<PublicKey, 'kind'> {
  const curve = keyObject.asymmetricKeyDetails?.namedCurve ?? 'without a name';
  const known = EC_SPKI.get(curve);
  if (known === undefined)
    throw new KeyError('KEY_UNSUPPORTED', `the curve ${curve} is not taken: use P-256, P-384 or P-521`);
  const head = Buffer.from(known.head, 'hex');
  if (spki.length !== head.length + known.pointBytes || !head.equals(spki.subarray(0, head.length)))
    throw new KeyError('KEY_UNSUPPORTED', 'the EC key has explicit parameters or a compressed point: neither is taken');
  return { kind: known.kind };
}

/** Exponents of Go's crypto/rsa (below 2^31), as the other verifiers of these signatures are written with it. */
function checkRsa(keyObject: KeyObject): Pick<PublicKey, 'kind' | 'bits'> {
  const { modulusLength: bits = 0, publicExponent: exponent = 0n } = keyObject.asymmetricKeyDetails ?? {};
  if (bits < 2048) throw new KeyError('KEY_WEAK', `an RSA key of ${bits} bits: at least 2048 are needed`);
  if (bits > 4096) throw new KeyError('KEY_UNSUPPORTED', `an RSA key of ${bits} bits: at most 4096 are taken`);
  if (exponent <= 65536n || exponent % 2n === 0n)
    throw new KeyError('KEY_WEAK', 'the public exponent of the RSA key must be odd and above 65536');
  if (exponent >= 2n ** 31n) throw new KeyError('KEY_UNSUPPORTED', 'the public exponent of the RSA key is above 2^31');
  const modulus = Buffer.from(keyObject.export({ format: 'jwk' }).n ?? '', 'base64url');
  if ((modulus.at(-1) ?? 0) % 2 === 0) throw new KeyError('KEY_MALFORMED', 'the modulus of the RSA key is even');
  return { kind: 'rsa', bits };
}

function checkEd25519(spki: Uint8Array): Pick<PublicKey, 'kind'> {
  const head = Buffer.from(ED25519_HEAD, 'hex');
  if (spki.length !== head.length + 32 || !head.equals(spki.subarray(0, head.length)))
    throw new KeyError('KEY_MALFORMED', 'an Ed25519 key of another length than 32 bytes');
  checkEd25519Point(spki.subarray(head.length));
  return { kind: 'ed25519' };
}

function exportSpki(keyObject: KeyObject): Uint8Array {
  try {
    return keyObject.export({ format: 'der', type: 'spki' });
  } catch (cause) {
    throw new KeyError('KEY_UNSUPPORTED', 'a key that has no SubjectPublicKeyInfo', { cause });
  }
}
