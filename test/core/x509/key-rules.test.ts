import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publicKeyFrom } from '@signet/core';
import {
  type Certificate,
  checkChain,
  isSelfSigned,
  isStrongKey,
  notaryAlgorithmOf,
  readCertificate,
} from '@signet/core/x509';
import { describe, expect, it } from 'vitest';
import { der, derUnsigned } from '../../../packages/core/src/keys/der.ts';
import { bitString, objectId, sequence } from '../../support/certificate-der.ts';
import { makeCertificate, type TestKeyKind, testKey } from '../../support/certificates.ts';
import { runOk } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';

const withKey = (key: TestKeyKind) => readCertificate(makeCertificate({ key }).der);
/** A certificate for an RSA key of these numbers, signed by another key. */
const withRsa = (modulus: Uint8Array, exponent: Uint8Array) => {
  const numbers = sequence(derUnsigned(modulus), derUnsigned(exponent));
  const spki = sequence(sequence(objectId('1.2.840.113549.1.1.1'), der(0x05)), bitString(numbers));
  return readCertificate(makeCertificate({ change: (fields) => ({ ...fields, spki }) }).der);
};

describe('the key of a certificate', () => {
  it.each<[TestKeyKind, string]>([
    ['rsa-2048', 'RSASSA-PSS-SHA-256'],
    ['rsa-3072', 'RSASSA-PSS-SHA-384'],
    ['rsa-4096', 'RSASSA-PSS-SHA-512'],
    ['ec-256', 'ECDSA-SHA-256'],
    ['ec-384', 'ECDSA-SHA-384'],
    ['ec-521', 'ECDSA-SHA-512'],
  ])('of %s signs by %s alone', (kind, name) => {
    expect(notaryAlgorithmOf(withKey(kind))?.name).toBe(name);
    expect(isStrongKey(withKey(kind))).toBe(true);
  });

  it.each<[TestKeyKind, boolean]>([
    ['rsa-1024', false],
    ['rsa-2560', true],
    ['rsa-pss-2048', true],
    ['ec-224', false],
    ['ec-k256', false],
    ['ed25519', true],
  ])('of %s signs nothing; whether an authority may have it: %s', (kind, isStrong) => {
    expect(notaryAlgorithmOf(withKey(kind))).toBeUndefined();
    expect(isStrongKey(withKey(kind))).toBe(isStrong);
  });

  it('of an authority has an odd exponent from 3 to 2^31, and 16384 bits at most', () => {
    const { n = '' } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
    const modulus = Buffer.from(n, 'base64url');
    const strong = (exponent: number) => isStrongKey(withRsa(modulus, Uint8Array.of(exponent)));
    expect([1, 2, 3, 4].map(strong)).toEqual([false, false, true, false]);
    const ending = (hex: string) => isStrongKey(withRsa(modulus, Buffer.from(hex, 'hex')));
    // Go's verifiers take none from 2^31.
    expect(['7fffffff', '80000001', '0100000001'].map(ending)).toEqual([true, false, false]);
    expect(notaryAlgorithmOf(withRsa(modulus, Uint8Array.of(3)))).toBeUndefined();
    const long = (bits: number) => isStrongKey(withRsa(Buffer.alloc(bits / 8, 0xff), Uint8Array.of(1, 0, 1)));
    expect([long(16_384), long(16_392)]).toEqual([true, false]);
  });

  it('is one key, however its certificate spells it: a key that is refused stays refused', () => {
    const key = testKey('rsa-2048');
    const { n = '' } = createPublicKey(key).export({ format: 'jwk' });
    const numbers = sequence(derUnsigned(Buffer.from(n, 'base64url')), derUnsigned(Uint8Array.of(1, 0, 1)));
    // A length in more bytes than it needs; OpenSSL takes it.
    const long = Buffer.of(0x30, 0x83, 0, (numbers.length - 4) >> 8, (numbers.length - 4) & 0xff);
    const rsa = objectId('1.2.840.113549.1.1.1');
    const spellings = [
      sequence(sequence(rsa, der(0x05)), bitString(numbers)),
      sequence(sequence(rsa), bitString(numbers)),
      sequence(sequence(rsa, der(0x05)), bitString(Buffer.concat([long, numbers.subarray(4)]))),
    ];
    const certificates = spellings.map((spki) =>
      readCertificate(makeCertificate({ key, change: (fields) => ({ ...fields, spki }) }).der),
    );
    expect(new Set(certificates.map(({ spki }) => Buffer.from(spki).toString('hex'))).size).toBe(3);
    for (const each of certificates) {
      expect(checkChain([each], 'codeSigning')).toBeUndefined();
      expect(each.keyId).toBe(publicKeyFrom(createPublicKey(key)).id);
    }
  });

  it('of numbers without measure is read in bounded time', () => {
    const certificate = withRsa(Buffer.alloc(1000, 0xff), Buffer.alloc(7000, 0xff));
    const started = performance.now();
    expect([isStrongKey(certificate), notaryAlgorithmOf(certificate), isSelfSigned(certificate)]).toEqual([
      false,
      undefined,
      false,
    ]);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it.each([
    ['explicit parameters', ['-param_enc', 'explicit']],
    ['a compressed point', ['-conv_form', 'compressed']],
  ])('with %s is not taken for a leaf, nor for an authority', async (_, form) => {
    const folder = tempDir();
    const [named, key, file] = [join(folder, 'named'), join(folder, 'key'), join(folder, 'cert')];
    writeFileSync(named, testKey('ec-256').export({ format: 'pem', type: 'sec1' }));
    const read = async (keyFile: string): Promise<Certificate> => {
      const usage = ['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,digitalSignature'];
      const request = ['-subj', '/CN=odd', '-outform', 'DER', '-out', file];
      const extensions = usage.flatMap((each) => ['-addext', each]);
      await runOk('openssl', ['req', '-x509', '-key', keyFile, ...request, ...extensions]);
      return readCertificate(readFileSync(file));
    };
    expect(checkChain([await read(named)], 'codeSigning')).toBeUndefined();
    await runOk('openssl', ['ec', '-in', named, ...form, '-out', key]);
    const certificate = await read(key);
    expect(isSelfSigned(certificate)).toBe(true);
    expect([isStrongKey(certificate), notaryAlgorithmOf(certificate)]).toEqual([false, undefined]);
    expect(checkChain([certificate], 'codeSigning')).toMatchObject({ code: 'CERTIFICATE_KEY' });
  });
});
