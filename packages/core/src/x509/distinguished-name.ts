import { type DerElement, readDer, TAG } from '../keys/der.ts';
import { objectIdOf, partsOf } from './fields.ts';
import { malformed } from './malformed.ts';

/** One attribute of a name, in the order of the certificate. `type` is its short name where Go knows one, else its OID. */
export interface NameAttribute {
  readonly type: string;
  readonly value: string;
}

/** A name: relative distinguished names, the most general first, each of one or more attributes. */
export type DistinguishedName = readonly (readonly NameAttribute[])[];

/** The attributes that have a name here, in the order in which Go prints them, the last first: seen of notation 1.3.2. */
export const nameTypes: ReadonlyMap<string, string> = new Map([
  ['2.5.4.6', 'C'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.7', 'L'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.17', 'POSTALCODE'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.3', 'CN'],
  ['2.5.4.5', 'SERIALNUMBER'],
]);

const set = 0x31;

/** A name from its DER. @throws {CertificateError} CERTIFICATE_MALFORMED */
export function readName(der: Uint8Array): DistinguishedName {
  return partsOf(readDer(der), TAG.sequence).map((part) => {
    const attributes = partsOf(part, set).map(attributeOf);
    if (attributes.length === 0) throw malformed('a part of its name is empty');
    return attributes;
  });
}

function attributeOf(element: DerElement): NameAttribute {
  const [type, value, ...more] = partsOf(element, TAG.sequence);
  if (value === undefined || more.length > 0) throw malformed('its name is not made as one');
  const id = objectIdOf(type);
  return { type: nameTypes.get(id) ?? id, value: textOf(value) };
}

/** The strings that Go reads, each by its own alphabet: what is compared must have one meaning. Rule: RFC 5280, 4.1.2.4; X.680, 41. */
function textOf({ tag, content }: DerElement): string {
  const text = decoders.get(tag)?.(Buffer.from(content));
  if (text === undefined) throw malformed('its name has a value that is no text, or of a kind that is not read');
  return text;
}

type Decoder = (content: Buffer) => string | undefined;

const decoders: ReadonlyMap<number, Decoder> = new Map<number, Decoder>([
  [12, (content) => exact(content, 'utf8')], // UTF8String
  [18, (content) => matching(content, /^[0-9 ]*$/)], // NumericString
  // PrintableString; `*` and `&` are in use, and Go takes them.
  [19, (content) => matching(content, /^[A-Za-z0-9 '()+,\-./:=?*&]*$/)],
  [20, (content) => content.toString('latin1')], // T61String: read as Latin-1 by everyone
  [22, (content) => (content.every((byte) => byte < 0x80) ? content.toString('latin1') : undefined)], // IA5String
  [30, (content) => (content.length % 2 === 0 ? exact(content.swap16(), 'utf16le') : undefined)], // BMPString
]);

function matching(content: Buffer, pattern: RegExp): string | undefined {
  const text = content.toString('latin1');
  return pattern.test(text) ? text : undefined;
}

/** Undefined where the bytes are not what the text is written as. */
function exact(content: Buffer, encoding: 'utf8' | 'utf16le'): string | undefined {
  const text = content.toString(encoding);
  return text.isWellFormed() && Buffer.from(text, encoding).equals(content) ? text : undefined;
}
