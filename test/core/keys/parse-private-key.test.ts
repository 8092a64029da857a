// Not in npm run check: every encrypted form derives its key anew.

import { generateKeyPairSync } from 'node:crypto';
import { encodePrivateKey, parsePrivateKey, privateKeyFrom, publicKeyFrom } from '@signet/core';
import { describe, expect, it } from 'vitest';
import { keyCode, keyOutcome, kinds, pem, sampleKey } from './key-samples.ts';

const password = 'correct horse battery staple: ünïcödé';

describe('parsePrivateKey', () => {
  it.each(kinds)('%s comes back through every form that is written', async (kind) => {
    const key = await sampleKey(kind);
    for (const options of [
      { form: 'pkcs8' },
      { form: 'pkcs8', password },
      { form: 'cosign', password },
      { form: 'jwk' },
    ] as const) {
      const back = await parsePrivateKey(await encodePrivateKey(key, options), {
        ...('password' in options ? { password: options.password } : {}),
      });
      expect(back.publicKey.id).toBe(key.publicKey.id);
      expect(back.keyObject.equals(key.keyObject)).toBe(true);
    }
  });

  it.each(['pkcs8', 'cosign'] as const)('%s: the empty password is one', async (form) => {
    const key = await sampleKey('ed25519');
    const file = await encodePrivateKey(key, { form, password: '' });
    expect((await parsePrivateKey(file, { password: '' })).publicKey.id).toBe(key.publicKey.id);
    expect(await keyCode(() => parsePrivateKey(file))).toBe('KEY_PASSWORD_NEEDED');
  });

  it('PKCS#8, SEC1 and PKCS#1, as PEM and DER', async () => {
    const forms = [
      ['ecdsa-p384', 'sec1', 'EC PRIVATE KEY'],
      ['rsa', 'pkcs1', 'RSA PRIVATE KEY'],
      ['ed25519', 'pkcs8', 'PRIVATE KEY'],
    ] as const;
    for (const [kind, type, label] of forms) {
      const key = await sampleKey(kind);
      const der = key.keyObject.export({ format: 'der', type });
      for (const file of [der, pem(label, der)])
        expect((await parsePrivateKey(file)).publicKey.id).toBe(key.publicKey.id);
    }
  });

  it.each(['pkcs8', 'cosign'] as const)(
    '%s: missing and wrong passwords are told apart, and neither is shown',
    async (form) => {
      const file = await encodePrivateKey(await sampleKey('ecdsa-p256'), { form, password });
      expect(await keyCode(() => parsePrivateKey(file))).toBe('KEY_PASSWORD_NEEDED');
      for (const wrong of ['', 'hunter2-is-wrong', `${password} `]) {
        const outcome = await keyOutcome(() => parsePrivateKey(file, { password: wrong }));
        expect(outcome.code).toBe('KEY_PASSWORD_WRONG');
        expect(outcome.message).not.toMatch(/hunter2|correct horse/);
      }
    },
  );

  it('asks for the password only when it is needed', async () => {
    let asked = 0;
    const ask = async (): Promise<string> => {
      asked++;
      return password;
    };
    const key = await sampleKey('ed25519');
    await parsePrivateKey(await encodePrivateKey(key, { form: 'pkcs8' }), { password: ask });
    expect(asked).toBe(0);
    await parsePrivateKey(await encodePrivateKey(key, { form: 'pkcs8', password }), { password: ask });
    expect(asked).toBe(1);
    const damaged = pem('ENCRYPTED SIGSTORE PRIVATE KEY', Buffer.from('{}'));
    expect(await keyCode(() => parsePrivateKey(damaged, { password: ask }))).toBe('KEY_MALFORMED');
    expect(asked).toBe(1);
  });

  it.each([
    ['an empty file', '', 'KEY_EMPTY'],
    ['some text', 'secret-looking text', 'KEY_MALFORMED'],
    ['a file without its end', '-----BEGIN PRIVATE KEY-----\nMIGH\n', 'KEY_TRUNCATED'],
    ['JSON that ends early', '{"kty":"EC","d":"c2VjcmV0', 'KEY_MALFORMED'],
    ['an OpenSSH public key', 'ssh-ed25519 AAAA me@example', 'KEY_WRONG_KIND'],
    [
      'an OpenSSH private key',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----',
      'KEY_UNSUPPORTED',
    ],
    ['a DSA key', '-----BEGIN DSA PRIVATE KEY-----\nAAAA\n-----END DSA PRIVATE KEY-----', 'KEY_UNSUPPORTED'],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', 'KEY_WRONG_KIND'],
  ])('%s: %s', async (_name, text, code) => {
    const outcome = await keyOutcome(() => parsePrivateKey(Buffer.from(text)));
    expect(outcome.code).toBe(code);
    expect(outcome.message).not.toMatch(/c2VjcmV0|secret-looking/);
  });

  it('a public key where a private one is asked for, as PEM, DER and JWK', async () => {
    const { publicKey } = await sampleKey('ecdsa-p256');
    const jwk = Buffer.from(JSON.stringify(publicKey.keyObject.export({ format: 'jwk' })));
    for (const file of [pem('PUBLIC KEY', publicKey.spki), publicKey.spki, jwk]) {
      const outcome = await keyOutcome(() => parsePrivateKey(file));
      expect(outcome.code).toBe('KEY_WRONG_KIND');
      expect(outcome.message).toMatch(/public/);
    }
  });

  it('two private keys where one is asked for', async () => {
    const one = pem('PRIVATE KEY', (await sampleKey('ed25519')).keyObject.export({ format: 'der', type: 'pkcs8' }));
    expect(await keyCode(() => parsePrivateKey(Buffer.concat([one, one])))).toBe('KEY_AMBIGUOUS');
  });

  it.each([
    ['RSA-1024', generateKeyPairSync('rsa', { modulusLength: 1024 }), 'KEY_WEAK'],
    ['secp256k1', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }), 'KEY_UNSUPPORTED'],
    ['P-224', generateKeyPairSync('ec', { namedCurve: 'secp224r1' }), 'KEY_UNSUPPORTED'],
    ['RSA-PSS', generateKeyPairSync('rsa-pss', { modulusLength: 2048 }), 'KEY_UNSUPPORTED'],
    ['X25519', generateKeyPairSync('x25519'), 'KEY_UNSUPPORTED'],
    [
      'explicit parameters',
      generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }),
      'KEY_UNSUPPORTED',
    ],
  ] as const)('%s: refused', async (_name, pair, code) => {
    const der = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
    expect(await keyCode(() => parsePrivateKey(pem('PRIVATE KEY', der)))).toBe(code);
  });

  it('halves that do not belong together', async () => {
    const der = Buffer.from((await sampleKey('ecdsa-p256')).keyObject.export({ format: 'der', type: 'pkcs8' }));
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'der', type: 'spki' });
    other.subarray(-65).copy(der, der.length - 65);
    expect(await keyCode(() => parsePrivateKey(der))).toBe('KEY_MALFORMED');
  });

  it('privateKeyFrom takes private keys alone', async () => {
    const { keyObject, publicKey } = await sampleKey('rsa');
    expect(privateKeyFrom(keyObject).publicKey.id).toBe(publicKey.id);
    expect(await keyCode(() => privateKeyFrom(publicKey.keyObject))).toBe('KEY_WRONG_KIND');
    expect(publicKeyFrom(publicKey.keyObject).id).toBe(publicKey.id);
  });
});
