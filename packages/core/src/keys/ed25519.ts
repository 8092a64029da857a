import { createHash, type KeyObject, verify } from 'node:crypto';
import { Point } from '@noble/ed25519';
import { KeyError } from '../errors.ts';

/** The order L of the base point. Rule: RFC 8032, 5.1. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
/** dom2(F = 1, C = empty): what sets Ed25519ph apart. Rule: RFC 8032, 2 and 5.1. */
const DOM2_PREHASH: Uint8Array = Buffer.from('SigEd25519 no Ed25519 collisions\x01\x00', 'latin1');

/**
 * Refuses points that are not on the curve, not in their one encoding, or of small order (with those, signatures verify for many messages).
 * Rule: RFC 8032, 5.1.3 and design.md 7 "Ed25519 is strict".
 * @throws {KeyError} KEY_MALFORMED, KEY_WEAK
 */
export function checkEd25519Point(bytes: Uint8Array): void {
  const point = decodePoint(bytes);
  if (point === undefined)
    throw new KeyError('KEY_MALFORMED', 'the Ed25519 key is no canonical encoding of a point on the curve');
  if (point.isSmallOrder()) throw new KeyError('KEY_WEAK', 'the Ed25519 key is a point of small order');
}

/** Pure Ed25519 by node:crypto, S below the group order first. Never throws. Rule: RFC 8032, 5.1.7. */
export function verifyEd25519(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  return hasCanonicalScalar(signature) && verify(null, message, key, signature);
}

/**
 * Ed25519ph with an empty context, on noble's points: node:crypto has no prehash variant. The equation without cofactor, as OpenSSL
 * checks the pure one: encode([S]B - [k]A) must be R's own bytes. Rule: RFC 8032, 5.1 and 5.1.7.
 */
export function verifyEd25519Prehash(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const point = decodePoint(publicKey);
  if (point === undefined || !hasCanonicalScalar(signature)) return false;
  const r = signature.subarray(0, 32);
  const hash = sha512(DOM2_PREHASH, r, publicKey, sha512(message));
  const k = littleEndian(hash) % ORDER;
  const s = littleEndian(signature.subarray(32));
  const expected = Point.BASE.multiplyUnsafe(s).subtract(point.multiplyUnsafe(k));
  return Buffer.from(expected.toBytes()).equals(r);
}

function hasCanonicalScalar(signature: Uint8Array): boolean {
  return signature.length === 64 && littleEndian(signature.subarray(32)) < ORDER;
}

function decodePoint(bytes: Uint8Array): Point | undefined {
  try {
    return Point.fromBytes(bytes, false);
  } catch {
    return undefined; // every failure of noble's strict decoding means one thing here: no such point
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function sha512(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
