import { DctError } from '../errors.ts';

/**
 * The bytes that Notary signs for a parsed value: no white space, members in the order of their UTF-8 bytes, in strings only `"` and `\`
 * escaped, whole numbers. Rule: Notary's canonical JSON (OLPC); found equal to what notary-server and docker write.
 * @throws {DctError} DCT_MALFORMED for what has no such form: fractions, numbers beyond 2^53, half surrogates
 */
export function canonicalBytes(value: unknown): Uint8Array {
  const parts: string[] = [];
  write(value, parts);
  return Buffer.from(parts.join(''), 'utf8');
}

function write(value: unknown, parts: string[]): void {
  if (typeof value === 'string') parts.push(quoted(value));
  else if (typeof value === 'number') parts.push(whole(value));
  else if (Array.isArray(value)) writeList(value, parts);
  else if (typeof value === 'object' && value !== null) writeObject(value, parts);
  else parts.push(String(value));
}

function writeList(list: readonly unknown[], parts: string[]): void {
  parts.push('[');
  for (const [index, item] of list.entries()) {
    if (index > 0) parts.push(',');
    write(item, parts);
  }
  parts.push(']');
}

function writeObject(object: object, parts: string[]): void {
  const members = Object.entries(object).map(([key, value]) => ({ key, bytes: Buffer.from(key), value }));
  members.sort((one, other) => Buffer.compare(one.bytes, other.bytes));
  parts.push('{');
  for (const [index, { key, value }] of members.entries()) {
    if (index > 0) parts.push(',');
    parts.push(quoted(key), ':');
    write(value, parts);
  }
  parts.push('}');
}

function quoted(text: string): string {
  if (!text.isWellFormed()) throw new DctError('DCT_MALFORMED', 'a text holds half a surrogate pair');
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function whole(number: number): string {
  if (!Number.isSafeInteger(number))
    throw new DctError(
      'DCT_MALFORMED',
      `the number ${number} has no canonical form: only whole numbers below 2^53 have`,
    );
  return String(number);
}
