import type { SignedData } from '../asn1/signed-data.ts';
import { bitsOf, expect, innerOf, partsOf, unusable } from '../asn1/structure.ts';
import { type DerElement, readAll, readOnlySequence, TAG } from '../keys/der.ts';
import { checkDer } from '../x509/der-shape.ts';

/** A list taken apart: nothing of it is believed yet. Rule: RFC 5280, 5.1. */
export interface CrlFields {
  readonly signed: SignedData;
  /** DER of the name. */
  readonly issuer: Uint8Array;
  readonly thisUpdate: DerElement;
  readonly nextUpdate?: DerElement;
  /** Content of the list of entries. */
  readonly entries: Uint8Array;
  readonly extensions?: DerElement;
}

/** Rule: wire-formats 12. */
export const maxCrlBytes: number = 32 * 1024 * 1024;
/** Of a list: entries with a reason have seven in 36 bytes or more, so that one of 32 MiB is still below it. */
const maxElements = 8_000_000;
const [utcTime, generalizedTime] = [0x17, 0x18];

/** @throws {UnusableAnswer} {KeyError} */
export function parseCrl(bytes: Uint8Array): CrlFields {
  if (bytes.length > maxCrlBytes) throw unusable(`it has ${bytes.length} bytes, at most ${maxCrlBytes} are read`);
  checkDer(bytes, unusable, maxElements);
  const [tbs, algorithm, signature, ...more] = readAll(readOnlySequence(bytes));
  if (more.length > 0) throw unusable('it has not the three parts of a list');
  const parts = partsOf(tbs, TAG.sequence, 'what is signed');
  const [version, inner, issuer, thisUpdate, ...rest] = parts;
  if (version?.tag !== TAG.integer || version.content.length !== 1 || version.content[0] !== 1)
    throw unusable('it is not of version 2');
  const outer = expect(algorithm, TAG.sequence, 'the algorithm of its signature');
  if (Buffer.compare(expect(inner, TAG.sequence, 'its algorithm').whole, outer.whole) !== 0)
    throw unusable('it names two algorithms for its signature');
  if (thisUpdate === undefined) throw unusable('thisUpdate is missing');
  return {
    signed: {
      signed: expect(tbs, TAG.sequence, 'what is signed').whole,
      algorithm: outer,
      signature: bitsOf(signature, 'its signature'),
    },
    issuer: expect(issuer, TAG.sequence, 'its issuer').whole,
    thisUpdate,
    ...restOf(rest),
  };
}

/** What may be left out, each in its place. */
function restOf(rest: readonly DerElement[]): Pick<CrlFields, 'nextUpdate' | 'entries' | 'extensions'> {
  const left = [...rest];
  const isTime = left[0]?.tag === utcTime || left[0]?.tag === generalizedTime;
  const nextUpdate = isTime ? left.shift() : undefined;
  const entries = left[0]?.tag === TAG.sequence ? left.shift() : undefined;
  const field = left[0]?.tag === 0xa0 ? left.shift() : undefined;
  if (left.length > 0) throw unusable('it has a field that is not known');
  return {
    ...(nextUpdate && { nextUpdate }),
    entries: entries?.content ?? new Uint8Array(0),
    ...(field && { extensions: innerOf(field, 'its extensions') }),
  };
}

/** Content of a number of at most 20 bytes as a value. Rule: RFC 5280, 5.2.3. @throws {UnusableAnswer} */
export function crlNumberOf(element: DerElement, what: string): bigint {
  const { content } = expect(element, TAG.integer, what);
  if (content.length > 21 || (content[0] ?? 0x80) >= 0x80) throw unusable(`${what} is no number of a list`);
  return BigInt(`0x${Buffer.from(content).toString('hex')}`);
}
