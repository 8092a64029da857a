import { generateKeyPairSync } from 'node:crypto';
import {
  encodePrivateKey,
  encodePublicKey,
  type KeyKind,
  parsePrivateKey,
  parsePublicKey,
  parsePublicKeys,
} from '@signet/core';
import { describe, expect, it } from 'vitest';
import { keyCode, kinds, sampleKey } from './key-samples.ts';

type Members = Readonly<Record<string, unknown>>;

describe('public JWK', () => {
  it.each([
    ['ecdsa-p256', ['ES256'], 'ES384'],
    ['ecdsa-p384', ['ES384'], 'ES256'],
    ['ecdsa-p521', ['ES512'], 'ES256'],
    ['rsa', ['RS256', 'PS256', 'PS384', 'PS512'], 'ES256'],
    ['ed25519', ['EdDSA', 'Ed25519'], 'ES256'],
  ] as const)('%s with an alg that fits, and none that does not', async (kind, fitting, other) => {
    const jwk = await publicJwk(kind);
    for (const alg of fitting) expect(await code({ ...jwk, alg })).toBe('fine');
    for (const alg of [other, 'HS256', 'none', 'RS1', 'RSA-OAEP', 1, null])
      expect(await code({ ...jwk, alg })).toBe('KEY_MALFORMED');
  });

  it.each([
    ['use sig', { use: 'sig' }, 'fine'],
    ['use enc', { use: 'enc' }, 'KEY_WRONG_KIND'],
    ['key_ops verify', { key_ops: ['verify'] }, 'fine'],
    ['key_ops encrypt', { key_ops: ['encrypt'] }, 'KEY_WRONG_KIND'],
    ['another member', { 'x-note': 'ours', kid: 'k1' }, 'fine'],
    ['a private part', { d: 'AAAA' }, 'KEY_WRONG_KIND'],
    ['another curve', { crv: 'secp256k1' }, 'KEY_UNSUPPORTED'],
    ['a curve of another type', { crv: 'Ed25519' }, 'KEY_UNSUPPORTED'],
    ['a type of another curve', { kty: 'OKP' }, 'KEY_UNSUPPORTED'],
    ['no type', { kty: undefined }, 'KEY_UNSUPPORTED'],
    ['no x', { x: undefined }, 'KEY_MALFORMED'],
    ['a short x', { x: 'AAAA' }, 'KEY_MALFORMED'],
    ['a point off the curve', { x: Buffer.alloc(32, 1).toString('base64url') }, 'KEY_MALFORMED'],
  ])('%s: %s', async (_name, change, expected) => {
    expect(await code({ ...(await publicJwk('ecdsa-p256')), ...change })).toBe(expected);
  });

  it.each([
    ['a secret key', { kty: 'oct', k: 'AAAA' }, 'KEY_WRONG_KIND'],
    ['X25519', { kty: 'OKP', crv: 'X25519', x: 'AAAA' }, 'KEY_UNSUPPORTED'],
    ['an empty object', {}, 'KEY_UNSUPPORTED'],
    ['an empty JWKS', { keys: [] }, 'KEY_MALFORMED'],
    ['a JWKS of words', { keys: ['a'] }, 'KEY_MALFORMED'],
    ['a JWKS that is none', { keys: {} }, 'KEY_MALFORMED'],
    ['small order', { kty: 'OKP', crv: 'Ed25519', x: Buffer.alloc(32).toString('base64url') }, 'KEY_WEAK'],
  ])('%s: refused', async (_name, jwk, expected) => {
    expect(await code(jwk)).toBe(expected);
  });

  it('RSA of 1024 bits is weak here too', async () => {
    expect(await code(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }))).toBe(
      'KEY_WEAK',
    );
  });

  it('a member that stands twice is refused', async () => {
    const text = JSON.stringify(await publicJwk('ed25519')).replace('{', '{"kty":"OKP",');
    expect(await keyCode(() => parsePublicKey(Buffer.from(text)))).toBe('KEY_MALFORMED');
  });
});

describe('JWKS', () => {
  it('gives all its keys, and fails for one where one is asked for', async () => {
    const keys = await Promise.all(kinds.map(publicJwk));
    const file = Buffer.from(JSON.stringify({ keys }));
    expect((await parsePublicKeys(file)).map(({ kind }) => kind)).toEqual(kinds);
    expect(await keyCode(() => parsePublicKey(file))).toBe('KEY_AMBIGUOUS');
    expect(await code({ keys: keys.slice(0, 1) })).toBe('fine');
  });

  it('with one private key is refused', async () => {
    const secret = (await sampleKey('ed25519')).keyObject.export({ format: 'jwk' });
    expect(await code({ keys: [await publicJwk('rsa'), secret] })).toBe('KEY_WRONG_KIND');
  });

  it('with more than 100 keys is refused', async () => {
    expect(await code({ keys: Array(101).fill(await publicJwk('ed25519')) })).toBe('KEY_AMBIGUOUS');
  });
});

describe('private JWK', () => {
  it('whose public members are of another key is refused', async () => {
    const jwk = (await sampleKey('ed25519')).keyObject.export({ format: 'jwk' });
    const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    const file = Buffer.from(JSON.stringify({ ...jwk, x: other.x }));
    expect(await keyCode(() => parsePrivateKey(file))).toBe('KEY_MALFORMED');
  });

  it('of more than two primes is refused', async () => {
    const jwk = (await sampleKey('rsa')).keyObject.export({ format: 'jwk' });
    expect(await keyCode(() => parsePrivateKey(Buffer.from(JSON.stringify(jwk))))).toBe('fine');
    expect(await keyCode(() => parsePrivateKey(Buffer.from(JSON.stringify({ ...jwk, oth: [] }))))).toBe(
      'KEY_UNSUPPORTED',
    );
  });

  it('meant to verify only is refused', async () => {
    const jwk = (await sampleKey('ecdsa-p256')).keyObject.export({ format: 'jwk' });
    const of = (key_ops: readonly string[]): Buffer => Buffer.from(JSON.stringify({ ...jwk, key_ops }));
    expect(await keyCode(() => parsePrivateKey(of(['sign'])))).toBe('fine');
    expect(await keyCode(() => parsePrivateKey(of(['verify'])))).toBe('KEY_WRONG_KIND');
  });

  it('is not written with a password, which it could not honour', async () => {
    const key = await sampleKey('ecdsa-p256');
    expect(await keyCode(() => encodePrivateKey(key, { form: 'jwk', password: 'pw' }))).toBe('KEY_UNSUPPORTED');
  });

  it('of a public key has no private member', async () => {
    for (const kind of kinds) {
      const jwk = JSON.parse(
        Buffer.from(await encodePublicKey((await sampleKey(kind)).publicKey, { form: 'jwk' })).toString(),
      );
      expect(Object.keys(jwk)).not.toContain('d');
      expect(jwk).toMatchObject({ use: 'sig', kid: (await sampleKey(kind)).publicKey.id });
    }
  });
});

async function publicJwk(kind: KeyKind): Promise<Members> {
  return { ...(await sampleKey(kind)).publicKey.keyObject.export({ format: 'jwk' }) };
}

function code(jwk: object): ReturnType<typeof keyCode> {
  return keyCode(() => parsePublicKey(Buffer.from(JSON.stringify(jwk))));
}
