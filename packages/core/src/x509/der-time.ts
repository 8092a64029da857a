import type { DerElement } from '../keys/der.ts';
import { parseRfc3339 } from '../notary/rfc3339.ts';

const [utcTime, generalizedTime] = [0x17, 0x18];

/**
 * Milliseconds since 1970 UTC of a UTCTime or GeneralizedTime; undefined for anything else. Whole seconds of UTC, two digits of the year
 * meaning 1950 to 2049. Rule: RFC 5280, 4.1.2.5.
 */
export function derTimeMs(element: DerElement | undefined): number | undefined {
  if (element?.tag !== utcTime && element?.tag !== generalizedTime) return undefined;
  const text = Buffer.from(element.content).toString('latin1');
  const digits = element.tag === utcTime ? `${text < '5' ? '20' : '19'}${text}` : text;
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  return parseRfc3339(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
