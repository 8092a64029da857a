import { type DerElement, readDer, TAG } from '../keys/der.ts';
import { checkDer } from './der-shape.ts';
import { objectIdOf, partsOf, type RawExtension } from './fields.ts';
import { malformed } from './malformed.ts';

/** What a key may be used for. Rule: RFC 5280, 4.2.1.3. */
export type KeyUsageBit = (typeof keyUsageBits)[number];

/** The bits by their places. */
const keyUsageBits = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

/** The extensions that a rule here asks for; others are ignored, critical or not, as notation does. Rule: wire-formats 8.7. */
export interface Extensions {
  readonly basicConstraints?: BasicConstraints & { readonly isCritical: boolean };
  readonly keyUsage?: { readonly bits: ReadonlySet<KeyUsageBit>; readonly isCritical: boolean };
  /** OIDs. */
  readonly extendedKeyUsage?: { readonly oids: readonly string[]; readonly isCritical: boolean };
  readonly subjectKeyId?: Uint8Array;
  readonly authorityKeyId?: Uint8Array;
  /** Addresses of responders, as the certificate has them: printable ASCII, else unchecked. */
  readonly ocspUrls: readonly string[];
  readonly crlUrls: readonly string[];
  /** A responder's certificate that need not be asked for itself. Rule: RFC 6960, 4.2.2.2.1. */
  readonly hasOcspNoCheck: boolean;
}

/** `pathLength`: authorities that may lie below it. */
interface BasicConstraints {
  readonly isCa: boolean;
  readonly pathLength?: number;
}

const id = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  crlPoints: '2.5.29.31',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  infoAccess: '1.3.6.1.5.5.7.1.1',
  ocspMethod: '1.3.6.1.5.5.7.48.1',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
} as const;
/** Tags of what has its number in a structure alone. */
const [tag0, list0, uri, boolean] = [0x80, 0xa0, 0x86, 0x01];

/** @throws {CertificateError} CERTIFICATE_MALFORMED for one that a rule asks for and that is not made as RFC 5280 has it */
export function readExtensions(found: ReadonlyMap<string, RawExtension>): Extensions {
  const read = <T>(name: string, reader: (value: DerElement) => T): T | undefined => {
    const extension = found.get(name);
    if (extension === undefined) return undefined;
    checkDer(extension.value, (why) => malformed(`the extension ${name}: ${why}`));
    return reader(readDer(extension.value));
  };
  const isCritical = (name: string): boolean => found.get(name)?.isCritical === true;
  const constraints = read(id.basicConstraints, constraintsOf);
  const bits = read(id.keyUsage, usageOf);
  const usages = read(id.extendedKeyUsage, (value) => partsOf(value, TAG.sequence).map(objectIdOf));
  const subjectKeyId = read(id.subjectKeyId, octetsOf);
  const authorityKeyId = read(id.authorityKeyId, keyIdOf);
  return {
    ...(constraints && { basicConstraints: { ...constraints, isCritical: isCritical(id.basicConstraints) } }),
    ...(bits && { keyUsage: { bits, isCritical: isCritical(id.keyUsage) } }),
    ...(usages && { extendedKeyUsage: { oids: usages, isCritical: isCritical(id.extendedKeyUsage) } }),
    ...(subjectKeyId && { subjectKeyId }),
    ...(authorityKeyId && { authorityKeyId }),
    ocspUrls: read(id.infoAccess, respondersOf) ?? [],
    crlUrls: read(id.crlPoints, pointsOf) ?? [],
    hasOcspNoCheck: found.has(id.ocspNoCheck),
  };
}

/** Rule: RFC 5280, 4.2.1.9. Go takes an explicit FALSE, and so do we. */
function constraintsOf(value: DerElement): BasicConstraints {
  const parts = [...partsOf(value, TAG.sequence)];
  const isCa = parts[0]?.tag === boolean && parts.shift()?.content[0] === 0xff;
  const [length, ...more] = parts;
  if (more.length > 0 || (length !== undefined && length.tag !== TAG.integer))
    throw malformed('its basic constraints are not made as such');
  return { isCa, ...(length && { pathLength: pathLengthOf(length.content) }) };
}

function pathLengthOf(content: Uint8Array): number {
  if ((content[0] ?? 0) >= 0x80 || content.length > 4) throw malformed('its path length is negative, or without sense');
  return content.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** Rule: RFC 5280, 4.2.1.3. */
function usageOf({ tag, content }: DerElement): ReadonlySet<KeyUsageBit> {
  const [, low = 0, high = 0] = content;
  if (tag !== TAG.bitString || content.length > 3 || (high & 0x7f) !== 0)
    throw malformed('its key usage is not made as such');
  const flags = (low << 8) | high;
  return new Set(keyUsageBits.filter((_, place) => (flags & (0x8000 >> place)) !== 0));
}

function octetsOf({ tag, content }: DerElement): Uint8Array {
  if (tag !== TAG.octetString) throw malformed('its subject key identifier is not made as such');
  return content;
}

/** The key identifier alone; undefined where it names its issuer in another way. Rule: RFC 5280, 4.2.1.1. */
function keyIdOf(value: DerElement): Uint8Array | undefined {
  return partsOf(value, TAG.sequence).find(({ tag }) => tag === tag0)?.content;
}

/** Rule: RFC 5280, 4.2.2.1. */
function respondersOf(value: DerElement): readonly string[] {
  return partsOf(value, TAG.sequence).flatMap((access) => {
    const [method, location, ...more] = partsOf(access, TAG.sequence);
    if (location === undefined || more.length > 0) throw malformed('its authority information is not made as such');
    return objectIdOf(method) === id.ocspMethod ? urlsOf([location]) : [];
  });
}

/** Each place of each list, whatever reasons it is for. Rule: RFC 5280, 4.2.1.13. */
function pointsOf(value: DerElement): readonly string[] {
  return partsOf(value, TAG.sequence).flatMap((point) => {
    const [name] = partsOf(point, TAG.sequence);
    if (name?.tag !== list0) return [];
    const [full] = partsOf(name, list0);
    return full?.tag === list0 ? urlsOf(partsOf(full, list0)) : [];
  });
}

function urlsOf(names: readonly DerElement[]): readonly string[] {
  const urls = names.filter(({ tag }) => tag === uri).map(({ content }) => Buffer.from(content).toString('latin1'));
  if (!urls.every((url) => /^[\x21-\x7e]+$/.test(url)))
    throw malformed('an address in it is not one of printable ASCII');
  return urls;
}
