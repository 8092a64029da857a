import { KeyError } from '../errors.ts';
import { type DerElement, readAll, readDer, TAG } from '../keys/der.ts';
import { checkDer } from './der-shape.ts';
import { derTimeMs } from './der-time.ts';
import { malformed } from './malformed.ts';
import { objectIdText } from './object-id.ts';

/** One extension as it stands: `value` is what its octet string holds. */
export interface RawExtension {
  readonly isCritical: boolean;
  readonly value: Uint8Array;
}

/** The fields of a certificate, DER where nothing else is said; what they mean is not looked at. */
export interface CertificateFields {
  /** Content of the number. */
  readonly serialNumber: Uint8Array;
  /** OID. */
  readonly signatureAlgorithm: string;
  readonly signatureParameters?: Uint8Array;
  readonly issuer: Uint8Array;
  /** Milliseconds since 1970 UTC. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly subject: Uint8Array;
  readonly spki: Uint8Array;
  /** By their OIDs. */
  readonly extensions: ReadonlyMap<string, RawExtension>;
}

/** Tags of the fields that may be left out: version, unique identifiers, extensions. Rule: RFC 5280, 4.1. */
const optional = { version: 0xa0, issuerId: 0x81, subjectId: 0x82, extensions: 0xa3 } as const;
const boolean = 0x01;

/**
 * Takes a certificate apart: version 3, each field of its own type and in its place, nothing more, no extension twice. A library that reads
 * the same (@peculiar/asn1-x509 2.11) lets fields in a wrong order, twice, or with more behind them pass, and costs 15 to 30 ms to load.
 * Rule: RFC 5280, 4.1.
 * @throws {CertificateError} CERTIFICATE_MALFORMED
 */
export function readFields(der: Uint8Array): CertificateFields {
  checkDer(der, malformed, maxElements);
  const [tbs, algorithm, signature, ...more] = partsOf(readDer(der), TAG.sequence);
  if (signature?.tag !== TAG.bitString || more.length > 0) throw malformed('it has not the three parts of one');
  const [version, serial, inner, issuer, validity, subject, spki, ...rest] = partsOf(tbs, TAG.sequence);
  if (version?.tag !== optional.version || !isVersion3(version)) throw malformed('it is not of version 3');
  // Go refuses it, too; the inner one is what the issuer signed.
  if (!isSame(whole(inner, TAG.sequence), whole(algorithm, TAG.sequence)))
    throw malformed('it names two algorithms for its signature');
  return {
    serialNumber: numberOf(serial),
    ...signatureOf(algorithm),
    issuer: whole(issuer, TAG.sequence),
    ...timesOf(validity),
    subject: whole(subject, TAG.sequence),
    spki: whole(spki, TAG.sequence),
    extensions: extensionsOf(rest),
  };
}

/** Of one certificate: above all that 64 KiB of sensible content have. */
const maxElements = 10_000;

/** The elements inside a constructed one of this tag. @throws {CertificateError} CERTIFICATE_MALFORMED */
export function partsOf(element: DerElement | undefined, tag: number): readonly DerElement[] {
  if (element?.tag !== tag) throw malformed('a part of it is missing, or of another type');
  try {
    return readAll(element.content);
  } catch (cause) {
    if (cause instanceof KeyError) throw malformed('a part of it has more than 64 elements, or cannot be read', cause);
    throw cause;
  }
}

/** Text of an OID. @throws {CertificateError} CERTIFICATE_MALFORMED */
export function objectIdOf(element: DerElement | undefined): string {
  const text = element?.tag === TAG.oid ? objectIdText(element.content) : undefined;
  if (text === undefined) throw malformed('an object identifier cannot be read');
  return text;
}

function whole(element: DerElement | undefined, tag: number): Uint8Array {
  if (element?.tag !== tag) throw malformed('a part of it is missing, or of another type');
  return element.whole;
}

function isVersion3({ content }: DerElement): boolean {
  return isSame(content, Uint8Array.of(TAG.integer, 1, 2));
}

/** Negative ones are in use, and to be taken. Rule: RFC 5280, 4.1.2.2. */
function numberOf(serial: DerElement | undefined): Uint8Array {
  if (serial?.tag !== TAG.integer) throw malformed('its serial number is none');
  return serial.content;
}

function signatureOf(
  algorithm: DerElement | undefined,
): Pick<CertificateFields, 'signatureAlgorithm' | 'signatureParameters'> {
  const [id, parameters, ...more] = partsOf(algorithm, TAG.sequence);
  if (more.length > 0) throw malformed('the algorithm of its signature has too many parts');
  return { signatureAlgorithm: objectIdOf(id), ...(parameters && { signatureParameters: parameters.whole }) };
}

function timesOf(validity: DerElement | undefined): Pick<CertificateFields, 'notBeforeMs' | 'notAfterMs'> {
  const [from, to, ...more] = partsOf(validity, TAG.sequence);
  if (more.length > 0) throw malformed('its validity has more than two times');
  return { notBeforeMs: timeOf(from), notAfterMs: timeOf(to) };
}

function timeOf(element: DerElement | undefined): number {
  const ms = derTimeMs(element);
  if (ms === undefined) throw malformed('a time of its validity cannot be read');
  return ms;
}

/** What follows the key: each at most once and in this order. */
function extensionsOf(rest: readonly DerElement[]): CertificateFields['extensions'] {
  const order: readonly number[] = [optional.issuerId, optional.subjectId, optional.extensions];
  const places = rest.map(({ tag }) => order.indexOf(tag));
  if (places.some((place, at) => place <= (places[at - 1] ?? -1))) throw malformed('it has a field that is not known');
  const field = rest.find(({ tag }) => tag === optional.extensions);
  const found = new Map<string, RawExtension>();
  if (field === undefined) return found;
  const [list, ...more] = partsOf(field, optional.extensions);
  if (more.length > 0) throw malformed('it has two lists of extensions');
  for (const element of partsOf(list, TAG.sequence)) {
    const { id, ...extension } = extensionOf(element);
    if (found.has(id)) throw malformed(`the extension ${id} stands twice`);
    found.set(id, extension);
  }
  return found;
}

/** `critical` may be there as FALSE, which DER would leave out: certificates in use have it, and Go takes it. */
function extensionOf(element: DerElement): RawExtension & { readonly id: string } {
  const [id, ...parts] = partsOf(element, TAG.sequence);
  const critical = parts[0]?.tag === boolean ? parts.shift() : undefined;
  const [value, ...more] = parts;
  if (value?.tag !== TAG.octetString || more.length > 0) throw malformed('an extension is not made as one');
  return { id: objectIdOf(id), isCritical: critical?.content[0] === 0xff, value: value.content };
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
