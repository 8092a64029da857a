import { der } from '../keys/der.ts';
import { type DistinguishedName, type NameAttribute, nameTypes } from './distinguished-name.ts';

/** Those of which Go keeps the last alone, and none that is empty. */
export const singleTypes: readonly string[] = ['CN', 'SERIALNUMBER'];

/** A name as notation prints it: Go's order, the most special first; what has no name as OID and hex. Rule: RFC 4514, 2; Go's pkix.Name. */
export function nameText(name: DistinguishedName): string {
  const all = name.flat();
  const named = [...nameTypes.values()].flatMap((type) => {
    const values = all.filter((each) => each.type === type);
    const kept = singleTypes.includes(type) ? values.slice(-1).filter(({ value }) => value !== '') : values;
    return kept.length === 0 ? [] : [kept.map(({ value }) => `${type}=${escapeValue(value)}`).join('+')];
  });
  const others = all.filter(({ type }) => type.includes('.')).map(hexText);
  return [...others, ...named].reverse().join(',');
}

/** Rule: RFC 4514, 2.4. */
function escapeValue(value: string): string {
  return value.replaceAll(/[,+"\\<>;]/g, '\\$&').replaceAll(/^[ #]|(?<!^) $/g, '\\$&');
}

/** The value as Go encodes a text: PrintableString where it can be one, else UTF8String. */
function hexText({ type, value }: NameAttribute): string {
  const tag = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value) ? 0x13 : 0x0c;
  return `${type}=#${Buffer.from(der(tag, Buffer.from(value))).toString('hex')}`;
}
