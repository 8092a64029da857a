import { CertificateError } from '../errors.ts';
import type { DistinguishedName } from './distinguished-name.ts';
import { nameText, singleTypes } from './name-text.ts';

/** What a trusted identity asks for, or what a certificate's name offers: each attribute once. */
export type NameIdentity = ReadonlyMap<string, string>;

const mandatory = ['C', 'ST', 'O'] as const;

/**
 * A trusted identity's name (what stands behind `x509.subject:`). Rule: wire-formats 9.4: C, ST (or S) and O are there, each type once, one
 * attribute a part, types in upper case, values exact. Parts are separated by `,` or `;`; a `\` before a character (or two hex digits: a byte)
 * takes it as it is; outer blanks do not count.
 * @throws {CertificateError} NAME_INVALID
 */
export function parseIdentity(text: string): NameIdentity {
  if (text.length > maxLength) throw invalid(text, `it has ${text.length} characters, at most ${maxLength} are read`);
  if (text.includes('=#')) throw invalid(text, 'a value in hex (=#) is not taken');
  const attributes = new Map<string, string>();
  for (const part of splitUnescaped(text)) {
    const at = part.indexOf('=');
    const written = part.slice(0, Math.max(at, 0)).trim();
    if (at === -1 || written === '') throw invalid(text, `${JSON.stringify(part.trim())} is not TYPE=VALUE`);
    const type = written === 'S' ? 'ST' : written;
    if (attributes.has(type)) throw invalid(text, `the attribute ${type} stands twice`);
    attributes.set(type, unescapeValue(part.slice(at + 1), text));
  }
  return complete(attributes, text);
}

/**
 * A certificate's name as an identity can match it. What notation cannot match (an attribute without a name, two values of one type) is
 * told, not matched. Rule: wire-formats 9.4, trap 21.
 * @throws {CertificateError} NAME_INVALID
 */
export function identityOf(name: DistinguishedName): NameIdentity {
  const attributes = new Map<string, string>();
  for (const { type, value } of name.flat()) {
    if (type.includes('.')) throw unmatched(name, `the attribute ${type} has no name`);
    if (attributes.has(type) && !singleTypes.includes(type)) throw unmatched(name, `it has two values for ${type}`);
    if (value.includes('=#')) throw unmatched(name, `its ${type} holds "=#"`);
    attributes.set(type, value);
  }
  return complete(attributes, nameText(name));
}

/** Whether every attribute of the identity is the name's too, exactly, and others may be beside it. An empty one is as none, as in notation. */
export function isWithin(identity: NameIdentity, name: NameIdentity): boolean {
  return [...identity].every(([type, value]) => (name.get(type) ?? '') === value);
}

/** Characters of an identity, at most. */
const maxLength = 4096;

function complete(attributes: NameIdentity, text: string): NameIdentity {
  const missing = mandatory.filter((type) => (attributes.get(type) ?? '') === '');
  if (missing.length > 0) throw invalid(text, `${missing.join(', ')} missing: C, ST and O are needed`);
  return attributes;
}

/** Rule: RFC 4514, 3; of characters that have to be escaped, notation lets `"`, `<` and `>` stand alone. */
function unescapeValue(part: string, text: string): string {
  const start = part.replace(/^ +/, '');
  const bytes: Buffer[] = [];
  let end = 0; // behind the last character that is no blank, or is an escaped one
  let at = 0;
  for (const match of start.matchAll(/\\([0-9a-fA-F]{2})|\\([ ,+"\\<>;#=])|([^\\])/gu)) {
    if (match.index !== at) break;
    at += match[0].length;
    const [, hex, escaped, plain] = match;
    if (plain === '+') throw invalid(text, 'a + that is part of a value has to be written \\+');
    bytes.push(hex === undefined ? Buffer.from(escaped ?? plain ?? '') : Buffer.from(hex, 'hex'));
    if (plain !== ' ') end = bytes.length;
  }
  if (at !== start.length) throw invalid(text, 'a \\ is followed by nothing that can be escaped');
  const value = Buffer.concat(bytes.slice(0, end));
  const decoded = value.toString('utf8');
  if (!Buffer.from(decoded).equals(value)) throw invalid(text, 'a value is not Unicode text');
  return decoded;
}

function splitUnescaped(text: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === ',' || text[at] === ';') {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function invalid(text: string, why: string): CertificateError {
  return new CertificateError('NAME_INVALID', `the name ${JSON.stringify(text.slice(0, 200))}: ${why}`);
}

function unmatched(name: DistinguishedName, why: string): CertificateError {
  return invalid(nameText(name), `${why}, so that no identity matches it`);
}
