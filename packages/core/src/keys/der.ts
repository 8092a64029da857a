import { KeyError } from '../errors.ts';

/** One DER element: `content` is a view, `rest` what follows it, `whole` the element with its head. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly whole: Uint8Array;
  readonly rest: Uint8Array;
}

/** Tags that key files use. Rule: X.690, 8.1.2. */
export const TAG: Readonly<Record<'integer' | 'bitString' | 'octetString' | 'null' | 'oid' | 'sequence', number>> = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
};

/**
 * The first element of `bytes`: definite lengths in their shortest form only. Rule: X.690, 10.1.
 * @throws {KeyError} KEY_MALFORMED, KEY_TRUNCATED
 */
export function readDer(bytes: Uint8Array): DerElement {
  const tag = bytes[0];
  const first = bytes[1];
  if (tag === undefined || first === undefined) throw truncated();
  const { length, start } = first < 0x80 ? { length: first, start: 2 } : longLength(bytes, first & 0x7f);
  const end = start + length;
  if (end > bytes.length) throw truncated();
  return { tag, content: bytes.subarray(start, end), whole: bytes.subarray(0, end), rest: bytes.subarray(end) };
}

/** Like `readDer`, of one tag. @throws {KeyError} KEY_MALFORMED, KEY_TRUNCATED */
export function readDerOf(tag: number, bytes: Uint8Array): DerElement {
  const element = readDer(bytes);
  if (element.tag !== tag) throw new KeyError('KEY_MALFORMED', `DER tag ${element.tag} where ${tag} is due`);
  return element;
}

/** The content of the one SEQUENCE that `bytes` are, without trailing bytes. @throws {KeyError} KEY_MALFORMED, KEY_TRUNCATED */
export function readOnlySequence(bytes: Uint8Array): Uint8Array {
  const { content, rest } = readDerOf(TAG.sequence, bytes);
  if (rest.length > 0) throw new KeyError('KEY_MALFORMED', `${rest.length} bytes follow the DER structure`);
  return content;
}

/** All elements of a constructed content, at most 64. @throws {KeyError} KEY_MALFORMED, KEY_TRUNCATED */
export function readAll(content: Uint8Array): readonly DerElement[] {
  const found: DerElement[] = [];
  let rest = content;
  while (rest.length > 0) {
    if (found.length >= 64) throw new KeyError('KEY_MALFORMED', 'more than 64 elements in one DER structure');
    const element = readDer(rest);
    found.push(element);
    rest = element.rest;
  }
  return found;
}

/** A small non-negative INTEGER. @throws {KeyError} KEY_MALFORMED above 2^31 - 1 or where not in its shortest form */
export function smallInteger(element: DerElement): number {
  const { tag, content } = element;
  const first = content[0];
  const padded = content.length > 1 && first === 0 && (content[1] ?? 0) < 0x80;
  const limit = first === 0 ? 5 : 4;
  if (tag !== TAG.integer || first === undefined || first >= 0x80 || padded || content.length > limit)
    throw new KeyError('KEY_MALFORMED', 'not a small DER integer');
  const value = content.reduce((sum, byte) => sum * 256 + byte, 0);
  if (value > 0x7fffffff) throw new KeyError('KEY_MALFORMED', 'not a small DER integer');
  return value;
}

/** A DER element from its tag and the parts of its content. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(tag), encodeLength(content.length), content]);
}

/** A DER INTEGER of big-endian unsigned bytes, in its shortest form. */
export function derUnsigned(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  const short = start === -1 ? Uint8Array.of(0) : bytes.subarray(start);
  return der(TAG.integer, (short[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : Uint8Array.of(), short);
}

/** A DER INTEGER of a non-negative number below 2^32. */
export function derInteger(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return derUnsigned(bytes);
}

function encodeLength(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const bytes: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return Uint8Array.of(0x80 | bytes.length, ...bytes);
}

function longLength(bytes: Uint8Array, count: number): { readonly length: number; readonly start: number } {
  if (count === 0 || count > 4) throw new KeyError('KEY_MALFORMED', 'a DER length of a form that is not allowed');
  if (bytes.length < 2 + count) throw truncated();
  let length = 0;
  for (const byte of bytes.subarray(2, 2 + count)) length = length * 256 + byte;
  if (length < 0x80 || length < 256 ** (count - 1))
    throw new KeyError('KEY_MALFORMED', 'a DER length that is not in its shortest form');
  return { length, start: 2 + count };
}

function truncated(): KeyError {
  return new KeyError('KEY_TRUNCATED', 'the key ends too early: the file is truncated');
}
