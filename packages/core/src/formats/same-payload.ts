import { ANNOTATION_SIGNED_AT } from '../format.ts';

const timeLength = '2026-11-23T09:00:00.120Z'.length;
const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/**
 * Whether two payloads are the same but for the signing time. Equal requests give equal bytes, so only the characters of the time may
 * differ; nothing is parsed. The marker cannot stand inside a JSON string, where its quotes would be escaped.
 */
export function isSameButForTime(own: Uint8Array, other: Uint8Array): boolean {
  if (own.length !== other.length) return false;
  const [left, right] = [Buffer.from(own), Buffer.from(other)];
  const marker = Buffer.from(`"${ANNOTATION_SIGNED_AT}":"`);
  const found = left.indexOf(marker);
  if (found === -1) return left.equals(right);
  const start = found + marker.length;
  const end = start + timeLength;
  if (!timePattern.test(right.subarray(start, end).toString('latin1'))) return false;
  return left.subarray(0, start).equals(right.subarray(0, start)) && left.subarray(end).equals(right.subarray(end));
}
