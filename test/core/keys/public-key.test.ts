import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { publicKeyFrom } from '@signet/core';
import { describe, expect, it } from 'vitest';
import { keyCode, keyOutcome, kinds, sampleKey } from './key-samples.ts';

describe('publicKeyFrom', () => {
  it.each(kinds)('takes %s and names it by the SHA-256 of its SPKI', async (kind) => {
    const { keyObject } = (await sampleKey(kind)).publicKey;
    const key = publicKeyFrom(keyObject);
    const digest = createHash('sha256')
      .update(keyObject.export({ format: 'der', type: 'spki' }))
      .digest();
    expect(key.kind).toBe(kind);
    expect(key.bits).toBe(kind === 'rsa' ? 2048 : undefined);
    expect(key.id).toBe(digest.toString('hex'));
    expect(key.hint).toBe(digest.toString('base64'));
  });

  it('refuses a private key, which node:crypto would take silently', async () => {
    const { keyObject } = await sampleKey('ecdsa-p256');
    expect(await keyCode(() => publicKeyFrom(keyObject))).toBe('KEY_WRONG_KIND');
  });

  it.each([
    ['secp256k1', ecKey('secp256k1')],
    ['P-224', ecKey('secp224r1')],
    ['brainpoolP256r1', ecKey('brainpoolP256r1')],
    ['X25519', generateKeyPairSync('x25519').publicKey],
    ['Ed448', generateKeyPairSync('ed448').publicKey],
    ['DSA', generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).publicKey],
    ['RSA-PSS', generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey],
  ])('does not take %s', async (_name, key) => {
    expect(await keyCode(() => publicKeyFrom(key))).toBe('KEY_UNSUPPORTED');
  });

  it('does not take a curve given by its parameters', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' });
    expect(await keyCode(() => publicKeyFrom(publicKey))).toBe('KEY_UNSUPPORTED');
  });

  it('does not take a compressed point', async () => {
    const spki = (await sampleKey('ecdsa-p256')).publicKey.spki;
    const y = spki.at(-1) ?? 0;
    const point = Buffer.concat([Uint8Array.of(2 + (y % 2)), spki.subarray(27, 59)]);
    const head = Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex');
    const key = createPublicKey({ key: Buffer.concat([head, point]), format: 'der', type: 'spki' });
    expect(await keyCode(() => publicKeyFrom(key))).toBe('KEY_UNSUPPORTED');
  });
});

describe('RSA strength', () => {
  it.each([
    [2048, 65537, 'fine'],
    [2048, 0x10003, 'fine'],
    [2047, 65537, 'KEY_WEAK'],
    [1024, 65537, 'KEY_WEAK'],
    [4096, 65537, 'fine'],
    [4097, 65537, 'KEY_UNSUPPORTED'],
    [2048, 3, 'KEY_WEAK'],
    [2048, 65535, 'KEY_WEAK'],
    [2048, 65538, 'KEY_WEAK'],
    [2048, 0x7fffffff, 'fine'],
    [2048, 0x80000001, 'KEY_UNSUPPORTED'],
  ])('%i bits with exponent %i: %s', async (bits, exponent, code) => {
    const outcome = await keyOutcome(() => publicKeyFrom(rsaKey(bits, exponent, 1)));
    expect(outcome.code).toBe(code);
  });

  it('is looked at in keys of a sensible length alone: an exponent of a megabyte would take minutes to read', async () => {
    for (const long of [
      { n: 'AQAB', e: 'a'.repeat(1_000_000) },
      { n: 'a'.repeat(1_000_000), e: 'AQAB' },
    ]) {
      const key = createPublicKey({ key: { kty: 'RSA', ...long }, format: 'jwk' });
      const outcome = await keyOutcome(() => publicKeyFrom(key));
      expect(outcome).toMatchObject({ code: 'KEY_UNSUPPORTED', message: expect.stringContaining('at most 8192') });
    }
  });

  it('refuses an even modulus', async () => {
    expect(await keyCode(() => publicKeyFrom(rsaKey(2048, 65537, 0)))).toBe('KEY_MALFORMED');
  });
});

function ecKey(namedCurve: string): KeyObject {
  return generateKeyPairSync('ec', { namedCurve }).publicKey;
}

/** A public key of exactly these numbers: its modulus is random, with the highest bit set and the lowest as told. */
function rsaKey(bits: number, exponent: number, lowest: 0 | 1): KeyObject {
  const top = 1n << BigInt(bits - 1);
  const random = BigInt(`0x${randomBytes(Math.ceil(bits / 8)).toString('hex')}`) % top;
  const modulus = (((top + random) >> 1n) << 1n) + BigInt(lowest);
  const jwk = { kty: 'RSA', n: base64url(modulus), e: base64url(BigInt(exponent)) };
  return createPublicKey({ key: jwk, format: 'jwk' });
}

function base64url(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url');
}
