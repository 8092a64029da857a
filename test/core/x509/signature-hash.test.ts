import { hashOfSignature } from '@signet/core/x509';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { der, derInteger } from '../../../packages/core/src/keys/der.ts';
import { objectId, sequence } from '../../support/certificate-der.ts';

const [pss, mgf1, sha1, sha256, sha384, sha224] = [
  '1.2.840.113549.1.1.10',
  '1.2.840.113549.1.1.8',
  '1.3.14.3.2.26',
  '2.16.840.1.101.3.4.2.1',
  '2.16.840.1.101.3.4.2.2',
  '2.16.840.1.101.3.4.2.4',
];
const hash = (oid: string) => der(0xa0, sequence(objectId(oid), der(0x05)));
const mask = (oid: string, by: string = mgf1) => der(0xa1, sequence(objectId(by), sequence(objectId(oid), der(0x05))));
const salt = der(0xa2, derInteger(32));
const ofPss = (...parts: readonly Uint8Array[]) =>
  hashOfSignature({ signatureAlgorithm: pss, signatureParameters: sequence(...parts) });

describe('the hash of a signature by RSASSA-PSS', () => {
  it.each<[string, readonly Uint8Array[], string]>([
    ['SHA-256 for text and mask', [hash(sha256), mask(sha256), salt], 'strong'],
    ['SHA-384 without a salt length', [hash(sha384), mask(sha384)], 'strong'],
    ['nothing that is said', [], 'weak'],
    ['SHA-1', [hash(sha1), mask(sha1)], 'weak'],
    ['SHA-256 with a mask that is not said', [hash(sha256), salt], 'weak'],
    ['SHA-256 with a mask by SHA-1', [hash(sha256), mask(sha1)], 'weak'],
    ['a hash that is not said with a mask by SHA-256', [mask(sha256)], 'weak'],
    ['two hashes', [hash(sha256), mask(sha384)], 'unknown'],
    ['SHA-224', [hash(sha224), mask(sha224)], 'unknown'],
    ['another function for the mask', [hash(sha256), mask(sha256, sha256)], 'unknown'],
    ['a mask without a hash', [hash(sha256), der(0xa1, sequence(objectId(mgf1)))], 'unknown'],
    ['another function without a hash', [hash(sha256), der(0xa1, sequence(objectId(sha256)))], 'unknown'],
    ['a hash that is a text', [der(0xa0, sequence(der(0x0c, objectId(sha256).subarray(2)))), mask(sha256)], 'weak'],
    ['a hash of no algorithm', [der(0xa0, der(0x05)), mask(sha256)], 'unknown'],
  ])('with %s', (_, parts, expected) => {
    expect(ofPss(...parts)).toBe(expected);
  });

  it('is unknown without parameters, or with some that cannot be read', () => {
    expect(hashOfSignature({ signatureAlgorithm: pss })).toBe('unknown');
    expect(hashOfSignature({ signatureAlgorithm: pss, signatureParameters: der(0x05) })).toBe('unknown');
    fc.assert(
      fc.property(fc.uint8Array(), (signatureParameters) => {
        expect(hashOfSignature({ signatureAlgorithm: pss, signatureParameters })).not.toBe('strong');
      }),
    );
  });
});

describe('the hash of another signature', () => {
  it('is that of its algorithm, whatever its parameters are', () => {
    const parameters = sequence(hash(sha256), mask(sha256));
    const of = (signatureAlgorithm: string) => [
      hashOfSignature({ signatureAlgorithm }),
      hashOfSignature({ signatureAlgorithm, signatureParameters: parameters }),
    ];
    for (const strong of ['1.2.840.113549.1.1.11', '1.2.840.10045.4.3.4', '1.3.101.112'])
      expect(of(strong), strong).toEqual(['strong', 'strong']);
    for (const weak of ['1.2.840.113549.1.1.5', '1.2.840.10045.4.1']) expect(of(weak), weak).toEqual(['weak', 'weak']);
    for (const other of ['1.2.3', '1.2.840.113549.1.1.14']) expect(of(other), other).toEqual(['unknown', 'unknown']);
  });
});
