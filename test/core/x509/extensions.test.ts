import { readCertificate } from '@signet/core/x509';
import { describe, expect, it } from 'vitest';
import { der } from '../../../packages/core/src/keys/der.ts';
import {
  basicConstraints,
  bitString,
  crlPoints,
  derExtension,
  extendedKeyUsage,
  keyUsage,
  objectId,
  ocspNoCheck,
  oids,
  sequence,
  type TestExtension,
} from '../../support/certificate-der.ts';
import { derExtensions, makeCertificate } from '../../support/certificates.ts';

const read = (...extensions: readonly TestExtension[]) =>
  readCertificate(makeCertificate({ profile: 'bare', extensions }).der);
const raw = (id: string, value: Uint8Array): TestExtension => ({ id, isCritical: true, value });
/** Extensions as they stand in the certificate, in any form. */
const readList = (...elements: readonly Uint8Array[]) =>
  readCertificate(
    makeCertificate({ change: (fields) => ({ ...fields, extensions: der(0xa3, sequence(...elements)) }) }).der,
  );

const yes = der(0x01, Uint8Array.of(0xff));
const integer = (...bytes: readonly number[]) => der(0x02, Uint8Array.from(bytes));
const uri = (text: string) => der(0x86, Buffer.from(text, 'latin1'));
const usageBits = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
];

