import { decodeBase64 } from '@signet/oci';
import { malformed, type Place, stringAt } from '../formats/strict-json.ts';

/** Bytes in standard base64, at least one. @throws {EnvelopeError} the place's code */
export function bytesAt(value: unknown, place: Place): Uint8Array {
  const bytes = decodeBase64(stringAt(value, place));
  if (bytes === undefined || bytes.length === 0) throw malformed(place, 'base64 of some bytes');
  return bytes;
}
