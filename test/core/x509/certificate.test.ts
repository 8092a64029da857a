import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CertificateError,
  isIssuedBy,
  isSelfSigned,
  isSignedBy,
  namesIssuer,
  nameText,
  readCertificate,
} from '@signet/core/x509';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { der, readAll, readOnlySequence } from '../../../packages/core/src/keys/der.ts';
import { objectId, sequence } from '../../support/certificate-der.ts';
import {
  type CertificateRequest,
  makeCertificate,
  makeChain,
  type TbsFields,
  testKey,
} from '../../support/certificates.ts';
import { runOk } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';

const made = (request: CertificateRequest = {}) => makeCertificate(request).der;
const changed = (change: (fields: TbsFields) => Partial<TbsFields>) =>
  made({ change: (fields) => ({ ...fields, ...change(fields) }) });
const utcTime = (text: string) => der(0x17, Buffer.from(text));
const generalTime = (text: string) => der(0x18, Buffer.from(text));
const fine = utcTime('491231000000Z');
const integer = (...bytes: readonly number[]) => der(0x02, Uint8Array.from(bytes));
const uniqueId = (tag: number) => der(tag, Uint8Array.of(0, 1));
/** With this algorithm inside and outside. */
const withAlgorithm = (algorithm: Uint8Array) => {
  const [tbs] = readAll(readOnlySequence(changed(() => ({ algorithm }))));
  return sequence(tbs?.whole ?? algorithm, algorithm, der(0x03, Uint8Array.of(0)));
};

