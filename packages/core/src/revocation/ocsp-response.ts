import type { SignedData } from '../asn1/signed-data.ts';
import { bitsOf, enumeratedOf, expect, innerOf, objectIdOf, partsOf, unusable } from '../asn1/structure.ts';
import { type DerElement, readAll, readDer, readOnlySequence, TAG } from '../keys/der.ts';
import { checkDer } from '../x509/der-shape.ts';

/** A basic response taken apart: nothing of it is believed yet. Rule: RFC 6960, 4.2.1. */
export interface OcspResponse {
  readonly signed: SignedData;
  /** By its name, or the SHA-1 of its key. */
  readonly responder: { readonly by: 'name' | 'key'; readonly value: Uint8Array };
  readonly singles: readonly DerElement[];
  readonly extensions?: DerElement;
  /** DER. */
  readonly certificates: readonly Uint8Array[];
}

/** Rule: wire-formats 12. */
export const maxOcspBytes: number = 20 * 1024;
/** Elements of a response. */
const maxElements = 5_000;
/** Certificates that come with it and are looked at. */
const maxCertificates = 10;
const basic = '1.3.6.1.5.5.7.48.1.1';
/** By their numbers. Rule: RFC 6960, 4.2.1. */
const statuses = [
  'successful',
  'malformedRequest',
  'internalError',
  'tryLater',
  'unused',
  'sigRequired',
  'unauthorized',
];

/** @throws {UnusableAnswer} {KeyError} */
export function parseOcspResponse(bytes: Uint8Array): OcspResponse {
  if (bytes.length > maxOcspBytes) throw unusable(`it has ${bytes.length} bytes, at most ${maxOcspBytes} are read`);
  checkDer(bytes, unusable, maxElements);
  const [status, wrapped] = readAll(readOnlySequence(bytes));
  const number = enumeratedOf(status, 'its status');
  if (number !== 0) throw unusable(`the responder says "${statuses[number] ?? number}"`);
  const body = innerOf(expect(wrapped, 0xa0, 'its content'), 'its content');
  const [type, octets] = partsOf(body, TAG.sequence, 'its content');
  if (objectIdOf(type) !== basic) throw unusable('it is of a type that is not known here');
  const { content } = expect(octets, TAG.octetString, 'its content');
  checkDer(content, unusable, maxElements);
  return basicOf(readDer(content));
}

function basicOf(element: DerElement): OcspResponse {
  const [data, algorithm, signature, certs, ...more] = partsOf(element, TAG.sequence, 'the basic response');
  if (more.length > 0) throw unusable('it has a field that is not known');
  const { whole } = expect(data, TAG.sequence, 'what is signed');
  return {
    signed: {
      signed: whole,
      algorithm: expect(algorithm, TAG.sequence, 'the algorithm of its signature'),
      signature: bitsOf(signature, 'its signature'),
    },
    ...dataOf(data),
    certificates: certs === undefined ? [] : certificatesOf(certs),
  };
}

function dataOf(data: DerElement | undefined): Pick<OcspResponse, 'responder' | 'singles' | 'extensions'> {
  const parts = [...partsOf(data, TAG.sequence, 'what is signed')];
  if (parts[0]?.tag === 0xa0) checkVersion(parts.shift());
  const [responder, , singles, extensions, ...more] = parts;
  if (more.length > 0) throw unusable('it has a field that is not known');
  return {
    responder: responderOf(responder),
    singles: partsOf(singles, TAG.sequence, 'the list of its answers'),
    ...(extensions && { extensions: innerOf(expect(extensions, 0xa1, 'its extensions'), 'its extensions') }),
  };
}

/** Version 1, written out. */
function checkVersion(element: DerElement | undefined): void {
  const version = element && innerOf(element, 'its version');
  if (version?.tag !== TAG.integer || version.content.length !== 1 || version.content[0] !== 0)
    throw unusable('it is not of version 1');
}

function responderOf(element: DerElement | undefined): OcspResponse['responder'] {
  if (element?.tag === 0xa1) return { by: 'name', value: innerOf(element, 'the name of the responder').whole };
  const key = innerOf(expect(element, 0xa2, 'the responder'), 'the key of the responder');
  return { by: 'key', value: expect(key, TAG.octetString, 'the key of the responder').content };
}

function certificatesOf(field: DerElement): readonly Uint8Array[] {
  const list = innerOf(expect(field, 0xa0, 'its list of certificates'), 'its list of certificates');
  const found = partsOf(list, TAG.sequence, 'its list of certificates').map(({ whole }) => whole);
  if (found.length > maxCertificates) throw unusable(`it has more than ${maxCertificates} certificates`);
  return found;
}
