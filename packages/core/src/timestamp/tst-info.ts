import { expect, objectIdOf, partsOf, unusable } from '../asn1/structure.ts';
import { type DerElement, readDer, smallInteger, TAG } from '../keys/der.ts';
import { parseRfc3339 } from '../notary/rfc3339.ts';
import { checkDer } from '../x509/der-shape.ts';

/** What an authority says of a time. */
export interface TstInfo {
  /** OID. */
  readonly policy: string;
  /** OID of the hash, and what it came to. */
  readonly imprint: { readonly hash: string; readonly value: Uint8Array };
  /** Milliseconds since 1970 UTC, to the whole millisecond below. */
  readonly genTimeMs: number;
  /** Milliseconds on both sides; undefined where it does not say. */
  readonly accuracyMs?: number;
  /** Content of the number, lower-case hex. */
  readonly nonce?: string;
}

const [generalizedTime, boolean, millisTag, microsTag] = [0x18, 0x01, 0x80, 0x81];
const [tsaTag, extensionsTag] = [0xa0, 0xa1];

/**
 * Reads TSTInfo: its fields in their order, and nothing more. Rule: RFC 3161, 2.4.2.
 * @throws {UnusableAnswer} {KeyError}
 */
export function readTstInfo(bytes: Uint8Array): TstInfo {
  checkDer(bytes, unusable, maxElements);
  const [version, policy, imprint, serial, time, ...rest] = partsOf(readDer(bytes), TAG.sequence, 'the time stamp');
  if (version === undefined || smallInteger(version) !== 1) throw unusable('the time stamp is not of version 1');
  const [algorithm, value, ...more] = partsOf(imprint, TAG.sequence, 'the imprint');
  const hash = objectIdOf(partsOf(algorithm, TAG.sequence, 'the hash of the imprint')[0]);
  if (more.length > 0) throw unusable('the imprint has too much');
  expect(serial, TAG.integer, 'the number of the time stamp');
  const optional = optionalOf(rest);
  const accuracy = optional.get(TAG.sequence);
  const nonce = optional.get(TAG.integer);
  // A critical extension that nobody knows must not be ignored, and none is known here. Rule: RFC 3161, 2.4.2
  if (optional.has(extensionsTag)) throw unusable('the time stamp has extensions');
  return {
    policy: objectIdOf(policy),
    imprint: { hash, value: expect(value, TAG.octetString, 'the imprint').content },
    genTimeMs: timeOf(time),
    ...(accuracy === undefined ? {} : { accuracyMs: accuracyOf(accuracy) }),
    ...(nonce === undefined ? {} : { nonce: Buffer.from(nonce.content).toString('hex') }),
  };
}

/** A time stamp is a dozen of elements, and a name. */
const maxElements = 1000;

/** Accuracy, ordering, nonce, the authority's name, extensions: each at most once, in this order. */
function optionalOf(elements: readonly DerElement[]): ReadonlyMap<number, DerElement> {
  const order: readonly number[] = [TAG.sequence, boolean, TAG.integer, tsaTag, extensionsTag];
  const found = new Map<number, DerElement>();
  let last = -1;
  for (const element of elements) {
    const at = order.indexOf(element.tag);
    if (at <= last) throw unusable('the time stamp has fields that are odd, twice or out of order');
    last = at;
    found.set(element.tag, element);
  }
  return found;
}

/** UTC, with as many digits of a second as there are, none of them a 0 at the end. Rule: RFC 3161, 2.4.2 */
function timeOf(element: DerElement | undefined): number {
  const text = Buffer.from(expect(element, generalizedTime, 'its time').content).toString('latin1');
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{0,8}[1-9]))?Z$/.exec(text);
  if (match === null) throw unusable('its time is none');
  const [, year, month, day, hour, minute, second, fraction = ''] = match;
  const ms = parseRfc3339(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (ms === undefined) throw unusable('its time is none');
  return ms + Number(fraction.padEnd(3, '0').slice(0, 3));
}

/** Seconds, milli- and microseconds; rounded up to milliseconds. */
function accuracyOf(element: DerElement): number {
  const parts = partsOf(element, TAG.sequence, 'the accuracy');
  const order: readonly number[] = [TAG.integer, millisTag, microsTag];
  const isInOrder = parts.every(
    ({ tag }, at) => order.indexOf(tag) > (at === 0 ? -1 : order.indexOf(parts[at - 1]?.tag ?? 0)),
  );
  if (!isInOrder) throw unusable('the accuracy is odd');
  const numberAt = (tag: number): number => {
    const found = parts.find((part) => part.tag === tag);
    return found === undefined ? 0 : smallInteger({ ...found, tag: TAG.integer });
  };
  const [millis, micros] = [numberAt(millisTag), numberAt(microsTag)];
  if (millis > 999 || micros > 999) throw unusable('the accuracy is odd');
  return numberAt(TAG.integer) * 1000 + millis + Math.ceil(micros / 1000);
}
