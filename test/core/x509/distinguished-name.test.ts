import { nameText, readCertificate } from '@signet/core/x509';
import { describe, expect, it } from 'vitest';
import { der } from '../../../packages/core/src/keys/der.ts';
import { readName } from '../../../packages/core/src/x509/distinguished-name.ts';
import { derName, objectId, sequence, type TestAttribute, type TestName } from '../../support/certificate-der.ts';
import { makeCertificate } from '../../support/certificates.ts';

const subjectOf = (subject: TestName) => readCertificate(makeCertificate({ subject }).der).subject;
const latin1 = (text: string) => Buffer.from(text, 'latin1');

describe("a certificate's name", () => {
  it('is printed as Go prints it: most special first, several values of one type together, others by OID and hex', () => {
    const name = subjectOf([
      [['SERIALNUMBER', '7', 0x13]],
      [['CN', 'first']],
      [['CN', 'last']],
      [['OU', 'a']],
      [
        ['C', 'US'],
        ['O', 'Acme'],
      ],
      [['OU', 'b']],
      [['STREET', 'Main']],
      [['POSTALCODE', '98101']],
      [['emailAddress', 'a@b.test', 0x16]],
      [['2.5.4.42', 'Ann', 0x13]],
    ]);
    expect(nameText(name)).toBe(
      'SERIALNUMBER=7,CN=last,OU=a+OU=b,O=Acme,POSTALCODE=98101,STREET=Main,C=US,' +
        '2.5.4.42=#1303416e6e,1.2.840.113549.1.9.1=#0c08614062' +
        '2e74657374',
    );
  });

  it.each([
    ['a,b+c"d\\e<f>g;h', 'a\\,b\\+c\\"d\\\\e\\<f\\>g\\;h'],
    [' a ', '\\ a\\ '],
    [' ', '\\ '],
    ['  ', '\\ \\ '],
    ['#a#', '\\#a#'],
    ['a b', 'a b'],
    ['a=b', 'a=b'],
    ['\u00fc\u{1f511}', '\u00fc\u{1f511}'],
  ])('with %j is escaped as %s', (value, text) => {
    expect(nameText([[{ type: 'O', value }]])).toBe(`O=${text}`);
  });

  it.each<[string, TestAttribute, string]>([
    ['UTF8String', ['O', 'Z\u00fcrich', 12], 'Z\u00fcrich'],
    ['PrintableString', ['O', 'A & B *', 19], 'A & B *'],
    ['NumericString', ['O', '12 3', 18], '12 3'],
    ['IA5String', ['O', 'a@b_', 22], 'a@b_'],
    ['T61String', ['O', latin1('Z\u00fcrich'), 20], 'Z\u00fcrich'],
    ['BMPString', ['O', Buffer.from('005a00fc', 'hex'), 30], 'Z\u00fc'],
  ])('is read from a %s', (_, attribute, value) => {
    expect(subjectOf([[attribute]])).toEqual([[{ type: 'O', value }]]);
  });

  it.each<[string, TestName]>([
    ['UTF8String that is none', [[['O', Buffer.from('ff', 'hex'), 12]]]],
    ['UTF8String with half a character', [[['O', Buffer.from('eda080', 'hex'), 12]]]],
    ['UTF8String with a letter in two bytes too many', [[['O', Buffer.from('c181', 'hex'), 12]]]],
    ['PrintableString with an @', [[['O', 'a@b', 19]]]],
    ['NumericString with a letter', [[['O', '1a', 18]]]],
    ['IA5String beyond ASCII', [[['O', latin1('\u00fc'), 22]]]],
    ['BMPString of three bytes', [[['O', Buffer.from('005a00', 'hex'), 30]]]],
    ['BMPString with half a character', [[['O', Buffer.from('d83d', 'hex'), 30]]]],
    ['UniversalString', [[['O', Buffer.from('0000005a', 'hex'), 28]]]],
    ['number', [[['O', Buffer.of(1), 2]]]],
    ['part without an attribute', [[]]],
  ])('is not read from a %s', (_, name) => {
    expect(() => subjectOf(name)).toThrow(expect.objectContaining({ code: 'CERTIFICATE_MALFORMED' }));
  });
});

/** OpenSSL refuses most of these certificates before their names are read. */
describe('the DER of a name', () => {
  const of = (name: TestName) => readName(derName(name));
  const attribute = (...parts: readonly Uint8Array[]) => sequence(der(0x31, sequence(...parts)));
  const type = objectId('2.5.4.10');
  const value = der(0x0c, Buffer.from('a'));

  it('is a type and a text', () => {
    expect(readName(attribute(type, value))).toEqual([[{ type: 'O', value: 'a' }]]);
    for (const parts of [[type], [type, value, value], [value, type], [type, type]])
      expect(() => readName(attribute(...parts))).toThrow(expect.objectContaining({ code: 'CERTIFICATE_MALFORMED' }));
  });

  it.each<[string, TestAttribute]>([
    ['UTF-8 that is none', ['O', Buffer.from('61ff', 'hex'), 12]],
    ['half a character in UTF-8', ['O', Buffer.from('eda080', 'hex'), 12]],
    ['a letter in two bytes too many', ['O', Buffer.from('c181', 'hex'), 12]],
    ['a byte of 0x80 in IA5String', ['O', Buffer.from('6180', 'hex'), 22]],
    ['three bytes in BMPString', ['O', Buffer.from('005a00', 'hex'), 30]],
    ['half a character in BMPString', ['O', Buffer.from('d83d', 'hex'), 30]],
  ])('is refused with %s', (_, bad) => {
    expect(() => of([[bad]])).toThrow('no text, or of a kind that is not read');
  });

  it('may hold any character that a text can have', () => {
    const text = Buffer.from('a\u0000\ufffd\u{1f511}');
    expect(of([[['O', text, 12]]])).toEqual([[{ type: 'O', value: 'a\u0000\ufffd\u{1f511}' }]]);
    expect(of([[['O', Buffer.from('d83ddd11', 'hex'), 30]]])).toEqual([[{ type: 'O', value: '\u{1f511}' }]]);
  });
});
