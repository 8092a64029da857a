import { constants, generateKeyPairSync, sign } from 'node:crypto';
import {
  createSoftwareSigner,
  type KeyKind,
  type PublicKey,
  publicKeyFrom,
  type SignatureEncoding,
  type SignatureScheme,
  startSignatureCheck,
  toDerSignature,
  verifySignature,
} from '@signet/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kinds, sampleKey } from './keys/key-samples.ts';

const message = Buffer.from('what is signed');
const allowed: Readonly<Record<KeyKind, readonly SignatureScheme[]>> = {
  'ecdsa-p256': ['ECDSA_SHA256'],
  'ecdsa-p384': ['ECDSA_SHA256', 'ECDSA_SHA384'],
  'ecdsa-p521': ['ECDSA_SHA256', 'ECDSA_SHA512'],
  rsa: ['RSA_PKCS1V15_SHA256', 'RSA_PSS_SHA256', 'RSA_PSS_SHA384', 'RSA_PSS_SHA512'],
  ed25519: ['ED25519'],
};
const everyScheme: readonly SignatureScheme[] = [...new Set([...Object.values(allowed).flat(), 'ED25519_PH' as const])];
const pairs = kinds.flatMap((kind) => allowed[kind].map((scheme) => ({ kind, scheme })));

describe('verifySignature', () => {
  it.each(pairs)('$kind with $scheme: its own signature alone, in its own scheme', async ({ kind, scheme }) => {
    const { key, signature } = await signed(kind, scheme);
    expect(verifies(key, scheme, message, signature, 'ieee-p1363')).toBe(true);
    expect(verifies(key, scheme, Buffer.from('what is signeD'), signature, 'ieee-p1363')).toBe(false);
    for (const other of everyScheme.filter((name) => name !== scheme))
      expect(verifies(key, other, message, signature, 'ieee-p1363')).toBe(false);
  });

  it.each(pairs)('$kind with $scheme: every single damaged byte is refused', async ({ kind, scheme }) => {
    const { key, signature } = await signed(kind, scheme);
    for (let at = 0; at < signature.length; at += kind === 'rsa' ? 16 : 1) {
      const damaged = Buffer.from(signature);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(verifies(key, scheme, message, damaged, 'ieee-p1363')).toBe(false);
    }
  });

  it.each(pairs)('$kind with $scheme: one byte more or fewer is refused', async ({ kind, scheme }) => {
    const { key, signature } = await signed(kind, scheme);
    const zero = Buffer.alloc(1);
    for (const other of [
      Buffer.concat([signature, zero]),
      Buffer.concat([zero, signature]),
      signature.subarray(1),
      zero,
    ])
      expect(verifies(key, scheme, message, other, 'ieee-p1363')).toBe(false);
  });

  it.each(pairs.filter(({ kind }) => kind.startsWith('ecdsa')))(
    '$kind with $scheme: each encoding only as itself, high and low S both',
    async ({ kind, scheme }) => {
      const { key, signature } = await signed(kind, scheme);
      for (const raw of [signature, withOtherS(signature, kind)]) {
        const der = toDerSignature(raw, kind) ?? Buffer.alloc(0);
        expect(check(key, scheme, raw, 'ieee-p1363')).toBe(true);
        expect(check(key, scheme, der, 'der')).toBe(true);
        expect(check(key, scheme, der, 'ieee-p1363')).toBe(false);
        expect(check(key, scheme, raw, 'der')).toBe(false);
        expect(check(key, scheme, Buffer.concat([der, Buffer.alloc(1)]), 'der')).toBe(false);
      }
    },
  );

  it('a PSS salt of another length than the hash is refused', async () => {
    const { keyObject, publicKey } = await sampleKey('rsa');
    const pss = (saltLength: number) =>
      sign('sha256', message, { key: keyObject, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
    expect(check(publicKey, 'RSA_PSS_SHA256', pss(32), 'der')).toBe(true);
    for (const saltLength of [0, 20, 31, 33, constants.RSA_PSS_SALTLEN_MAX_SIGN])
      expect(check(publicKey, 'RSA_PSS_SHA256', pss(saltLength), 'der')).toBe(false);
  });

  it('SHA-1 and SHA-512 under PKCS#1 v1.5 are refused', async () => {
    const { keyObject, publicKey } = await sampleKey('rsa');
    for (const hash of ['sha1', 'sha512'])
      expect(check(publicKey, 'RSA_PKCS1V15_SHA256', sign(hash, message, keyObject), 'der')).toBe(false);
  });

  it('an RSA signature as large as the modulus is refused', async () => {
    const { publicKey } = await sampleKey('rsa');
    expect(check(publicKey, 'RSA_PKCS1V15_SHA256', Buffer.alloc(256, 0xff), 'der')).toBe(false);
  });

  it('another key of the same kind is refused', async () => {
    const { signature } = await signed('ecdsa-p256', 'ECDSA_SHA256');
    const other = publicKeyFrom(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);
    expect(check(other, 'ECDSA_SHA256', signature, 'ieee-p1363')).toBe(false);
  });

  it.each(kinds)('never throws and never agrees on random bytes: %s', async (kind) => {
    const { publicKey } = await sampleKey(kind);
    const encoding = fc.constantFrom<SignatureEncoding>('der', 'ieee-p1363');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...everyScheme), encoding, (junk, scheme, how) => {
        expect(verifies(publicKey, scheme, message, junk, how)).toBe(false);
      }),
    );
  });
});

async function signed(
  kind: KeyKind,
  scheme: SignatureScheme,
): Promise<{ readonly key: PublicKey; readonly signature: Uint8Array }> {
  const signer = createSoftwareSigner(await sampleKey(kind));
  return { key: signer.publicKey, signature: await signer.sign(message, scheme) };
}

/** Whole and piece by piece: one answer. */
function verifies(...asked: Parameters<typeof verifySignature>): boolean {
  const [key, scheme, bytes, signature, encoding] = asked;
  const whole = verifySignature(...asked);
  const pieces = startSignatureCheck(key, scheme, signature, encoding);
  expect(pieces === undefined).toBe(scheme.startsWith('ED25519'));
  for (let at = 0; at < bytes.length; at += 5) pieces?.update(bytes.subarray(at, at + 5));
  expect(pieces?.verify() ?? whole).toBe(whole);
  return whole;
}

function check(key: PublicKey, scheme: SignatureScheme, signature: Uint8Array, encoding: SignatureEncoding): boolean {
  return verifies(key, scheme, message, signature, encoding);
}

/** The twin with n - s: as valid as the first. Rule: wire-formats 3.3 "never demand low-S". */
function withOtherS(raw: Uint8Array, kind: KeyKind): Uint8Array {
  const orders: Readonly<Partial<Record<KeyKind, string>>> = {
    'ecdsa-p256': 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
    'ecdsa-p384': `${'f'.repeat(48)}c7634d81f4372ddf581a0db248b0a77aecec196accc52973`,
    'ecdsa-p521': `01${'f'.repeat(65)}a51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`,
  };
  const half = raw.length / 2;
  const s = BigInt(`0x${Buffer.from(raw.subarray(half)).toString('hex')}`);
  const other = BigInt(`0x${orders[kind] ?? ''}`) - s;
  const bytes = Buffer.from(other.toString(16).padStart(2 * half, '0'), 'hex');
  return Buffer.concat([raw.subarray(0, half), bytes]);
}
