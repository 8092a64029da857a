import { CertificateError, identityOf, isWithin, nameText, parseIdentity, readCertificate } from '@signet/core/x509';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TestAttribute, TestName } from '../../support/certificate-der.ts';
import { makeCertificate } from '../../support/certificates.ts';

const subjectOf = (subject: TestName) => readCertificate(makeCertificate({ subject }).der).subject;
const usual: readonly (readonly TestAttribute[])[] = [[['C', 'US']], [['ST', 'WA']], [['O', 'Acme']]];
const also = (...attributes: readonly TestAttribute[]) => subjectOf([...usual, ...attributes.map((each) => [each])]);
const entries = (identity: ReadonlyMap<string, string>) => Object.fromEntries(identity);

describe('a trusted identity', () => {
  it.each<[string, Record<string, string>]>([
    ['C=US,ST=WA,O=Acme', {}],
    ['O=Acme,C=US,S=WA', {}],
    [' C = US , ST = WA ; O = Acme ', {}],
    ['C=US,ST=WA,O=Acme,CN=', { CN: '' }],
    ['C=US,ST=WA,O=Acme,CN=a\\, b\\+c', { CN: 'a, b+c' }],
    ['C=US,ST=WA,O=Acme,CN=a "b" <c>', { CN: 'a "b" <c>' }],
    ['C=US,ST=WA,O=Acme,CN=a=b', { CN: 'a=b' }],
    ['C=US,ST=WA,O=Acme,CN=\\ a\\ ', { CN: ' a ' }],
    ['C=US,ST=WA,O=Acme,CN=  a b  ', { CN: 'a b' }],
    ['C=US,ST=WA,O=Acme,CN=Z\\C3\\BCrich', { CN: 'Z\u00fcrich' }],
    ['C=US,ST=WA,O=Acme,CN=\\#1', { CN: '#1' }],
    ['C=US,ST=WA,O=Acme,2.5.4.42=Ann', { '2.5.4.42': 'Ann' }],
  ])('%s is read', (text, more) => {
    expect(entries(parseIdentity(text))).toEqual({ C: 'US', ST: 'WA', O: 'Acme', ...more });
  });

  it.each([
    ['', '"" is not TYPE=VALUE'],
    ['C=US,ST=WA', 'O missing'],
    ['c=US,st=WA,o=Acme', 'C, ST, O missing'],
    ['C=US,ST=WA,O=', 'O missing'],
    ['C=US,ST=WA,O=Acme,O=Acme', 'the attribute O stands twice'],
    ['C=US,ST=WA,S=WA,O=Acme', 'the attribute ST stands twice'],
    ['C=US+ST=WA,O=Acme', 'a + that is part of a value'],
    ['C=US,ST=WA,O=Acme,CN=#0c0161', 'a value in hex'],
    ['C=US,ST=WA,O=Acme,', '"" is not TYPE=VALUE'],
    ['C=US,ST=WA,O=Acme,CN', '"CN" is not TYPE=VALUE'],
    ['C=US,ST=WA,O=Acme,=a', '"=a" is not TYPE=VALUE'],
    ['C=US,ST=WA,O=Acme\\', 'nothing that can be escaped'],
    ['C=US,ST=WA,O=Ac\\me', 'nothing that can be escaped'],
    ['C=US,ST=WA,O=\\ff', 'not Unicode text'],
    [`C=US,ST=WA,O=${'a'.repeat(5000)}`, 'at most 4096'],
  ])('%j is not one', (text, message) => {
    expect(() => parseIdentity(text)).toThrow(expect.objectContaining({ code: 'NAME_INVALID' }));
    expect(() => parseIdentity(text)).toThrow(message);
  });

  it('is read as a name was printed', () => {
    const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => !text.includes('=#'));
    const types = ['OU', 'L', 'STREET', 'POSTALCODE', 'CN', 'SERIALNUMBER'] as const;
    const name = fc
      .record({ C: value, ST: value, O: value })
      .chain((all) => fc.dictionary(fc.constantFrom(...types), value).map((more) => ({ ...all, ...more })));
    fc.assert(
      fc.property(name, (values) => {
        const parts = Object.entries(values).map(([type, each]) => [{ type, value: each }]);
        expect(entries(parseIdentity(nameText(parts)))).toEqual({ ...values });
        expect(entries(identityOf(parts))).toEqual({ ...values });
      }),
    );
  });

  it('throws nothing else, whatever the text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom('C', 'S', '=', ',', '\\', '+', ' ', 'f', '#') }),
    );
    fc.assert(
      fc.property(text, (written) => {
        try {
          parseIdentity(written);
        } catch (error) {
          expect(error).toBeInstanceOf(CertificateError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a trusted identity and a name', () => {
  const identity = parseIdentity('C=US,ST=WA,O=Acme,CN=app');

  it('fit where the name has all that the identity has, exactly', () => {
    const fits = (...more: readonly TestAttribute[]) => isWithin(identity, identityOf(also(...more)));
    expect(fits(['CN', 'app'])).toBe(true);
    expect(fits(['CN', 'app'], ['L', 'Seattle'])).toBe(true);
    expect(fits(['CN', 'App'])).toBe(false);
    expect(fits(['CN', 'app '])).toBe(false);
    expect(fits(['OU', 'app'])).toBe(false);
    expect(fits()).toBe(false);
  });

  it('fit whatever string types the certificate has, and with the last common name alone', () => {
    const name = subjectOf([
      [['CN', 'other']],
      [['O', Buffer.from('00410063006d0065', 'hex'), 30]],
      ...usual.slice(0, 2),
    ]);
    expect(isWithin(parseIdentity('O=Acme,C=US,ST=WA,CN=other'), identityOf(name))).toBe(true);
    expect(isWithin(identity, identityOf(subjectOf([...usual, [['CN', 'other']], [['CN', 'app']]])))).toBe(true);
    expect(isWithin(identity, identityOf(subjectOf([...usual, [['CN', 'app']], [['CN', 'other']]])))).toBe(false);
  });

  it('fit where the identity has an empty attribute and the name has none', () => {
    const empty = parseIdentity('C=US,ST=WA,O=Acme,CN=');
    expect(isWithin(empty, identityOf(also(['L', 'Seattle'])))).toBe(true);
    expect(isWithin(empty, identityOf(also(['CN', 'a'])))).toBe(false);
  });

  it.each<[string, TestName, string]>([
    [
      'an e-mail address',
      [...usual, [['emailAddress', 'a@b.test', 22]]],
      'the attribute 1.2.840.113549.1.9.1 has no name',
    ],
    ['two units', [...usual, [['OU', 'a']], [['OU', 'b']]], 'it has two values for OU'],
    ['the same organisation twice', [...usual, [['O', 'Acme']]], 'it has two values for O'],
    ['"=#" in a value', [...usual, [['CN', 'a=#b']]], 'its CN holds "=#"'],
    ['no state', [[['C', 'US']], [['O', 'Acme']]], 'ST missing'],
    ['no attribute', [], 'C, ST, O missing'],
  ])('are told not to fit where the name has %s', (_, name, message) => {
    const read = () => identityOf(subjectOf(name));
    expect(read).toThrow(expect.objectContaining({ code: 'NAME_INVALID' }));
    expect(read).toThrow(message);
  });
});