describe('a certificate', () => {
  it('is read with all that rules ask for', () => {
    const chain = makeChain({
      leaf: { serial: 0x80ffn, ocspUrls: ['http://ocsp.test/a'], crlUrls: ['http://crl.test/1', 'http://crl.test/2'] },
    });
    const [leaf, ca, root] = chain.ders.map(readCertificate);
    const own = new X509Certificate(chain.leaf.der);
    expect(leaf).toMatchObject({
      thumbprint: own.fingerprint256.replaceAll(':', '').toLowerCase(),
      serialNumber: '0080ff',
      notBeforeMs: Date.UTC(2020, 0, 1),
      notAfterMs: Date.UTC(2049, 11, 31),
      basicConstraints: { isCa: false, isCritical: true },
      keyUsage: { bits: new Set(['digitalSignature']), isCritical: true },
      extendedKeyUsage: { oids: ['1.3.6.1.5.5.7.3.3'], isCritical: false },
      authorityKeyId: ca?.subjectKeyId,
      ocspUrls: ['http://ocsp.test/a'],
      crlUrls: ['http://crl.test/1', 'http://crl.test/2'],
      hasOcspNoCheck: false,
      signatureAlgorithm: '1.2.840.10045.4.3.2',
    });
    expect(Buffer.from(leaf?.spki ?? [])).toEqual(own.publicKey.export({ format: 'der', type: 'spki' }));
    expect(leaf?.subject).toEqual(
      [
        ['C', 'US'],
        ['ST', 'WA'],
        ['L', 'Seattle'],
        ['O', 'Notary'],
        ['CN', 'leaf'],
      ].map(([type, value]) => [{ type, value }]),
    );
    expect(leaf?.issuer).toEqual(ca?.subject);
    expect(root).toMatchObject({
      basicConstraints: { isCa: true, isCritical: true },
      keyUsage: { bits: new Set(['keyCertSign', 'cRLSign']) },
    });
    expect(root?.authorityKeyId).toBeUndefined();
  });

  it('of openssl is read as openssl shows it', async () => {
    const folder = tempDir();
    const [key, file] = [join(folder, 'key'), join(folder, 'cert')];
    const extensions = [
      'basicConstraints=critical,CA:TRUE,pathlen:3',
      'keyUsage=digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment,keyAgreement,keyCertSign,cRLSign,encipherOnly,decipherOnly',
      'extendedKeyUsage=critical,codeSigning,timeStamping,1.2.3.4.5.99999',
      'authorityInfoAccess=OCSP;URI:http://ocsp.test/,caIssuers;URI:http://ca.test/',
      'crlDistributionPoints=URI:http://crl.test/a,URI:ldap://crl.test/b',
      'noCheck=ignored',
    ];
    const options = ['-subj', '/C=US/ST=WA/O=A, B\\+C/CN=\u00fcber', '-utf8', '-set_serial', '0xff00', '-days', '3'];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-outform', 'DER', '-out', file];
    await runOk('openssl', [...request, ...options, ...extensions.flatMap((each) => ['-addext', each])]);
    const bytes = readFileSync(file);
    const certificate = readCertificate(bytes);
    const own = new X509Certificate(bytes);
    expect(certificate).toMatchObject({
      serialNumber: '00ff00',
      notBeforeMs: own.validFromDate.getTime(),
      notAfterMs: own.validToDate.getTime(),
      basicConstraints: { isCa: true, pathLength: 3, isCritical: true },
      extendedKeyUsage: {
        oids: ['1.3.6.1.5.5.7.3.3', '1.3.6.1.5.5.7.3.8', '1.2.3.4.5.99999'],
        isCritical: true,
      },
      ocspUrls: ['http://ocsp.test/'],
      crlUrls: ['http://crl.test/a', 'ldap://crl.test/b'],
      hasOcspNoCheck: true,
    });
    expect(certificate.keyUsage?.bits.size).toBe(9);
    expect(certificate.keyUsage?.isCritical).toBe(false);
    const shown = await runOk('openssl', ['x509', '-in', file, '-noout', '-subject', '-nameopt', 'RFC2253,-esc_msb']);
    expect(nameText(certificate.subject)).toBe('CN=\u00fcber,O=A\\, B\\+C,ST=WA,C=US');
    expect(shown.trim()).toBe('subject=CN=\u00fcber,O=A\\, B\\+C,ST=WA,C=US');
  });

  it('that the tests make is one for openssl, too', async () => {
    const folder = tempDir();
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const { leaf, intermediates, root } = makeChain({ intermediates: [{}, { key: 'rsa-2048', signature: 'sha384' }] });
    const untrusted = file('untrusted', intermediates.map(({ pem }) => pem).join(''));
    const options = ['-x509_strict', '-CAfile', file('root', root.pem), '-untrusted', untrusted];
    const verified = await runOk('openssl', ['verify', ...options, file('leaf', leaf.pem)]);
    expect(verified.trim()).toBe(`${join(folder, 'leaf')}: OK`);
  });

  it.each<[string, Uint8Array, string]>([
    ['no bytes', new Uint8Array(0), 'DER that ends too early'],
    ['PEM', Buffer.from(makeCertificate().pem), 'bytes follow it'],
    ['a byte behind it', Buffer.concat([made(), Buffer.of(0)]), '1 bytes follow it'],
    ['a byte less', made().subarray(0, -1), 'ends too early'],
    ['more than 64 KiB', new Uint8Array(65_537), 'it has 65537 bytes'],
    ['four parts', sequence(sequence(), sequence(), der(0x03, Uint8Array.of(0)), sequence()), 'the three parts'],
    ['version 1', changed(() => ({ version: new Uint8Array(0) })), 'not of version 3'],
    ['version 2', changed(() => ({ version: der(0xa0, integer(1)) })), 'not of version 3'],
    ['version 4', changed(() => ({ version: der(0xa0, integer(3)) })), 'not of version 3'],
    [
      'a serial number of octets',
      changed(() => ({ serial: der(0x04, Uint8Array.of(1)) })),
      'its serial number is none',
    ],
    ['a serial number with a zero in front', changed(() => ({ serial: integer(0, 1) })), 'not in its shortest form'],
    [
      'another algorithm inside than outside',
      changed(() => ({ algorithm: sequence(objectId('1.2.840.10045.4.3.3')) })),
      'two algorithms for its signature',
    ],
    ['a 13th month', changed(() => ({ validity: sequence(utcTime('201301000000Z'), fine) })), 'a time of its validity'],
    ['a 30th of February', changed(() => ({ validity: sequence(utcTime('200230000000Z'), fine) })), 'a time of its'],
    [
      'an offset',
      changed(() => ({ validity: sequence(utcTime('200101000000+0100'), fine) })),
      'a time of its validity',
    ],
    ['no seconds', changed(() => ({ validity: sequence(utcTime('2001010000Z'), fine) })), 'a time of its validity'],
    ['a fraction', changed(() => ({ validity: sequence(generalTime('20200101000000.5Z'), fine) })), 'a time of its'],
    ['a text for a time', changed(() => ({ validity: sequence(der(0x0c, Buffer.from('x')), fine) })), 'a time of its'],
    ['three times', changed(() => ({ validity: sequence(fine, fine, fine) })), 'more than two times'],
    ['one time', changed(() => ({ validity: sequence(fine) })), 'a time of its validity'],
    ['no key', changed(() => ({ spki: sequence() })), 'its key or its signature cannot be read'],
    [
      'a field that is not known',
      changed(({ extensions }) => ({ extensions: Buffer.concat([extensions, integer(1)]) })),
      'a field that is not known',
    ],
    [
      'its extensions twice',
      changed(({ extensions }) => ({ extensions: Buffer.concat([extensions, extensions]) })),
      'a field that is not known',
    ],
    [
      'a third part of its algorithm',
      changed(() => ({ algorithm: sequence(objectId('1.2.840.10045.4.3.2'), integer(1), integer(1)) })),
      'two algorithms for its signature',
    ],
    [
      'a third part of its algorithm, inside and outside',
      withAlgorithm(sequence(objectId('1.2.840.10045.4.3.2'), integer(1), integer(1))),
      'the algorithm of its signature has too many parts',
    ],
    ['an algorithm as a set', withAlgorithm(der(0x31, objectId('1.2.840.10045.4.3.2'))), 'of another type'],
    ['an issuer as a set', changed(() => ({ issuer: der(0x31) })), 'of another type'],
    ['a key as a set', changed(() => ({ spki: der(0x31) })), 'of another type'],
    [
      'its unique identifiers in a wrong order',
      changed(({ extensions }) => ({ extensions: Buffer.concat([uniqueId(0x82), uniqueId(0x81), extensions]) })),
      'a field that is not known',
    ],
    ['a key of 9 KiB', changed(() => ({ spki: sequence(der(0x03, new Uint8Array(9_216))) })), 'its key has 9'],
  ])('is refused with %s', (_, bytes, message) => {
    expect(outcomeOf(bytes)).toMatchObject({
      code: 'CERTIFICATE_MALFORMED',
      message: expect.stringContaining(message),
    });
  });

  it('may have unique identifiers, and no extensions', () => {
    const both = Buffer.concat([uniqueId(0x81), uniqueId(0x82)]);
    const read = readCertificate(changed(({ extensions }) => ({ extensions: Buffer.concat([both, extensions]) })));
    expect(read.keyUsage?.bits).toEqual(new Set(['digitalSignature']));
    expect(readCertificate(changed(() => ({ extensions: both })))).not.toHaveProperty('keyUsage');
  });

  it('may have a negative serial number, as RFC 5280 asks of who reads them', () => {
    expect(readCertificate(changed(() => ({ serial: integer(0x80) }))).serialNumber).toBe('80');
  });

  it('is valid from and to a time of either form, years of two digits from 1950', () => {
    const read = (from: Uint8Array, to: Uint8Array) => {
      const { notBeforeMs, notAfterMs } = readCertificate(changed(() => ({ validity: sequence(from, to) })));
      return [notBeforeMs, notAfterMs].map((ms) => new Date(ms).toISOString());
    };
    expect(read(utcTime('500101000000Z'), utcTime('491231235959Z'))).toEqual([
      '1950-01-01T00:00:00.000Z',
      '2049-12-31T23:59:59.000Z',
    ]);
    expect(read(generalTime('20200229120000Z'), generalTime('99991231235959Z'))).toEqual([
      '2020-02-29T12:00:00.000Z',
      '9999-12-31T23:59:59.000Z',
    ]);
  });

  it('is read or refused, whatever the bytes: nothing else is thrown, and what is read was not changed', () => {
    const whole = Buffer.from(made({ ocspUrls: ['http://a.test/'], crlUrls: ['http://b.test/'] }));
    const byte = fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }));
    const mutated = fc.array(byte, { minLength: 1, maxLength: 3 }).map((places) => {
      const copy = Buffer.from(whole);
      for (const [at, value] of places) copy[at] = value;
      return copy;
    });
    const cut = fc.tuple(fc.nat(whole.length), fc.nat(whole.length)).map(([a, b]) => whole.subarray(a, b));
    fc.assert(
      fc.property(fc.oneof({ weight: 4, arbitrary: mutated }, cut, fc.uint8Array()), (bytes) => {
        const outcome = outcomeOf(bytes);
        if (outcome instanceof CertificateError) return;
        // Its self-signature holds for nothing but the bytes that were signed, and those of the signature.
        expect(isSelfSigned(outcome)).toBe(whole.equals(bytes));
      }),
      { numRuns: 1500 },
    );
  });
});

