import { decode, Tagged } from 'cborg';
import { EnvelopeError } from '../errors.ts';

/** How deep items may be nested, and how many there may be. Rule: wire-formats 12. */
const maxDepth = 16;
const maxItems = 10_000;

/**
 * One CBOR item and nothing behind it: definite lengths, numbers in their shortest form, no key twice; maps as `Map`, what is tagged (1, a
 * time, and 18, COSE_Sign1, and nothing else) as `Tagged`. Rule: RFC 8949, 4.2.1; wire-formats 8.5.
 * @throws {EnvelopeError} ENVELOPE_MALFORMED
 */
export function decodeCbor(bytes: Uint8Array, what: string): unknown {
  checkShape(bytes, what);
  try {
    return decode(bytes, {
      strict: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowInfinity: false,
      allowNaN: false,
      allowBigInt: false,
      useMaps: true,
      rejectDuplicateMapKeys: true,
      tags: { 1: Tagged.decoder(1), 18: Tagged.decoder(18) },
    });
  } catch (cause) {
    throw malformed(what, (cause as Error).message.slice(0, 200));
  }
}

/** What has been walked over. */
interface Walk {
  readonly bytes: Uint8Array;
  readonly what: string;
  at: number;
  items: number;
}

/** Depth and number of items, before the decoder, which goes as deep as it is told and makes each of them: only heads are looked at here. */
function checkShape(bytes: Uint8Array, what: string): void {
  passItem({ bytes, what, at: 0, items: 0 }, 1);
}

function passItem(walk: Walk, depth: number): void {
  const { what, bytes } = walk;
  if (depth > maxDepth) throw malformed(what, `nested deeper than ${maxDepth} levels`);
  walk.items += 1;
  if (walk.items > maxItems) throw malformed(what, `more than ${maxItems} items`);
  const { major, value, next } = headAt(bytes, walk.at, what);
  const isString = major === 2 || major === 3;
  walk.at = isString ? next + value : next;
  if (walk.at > bytes.length) throw malformed(what, 'ends too early');
  for (let left = itemsBelow(major, value); left > 0; left -= 1) passItem(walk, depth + 1);
}

function itemsBelow(major: number, value: number): number {
  if (major === 4) return value;
  if (major === 5) return value * 2;
  return major === 6 ? 1 : 0;
}

interface Head {
  readonly major: number;
  readonly value: number;
  readonly next: number;
}

function headAt(bytes: Uint8Array, at: number, what: string): Head {
  const first = bytes[at];
  if (first === undefined) throw malformed(what, 'ends too early');
  const [major, short] = [first >>> 5, first & 0x1f];
  if (short < 24) return { major, value: short, next: at + 1 };
  if (short > 27) throw malformed(what, 'an indefinite length, or a head that is not allowed');
  const length = 2 ** (short - 24);
  if (at + 1 + length > bytes.length) throw malformed(what, 'ends too early');
  let value = 0;
  for (let index = 1; index <= length; index += 1) value = value * 256 + (bytes[at + index] ?? 0);
  return { major, value, next: at + 1 + length };
}

function malformed(what: string, message: string): EnvelopeError {
  return new EnvelopeError('ENVELOPE_MALFORMED', `${what}: ${message}`);
}
