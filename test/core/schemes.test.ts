import { allowsScheme, type KeyKind, type SchemeFormat, type SignatureScheme, schemesFor } from '@signet/core';
import { describe, expect, it } from 'vitest';

type Row = readonly [KeyKind, SchemeFormat, readonly SignatureScheme[], readonly SignatureScheme[]];

/** Rule: wire-formats 3.3, last two columns. */
const table: readonly Row[] = [
  ['ecdsa-p256', 'sigstore', ['ECDSA_SHA256'], ['ECDSA_SHA256']],
  ['ecdsa-p384', 'sigstore', ['ECDSA_SHA256', 'ECDSA_SHA384'], ['ECDSA_SHA384', 'ECDSA_SHA256']],
  ['ecdsa-p521', 'cosign', ['ECDSA_SHA256', 'ECDSA_SHA512'], ['ECDSA_SHA512', 'ECDSA_SHA256']],
  ['rsa', 'sigstore', ['RSA_PKCS1V15_SHA256'], ['RSA_PKCS1V15_SHA256']],
  ['rsa', 'cosign', ['RSA_PKCS1V15_SHA256'], ['RSA_PKCS1V15_SHA256']],
  ['ed25519', 'sigstore', ['ED25519'], ['ED25519']],
  ['ed25519', 'sigstore-message', ['ED25519'], ['ED25519', 'ED25519_PH']],
  ['ed25519', 'cosign', ['ED25519'], ['ED25519', 'ED25519_PH']],
];

describe('schemesFor', () => {
  it.each(table)('%s in %s', (kind, format, signs, accepts) => {
    expect(schemesFor(kind, format, 'sign')).toEqual(signs);
    expect(schemesFor(kind, format, 'verify')).toEqual(accepts);
  });

  it('names nothing that the key may not be used with', () => {
    for (const [kind, format] of table)
      for (const use of ['sign', 'verify'] as const)
        for (const scheme of schemesFor(kind, format, use)) expect(allowsScheme(kind, scheme)).toBe(true);
  });
});

describe('allowsScheme', () => {
  it.each([
    ['ecdsa-p256', 'ECDSA_SHA384'],
    ['ecdsa-p384', 'ECDSA_SHA512'],
    ['ecdsa-p256', 'RSA_PSS_SHA256'],
    ['rsa', 'ECDSA_SHA256'],
    ['rsa', 'ED25519'],
    ['ed25519', 'ECDSA_SHA256'],
  ] as const)('%s is never used with %s', (kind, scheme) => {
    expect(allowsScheme(kind, scheme)).toBe(false);
  });
});
