import { KeyError } from '../errors.ts';
import { type DerElement, readAll, readDer, TAG } from '../keys/der.ts';
import { derTimeMs } from '../x509/der-time.ts';
import { objectIdText } from '../x509/object-id.ts';

/** Bytes that are not made as they should be, or what cannot be relied on. It never leaves this package: readers turn it into an answer. */
export class UnusableAnswer extends Error {
  override readonly name = 'UnusableAnswer';
}

/** What a reader gives, or the reason why its bytes are of no use. */
export function orUnusable<T>(read: () => T, otherwise: (why: string) => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnusableAnswer) return otherwise(error.message);
    if (error instanceof KeyError) return otherwise('its DER cannot be read');
    throw error;
  }
}

/** The error for bytes that are no DER of the wanted type. */
export function unusable(why: string): UnusableAnswer {
  return new UnusableAnswer(why);
}

/** An element of a tag. @throws {UnusableAnswer} */
export function expect(element: DerElement | undefined, tag: number, what: string): DerElement {
  if (element?.tag !== tag) throw unusable(`${what} is missing, or of another type`);
  return element;
}

/** The parts of a constructed element, at most 64. @throws {UnusableAnswer} {KeyError} */
export function partsOf(element: DerElement | undefined, tag: number, what: string): readonly DerElement[] {
  return readAll(expect(element, tag, what).content);
}

/** The one element inside an explicit tag. @throws {UnusableAnswer} {KeyError} */
export function innerOf(element: DerElement, what: string): DerElement {
  const inner = readDer(element.content);
  if (inner.rest.length > 0) throw unusable(`${what} has more than one part`);
  return inner;
}

/** @throws {UnusableAnswer} */
export function objectIdOf(element: DerElement | undefined): string {
  const text = element?.tag === TAG.oid ? objectIdText(element.content) : undefined;
  if (text === undefined) throw unusable('an object identifier cannot be read');
  return text;
}

/** Milliseconds since 1970 UTC. @throws {UnusableAnswer} */
export function timeOf(element: DerElement | undefined, what: string): number {
  const ms = derTimeMs(element);
  if (ms === undefined) throw unusable(`${what} is no time`);
  return ms;
}

/** The bytes of a BIT STRING of whole bytes. @throws {UnusableAnswer} */
export function bitsOf(element: DerElement | undefined, what: string): Uint8Array {
  const { content } = expect(element, TAG.bitString, what);
  if (content[0] !== 0) throw unusable(`${what} is not of whole bytes`);
  return content.subarray(1);
}

/** A number of an ENUMERATED of one byte. @throws {UnusableAnswer} */
export function enumeratedOf(element: DerElement | undefined, what: string): number {
  const { content } = expect(element, 0x0a, what);
  const [value, ...more] = content;
  if (value === undefined || more.length > 0 || value > 0x7f) throw unusable(`${what} is no small number`);
  return value;
}
