import { createHash, type KeyObject } from 'node:crypto';
import { der, derInteger, derUnsigned } from '../../packages/core/src/keys/der.ts';

/** One attribute of a name: `type` by its short name or OID; `tag` of the string, UTF8String by default. */
export type TestAttribute = readonly [type: string, value: string | Uint8Array, tag?: number];

/** A name: `C=US,O=Acme`, without escapes; or its parts, each of one attribute or several. */
export type TestName = string | readonly (readonly TestAttribute[])[];

/** One extension: `value` is the DER inside its octet string. */
export interface TestExtension {
  readonly id: string;
  readonly isCritical: boolean;
  readonly value: Uint8Array;
}

/** OIDs that tests name. */
export const oids = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  crlPoints: '2.5.29.31',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  freshestCrl: '2.5.29.46',
  infoAccess: '1.3.6.1.5.5.7.1.1',
  ocspMethod: '1.3.6.1.5.5.7.48.1',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
  anyUsage: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
} as const;

const attributeOids: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  SERIALNUMBER: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  STREET: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  POSTALCODE: '2.5.4.17',
  emailAddress: '1.2.840.113549.1.9.1',
};

/** By their places in the bit string. Rule: RFC 5280, 4.2.1.3. */
const usageBits: readonly string[] = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
];

/** A SEQUENCE. */
export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return der(0x30, ...parts);
}

/** An OBJECT IDENTIFIER from its dotted text. */
export function objectId(text: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  return der(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** A BIT STRING of whole bytes. */
export function bitString(bytes: Uint8Array, unusedBits = 0): Uint8Array {
  return der(0x03, Uint8Array.of(unusedBits), bytes);
}

/** A time of whole seconds: UTCTime up to 2049, then GeneralizedTime. Rule: RFC 5280, 4.1.2.5. */
export function derTime(ms: number): Uint8Array {
  const digits = new Date(ms)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:T]/g, '');
  const year = Number(digits.slice(0, 4));
  return year >= 1950 && year < 2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}

/** A Name. Country and serial number are PrintableString where nothing else is said. */
export function derName(name: TestName): Uint8Array {
  const parts = typeof name === 'string' ? namesOf(name) : name;
  return sequence(...parts.map((part) => der(0x31, ...part.map(attribute))));
}

/** `bits` by their names; DER, so without zeros behind the last. */
export function keyUsage(bits: readonly string[], isCritical = true): TestExtension {
  const places = bits.map((bit) => usageBits.indexOf(bit));
  const last = Math.max(0, ...places);
  const bytes = new Uint8Array(Math.floor(last / 8) + 1);
  for (const place of places) bytes[place >> 3] = (bytes[place >> 3] ?? 0) | (0x80 >> (place & 7));
  return { id: oids.keyUsage, isCritical, value: bitString(bytes, 7 - (last & 7)) };
}

/** `usages`: OIDs. */
export function extendedKeyUsage(usages: readonly string[], isCritical = false): TestExtension {
  return { id: oids.extendedKeyUsage, isCritical, value: sequence(...usages.map(objectId)) };
}

/** The mark of an authority, or of none. */
export function basicConstraints(isCa: boolean, pathLength?: number, isCritical = true): TestExtension {
  const parts = [
    ...(isCa ? [der(0x01, Uint8Array.of(0xff))] : []),
    ...(pathLength === undefined ? [] : [derInteger(pathLength)]),
  ];
  return { id: oids.basicConstraints, isCritical, value: sequence(...parts) };
}

/** CRL distribution points, one for each URL; `id` may be that of the freshest CRL. */
export function crlPoints(urls: readonly string[], id: string = oids.crlPoints): TestExtension {
  const point = (url: string): Uint8Array => sequence(der(0xa0, der(0xa0, der(0x86, Buffer.from(url)))));
  return { id, isCritical: false, value: sequence(...urls.map(point)) };
}

/** Authority information access with responders for OCSP. */
export function ocspAccess(urls: readonly string[]): TestExtension {
  const access = (url: string): Uint8Array => sequence(objectId(oids.ocspMethod), der(0x86, Buffer.from(url)));
  return { id: oids.infoAccess, isCritical: false, value: sequence(...urls.map(access)) };
}

/** An OCSP responder's mark that it need not be asked for itself. */
export const ocspNoCheck: TestExtension = { id: oids.ocspNoCheck, isCritical: false, value: der(0x05) };

/** Subject key identifier, and authority key identifier: SHA-1 of the key. Rule: RFC 5280, 4.2.1.2 (1). */
export function keyIdentifiers(subject: KeyObject, issuer?: KeyObject): readonly TestExtension[] {
  const own = { id: oids.subjectKeyId, isCritical: false, value: der(0x04, keyHash(subject)) };
  if (issuer === undefined) return [own];
  return [own, { id: oids.authorityKeyId, isCritical: false, value: sequence(der(0x80, keyHash(issuer))) }];
}

/** An Extension, critical only where it is. */
export function derExtension({ id, isCritical, value }: TestExtension): Uint8Array {
  return sequence(objectId(id), ...(isCritical ? [der(0x01, Uint8Array.of(0xff))] : []), der(0x04, value));
}

/** A positive INTEGER. */
export function derSerial(serial: bigint): Uint8Array {
  const hex = serial.toString(16);
  return derUnsigned(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'));
}

function keyHash(key: KeyObject): Uint8Array {
  return createHash('sha1')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest();
}

function namesOf(text: string): readonly (readonly TestAttribute[])[] {
  return text.split(',').map((part) => {
    const [type = '', value = ''] = part.split('=');
    return [[type, value, ['C', 'SERIALNUMBER'].includes(type) ? 0x13 : 0x0c]];
  });
}

function attribute([type, value, tag = 0x0c]: TestAttribute): Uint8Array {
  return sequence(objectId(attributeOids[type] ?? type), der(tag, Buffer.from(value)));
}

function base128(value: number): readonly number[] {
  const bytes = [value % 128];
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) bytes.unshift((left % 128) | 0x80);
  return bytes;
}
