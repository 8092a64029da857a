import { malformed, type Place, stringAt } from './strict-json.ts';

const maxInt64 = 2n ** 63n - 1n;

/**
 * Protobuf `bytes` in JSON: base64, standard or URL-safe, padded or not; one alphabet, whole groups, no stray bits. Rule: wire-formats 1.3.
 * @throws {EnvelopeError} the place's code
 */
export function bytesAt(value: unknown, place: Place): Uint8Array {
  const text = stringAt(value, place);
  const digits = text.replace(/={1,2}$/, '');
  const isPadded = digits.length !== text.length;
  const isOneAlphabet = /^[A-Za-z0-9+/]*$/.test(digits) || /^[A-Za-z0-9_-]*$/.test(digits);
  if (!isOneAlphabet || digits.length % 4 === 1 || (isPadded && text.length % 4 !== 0))
    throw malformed(place, 'base64');
  const bytes = Buffer.from(digits, 'base64');
  if (bytes.toString('base64url') !== digits.replaceAll('+', '-').replaceAll('/', '_'))
    throw malformed(place, 'base64 without stray bits');
  return bytes;
}

/**
 * Protobuf `int64` in JSON, never negative here: a string of digits, or a number that JSON can hold exactly. Rule: wire-formats 1.3.
 * @throws {EnvelopeError} the place's code
 */
export function int64At(value: unknown, place: Place): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value !== 'string' || !/^(?:0|[1-9][0-9]{0,18})$/.test(value)) throw malformed(place, 'an int64');
  const number = BigInt(value);
  if (number > maxInt64) throw malformed(place, 'an int64');
  return number;
}
