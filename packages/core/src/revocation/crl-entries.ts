import { timeOf, unusable } from '../asn1/structure.ts';
import { type DerElement, readAll, readDer, TAG } from '../keys/der.ts';
import type { Revocation } from './answer.ts';
import { extensionIds, readAnswerExtensions, readReasonAndDate } from './extensions.ts';

/** Entries of one certificate in one list: more say nothing. */
const maxMatches = 16;

/**
 * The revocations of one serial number (content of the INTEGER) in the content of a list of entries, whose DER was checked. Nothing is made
 * of the entries of others: lists have hundreds of thousands. Rule: RFC 5280, 5.1.2.6.
 * @throws {UnusableAnswer} {KeyError}
 */
export function findEntries(entries: Uint8Array, serial: Uint8Array): readonly Revocation[] {
  const found: Revocation[] = [];
  for (let at = 0; at < entries.length; ) {
    const start = contentStart(entries, at);
    const end = start + lengthAt(entries, at);
    if (entries[at] !== TAG.sequence || entries[start] !== TAG.integer) throw unusable('an entry of the list is none');
    if (hasSerial(entries, start, serial)) found.push(entryOf(readDer(entries.subarray(at, end))));
    if (found.length > maxMatches) throw unusable('it names one certificate too often');
    at = end;
  }
  return found;
}

function hasSerial(entries: Uint8Array, at: number, serial: Uint8Array): boolean {
  if (lengthAt(entries, at) !== serial.length) return false;
  const start = contentStart(entries, at);
  for (let index = 0; index < serial.length; index += 1) if (entries[start + index] !== serial[index]) return false;
  return true;
}

function contentStart(bytes: Uint8Array, at: number): number {
  const first = bytes[at + 1] ?? 0;
  return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
}

function lengthAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at + 1] ?? 0;
  if (first < 0x80) return first;
  let length = 0;
  for (let index = 0; index < (first & 0x7f); index += 1) length = length * 256 + (bytes[at + 2 + index] ?? 0);
  return length;
}

function entryOf(entry: DerElement): Revocation {
  const [, date, list, ...more] = readAll(entry.content);
  if (more.length > 0) throw unusable('an entry has a field that is not known');
  const known = [extensionIds.reasonCode, extensionIds.invalidityDate];
  const extensions = readAnswerExtensions(list, known, 'an entry');
  return { atMs: timeOf(date, 'the time of a revocation'), ...readReasonAndDate(extensions) };
}
