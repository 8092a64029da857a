import { der, derUnsigned, TAG } from './keys/der.ts';
import type { KeyKind } from './keys/key-kind.ts';

interface Curve {
  /** Bytes of r and of s in the raw form. */
  readonly bytes: number;
  /** The order n of the group. Rule: SEC 2, 2.4.2, 2.5.1, 2.6.1. */
  readonly order: bigint;
}

const CURVES: Readonly<Partial<Record<KeyKind, Curve>>> = {
  'ecdsa-p256': { bytes: 32, order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n },
  'ecdsa-p384': {
    bytes: 48,
    order: BigInt(`0x${'f'.repeat(48)}c7634d81f4372ddf581a0db248b0a77aecec196accc52973`),
  },
  'ecdsa-p521': {
    bytes: 66,
    order: BigInt(`0x01${'f'.repeat(64)}fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`),
  },
};

/**
 * An ECDSA signature r‖s as ASN.1 DER; undefined where the length does not fit the key or r, s are not in 1..n-1. S is kept as it is,
 * high or low. Rule: wire-formats 3.3; RFC 3279, 2.2.3.
 */
export function toDerSignature(raw: Uint8Array, kind: KeyKind): Uint8Array | undefined {
  const curve = CURVES[kind];
  if (curve === undefined || !isRawSignature(raw, kind)) return undefined;
  return der(TAG.sequence, derUnsigned(raw.subarray(0, curve.bytes)), derUnsigned(raw.subarray(curve.bytes)));
}

/** An ECDSA signature in strict DER as r‖s; undefined for any other bytes (trailing ones, long lengths, padded or negative integers, range). */
export function toRawSignature(bytes: Uint8Array, kind: KeyKind): Uint8Array | undefined {
  const curve = CURVES[kind];
  if (curve === undefined) return undefined;
  const sequence = element(bytes, TAG.sequence);
  if (sequence === undefined || sequence.rest.length > 0) return undefined;
  const r = element(sequence.content, TAG.integer);
  const s = r && element(r.rest, TAG.integer);
  if (r === undefined || s === undefined || s.rest.length > 0) return undefined;
  const [left, right] = [unsigned(r.content, curve.bytes), unsigned(s.content, curve.bytes)];
  if (left === undefined || right === undefined) return undefined;
  const raw = Buffer.concat([left, right]);
  return isRawSignature(raw, kind) ? raw : undefined;
}

/** Whether the bytes are r‖s of exactly this curve's length with both in 1..n-1. Rule: FIPS 186-5, 6.4.2. */
export function isRawSignature(raw: Uint8Array, kind: KeyKind): boolean {
  const curve = CURVES[kind];
  if (curve === undefined || raw.length !== 2 * curve.bytes) return false;
  return [raw.subarray(0, curve.bytes), raw.subarray(curve.bytes)].every((part) => {
    const value = BigInt(`0x${Buffer.from(part).toString('hex')}`);
    return value > 0n && value < curve.order;
  });
}

/** Lengths of one byte, and of two for P-521: no signature of these curves has a longer one. */
function element(
  bytes: Uint8Array,
  tag: number,
): { readonly content: Uint8Array; readonly rest: Uint8Array } | undefined {
  if (bytes[0] !== tag) return undefined;
  const long = bytes[1] === 0x81;
  const length = long ? bytes[2] : bytes[1];
  if (length === undefined || long !== length >= 0x80) return undefined;
  const start = long ? 3 : 2;
  if (start + length > bytes.length) return undefined;
  return { content: bytes.subarray(start, start + length), rest: bytes.subarray(start + length) };
}

/** An INTEGER's content as big-endian bytes of a fixed length. */
function unsigned(content: Uint8Array, length: number): Uint8Array | undefined {
  const [first, second] = content;
  if (first === undefined || first >= 0x80) return undefined;
  if (first === 0 && content.length > 1 && (second ?? 0) < 0x80) return undefined;
  const digits = first === 0 ? content.subarray(1) : content;
  if (digits.length > length) return undefined;
  const padded = new Uint8Array(length);
  padded.set(digits, length - digits.length);
  return padded;
}