describe('extensions of a certificate', () => {
  it('are all absent where there are none', () => {
    const certificate = read();
    expect(certificate).toMatchObject({ ocspUrls: [], crlUrls: [], hasOcspNoCheck: false });
    expect(certificate).not.toHaveProperty('basicConstraints');
    expect(certificate).not.toHaveProperty('keyUsage');
    expect(certificate).not.toHaveProperty('extendedKeyUsage');
  });

  it.each(usageBits.map((bit) => [bit]))('has the key usage %s alone', (bit) => {
    expect(read(keyUsage([bit])).keyUsage).toEqual({ bits: new Set([bit]), isCritical: true });
    expect(read(keyUsage([bit], false)).keyUsage?.isCritical).toBe(false);
  });

  it('has a path length from 0 up, and none', () => {
    expect(read(basicConstraints(true, 0)).basicConstraints).toEqual({ isCa: true, pathLength: 0, isCritical: true });
    expect(read(basicConstraints(true, 0x7fffffff)).basicConstraints?.pathLength).toBe(0x7fffffff);
    expect(read(basicConstraints(true, 70_000)).basicConstraints?.pathLength).toBe(70_000);
    expect(read(basicConstraints(true)).basicConstraints).not.toHaveProperty('pathLength');
  });

  it('takes an explicit FALSE, which is in use, in both places', () => {
    const no = der(0x01, Uint8Array.of(0));
    expect(read(raw(oids.basicConstraints, sequence(no))).basicConstraints?.isCa).toBe(false);
    const { value } = keyUsage(['digitalSignature']);
    const usage = readList(sequence(objectId(oids.keyUsage), no, der(0x04, value))).keyUsage;
    expect(usage).toEqual({ bits: new Set(['digitalSignature']), isCritical: false });
  });

  it('ignores what it does not know, critical or not', () => {
    expect(read(raw('1.2.3.4', Buffer.from('no DER at all')), ocspNoCheck).hasOcspNoCheck).toBe(true);
  });

  it('takes addresses from all points and leaves other names out', () => {
    const directory = der(0xa4, sequence());
    const point = (...names: readonly Uint8Array[]) => sequence(der(0xa0, der(0xa0, ...names)));
    const points = sequence(
      point(directory, uri('http://a.test/1'), uri('ldap://b.test')),
      sequence(der(0x81, Uint8Array.of(1, 0x80)), der(0xa2, uri('http://issuer.test'))),
      sequence(der(0xa0, der(0xa1, sequence()))),
      point(uri('http://a.test/2')),
    );
    expect(read(raw(oids.crlPoints, points)).crlUrls).toEqual(['http://a.test/1', 'ldap://b.test', 'http://a.test/2']);
    const access = (method: string, place: Uint8Array) => sequence(objectId(method), place);
    const info = sequence(
      access('1.3.6.1.5.5.7.48.2', uri('http://ca.test')),
      access(oids.ocspMethod, directory),
      access(oids.ocspMethod, uri('http://ocsp.test')),
    );
    expect(read(raw(oids.infoAccess, info)).ocspUrls).toEqual(['http://ocsp.test']);
  });

  it.each<[string, TestExtension, string]>([
    ['constraints with more behind', raw(oids.basicConstraints, sequence(yes, integer(0), integer(1))), 'basic constr'],
    ['constraints in a wrong order', raw(oids.basicConstraints, sequence(integer(0), yes)), 'basic constraints'],
    ['constraints as a set', raw(oids.basicConstraints, der(0x31, yes)), 'of another type'],
    ['a truth value of 1', raw(oids.basicConstraints, sequence(der(0x01, Uint8Array.of(1)))), 'a truth value of BER'],
    ['a negative path length', raw(oids.basicConstraints, sequence(yes, integer(0xff))), 'path length is negative'],
    ['a path length of -128', raw(oids.basicConstraints, sequence(yes, integer(0x80))), 'path length is negative'],
    ['a path length of 5 bytes', raw(oids.basicConstraints, sequence(yes, integer(1, 0, 0, 0, 0))), 'path length'],
    ['bytes behind the value', raw(oids.basicConstraints, Buffer.concat([sequence(yes), yes])), '3 bytes follow it'],
    ['no value', raw(oids.keyUsage, new Uint8Array(0)), 'ends too early'],
    ['a key usage of octets', raw(oids.keyUsage, der(0x04, Uint8Array.of(0x80))), 'its key usage'],
    ['a key usage in parts', raw(oids.keyUsage, der(0x23, bitString(Uint8Array.of(0x80)))), 'a simple value in parts'],
    ['a key usage of 200 bytes', raw(oids.keyUsage, bitString(new Uint8Array(200).fill(255))), 'its key usage'],
    ['a key usage with a tenth bit', raw(oids.keyUsage, bitString(Uint8Array.of(0x80, 0x40), 6)), 'its key usage'],
    ['bits behind the end', raw(oids.keyUsage, bitString(Uint8Array.of(0xff), 7)), 'bits behind its end'],
    ['nine unused bits', raw(oids.keyUsage, bitString(Uint8Array.of(0x80), 9)), 'bits behind its end'],
    ['a usage that is a number', raw(oids.extendedKeyUsage, sequence(integer(1))), 'an object identifier'],
    ['a usage that is no list', raw(oids.extendedKeyUsage, objectId(oids.codeSigning)), 'of another type'],
    [
      'more than 64 usages',
      extendedKeyUsage(Array.from({ length: 65 }, (_, at) => `1.2.3.${at}`)),
      'more than 64 elements',
    ],
    ['an address with a control character', crlPoints(['http://a.test/\n']), 'printable ASCII'],
    ['an address beyond ASCII', raw(oids.infoAccess, sequence(accessTo('http://\u00e4.test'))), 'printable ASCII'],
    ['an empty address', crlPoints(['']), 'printable ASCII'],
    ['a subject key id that is none', raw(oids.subjectKeyId, integer(1)), 'subject key identifier'],
    ['access without a place', raw(oids.infoAccess, sequence(sequence(objectId(oids.ocspMethod)))), 'authority info'],
  ])('are refused with %s', (_, extension, message) => {
    expect(() => read(extension)).toThrow(expect.objectContaining({ code: 'CERTIFICATE_MALFORMED' }));
    expect(() => read(extension)).toThrow(message);
  });

  it('are refused when one stands twice, has more in it, or is of another form', () => {
    const usage = derExtension(keyUsage(['digitalSignature']));
    const value = der(0x04, keyUsage(['digitalSignature']).value);
    expect(() => readList(usage)).not.toThrow();
    expect(() => readList(usage, usage)).toThrow('the extension 2.5.29.15 stands twice');
    expect(() => readList(sequence(objectId(oids.keyUsage), value, integer(1)))).toThrow('is not made as one');
    expect(() => readList(sequence(objectId(oids.keyUsage), yes, yes, value))).toThrow('is not made as one');
    expect(() => readList(sequence(objectId(oids.keyUsage)))).toThrow('is not made as one');
    expect(() => readList(sequence(value, value))).toThrow('an object identifier cannot be read');
  });

  it('are refused in two lists, and where there are more than 64', () => {
    const list = sequence(derExtension(keyUsage(['digitalSignature'])));
    const two = makeCertificate({ change: (fields) => ({ ...fields, extensions: der(0xa3, list, list) }) });
    expect(() => readCertificate(two.der)).toThrow('two lists of extensions');
    const many = Array.from({ length: 65 }, (_, at) => raw(`1.2.3.${at}`, new Uint8Array(0)));
    const long = makeCertificate({ change: (fields) => ({ ...fields, extensions: derExtensions(many) }) });
    expect(() => readCertificate(long.der)).toThrow('more than 64 elements');
  });
});

function accessTo(url: string): Uint8Array {
  return sequence(objectId(oids.ocspMethod), uri(url));
}