describe('who issued a certificate', () => {
  const issuer = makeCertificate({ profile: 'ca', subject: 'CN=issuer' });
  const child = readCertificate(made({ issuer }));
  const parent = readCertificate(issuer.der);

  it('is who signed it and has the name', () => {
    expect(isIssuedBy(child, parent)).toBe(true);
    expect(isSelfSigned(parent)).toBe(true);
    expect(isSelfSigned(child)).toBe(false);
  });

  it('is not who has but the name', () => {
    const namesake = readCertificate(made({ profile: 'ca', subject: 'CN=issuer', key: testKey('ec-256', 'other') }));
    expect([namesIssuer(child, namesake), isSignedBy(child, namesake)]).toEqual([true, false]);
    expect(isIssuedBy(child, namesake)).toBe(false);
  });

  it('is not who has but the key, nor who has the name in another string type', () => {
    const sameKey = { profile: 'ca', key: issuer.privateKey } as const;
    const renamed = readCertificate(made({ ...sameKey, subject: 'CN=another' }));
    const printable = readCertificate(made({ ...sameKey, subject: [[['CN', 'issuer', 0x13]]] }));
    for (const other of [renamed, printable])
      expect([namesIssuer(child, other), isSignedBy(child, other), isIssuedBy(child, other)]).toEqual([
        false,
        true,
        false,
      ]);
  });

  it('is nobody with a key of another kind', () => {
    const namesake = readCertificate(made({ profile: 'ca', subject: 'CN=issuer', key: 'ed25519' }));
    expect(isIssuedBy(child, namesake)).toBe(false);
  });
});

function outcomeOf(bytes: Uint8Array): ReturnType<typeof readCertificate> | CertificateError {
  try {
    return readCertificate(bytes);
  } catch (error) {
    if (error instanceof CertificateError) return error;
    throw error;
  }
}
