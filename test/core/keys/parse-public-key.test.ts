import { generateKeyPairSync } from 'node:crypto';
import { encodePublicKey, parsePublicKey, parsePublicKeys, publicKeyOfCertificate } from '@signet/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { testAuthorityPem } from './certificate-sample.ts';
import { keyCode, keyOutcome, kinds, pem, sampleKey } from './key-samples.ts';

describe('parsePublicKey', () => {
  it.each(kinds)('%s as PEM and DER, with text around it', async (kind) => {
    const { spki, id } = (await sampleKey(kind)).publicKey;
    const text = Buffer.from(pem('PUBLIC KEY', spki)).toString();
    for (const file of [
      text,
      `\uFEFF${text}`,
      `0 is no DER here\n${text}`,
      `a comment\r\n${text.replaceAll('\n', '\r\n')}more`,
    ])
      expect((await parsePublicKey(Buffer.from(file))).id).toBe(id);
    expect((await parsePublicKey(spki)).id).toBe(id);
  });

  it('RSA PUBLIC KEY (PKCS#1) as PEM and DER', async () => {
    const { keyObject, id } = (await sampleKey('rsa')).publicKey;
    const pkcs1 = keyObject.export({ format: 'der', type: 'pkcs1' });
    expect((await parsePublicKey(pem('RSA PUBLIC KEY', pkcs1))).id).toBe(id);
    expect((await parsePublicKey(pkcs1)).id).toBe(id);
  });

  it('skips blocks of other kinds', async () => {
    const { publicKey, keyObject } = await sampleKey('ecdsa-p256');
    const parameters = pem('EC PARAMETERS', Buffer.from('06082a8648ce3d030107', 'hex'));
    const secret = pem('PRIVATE KEY', keyObject.export({ format: 'der', type: 'pkcs8' }));
    const file = Buffer.concat([parameters, secret, pem('PUBLIC KEY', publicKey.spki)]);
    expect((await parsePublicKey(file)).id).toBe(publicKey.id);
  });

  it.each([
    ['an empty file', '', 'KEY_EMPTY', /empty/],
    ['white space alone', ' \n\t\r\n', 'KEY_EMPTY', /empty/],
    ['some text', 'hello', 'KEY_MALFORMED', /neither PEM nor/],
    [
      'a certificate request',
      '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n',
      'KEY_UNSUPPORTED',
      /CERTIFICATE REQUEST/,
    ],
    ['a file without its end', '-----BEGIN PUBLIC KEY-----\nAAAA\n', 'KEY_TRUNCATED', /truncated/],
    ['zeros', '\0\0\0\0', 'KEY_MALFORMED', /neither PEM nor/],
  ])('%s: %s', async (_name, text, code, message) => {
    const outcome = await keyOutcome(() => parsePublicKey(Buffer.from(text)));
    expect(outcome.code).toBe(code);
    expect(outcome.message).toMatch(message);
  });

  it('a file above 1 MiB is not looked at', async () => {
    const file = Buffer.concat([
      Buffer.alloc(1024 * 1024, 0x20),
      pem('PUBLIC KEY', (await sampleKey('rsa')).publicKey.spki),
    ]);
    expect(await keyCode(() => parsePublicKey(file))).toBe('KEY_MALFORMED');
  });

  it.each(['pkcs8', 'sec1'] as const)(
    'a private key (%s) where a public one is asked for, as PEM and DER',
    async (type) => {
      const der = (await sampleKey('ecdsa-p256')).keyObject.export({ format: 'der', type });
      for (const file of [pem(type === 'sec1' ? 'EC PRIVATE KEY' : 'PRIVATE KEY', der), der]) {
        const outcome = await keyOutcome(() => parsePublicKey(file));
        expect(outcome.code).toBe('KEY_WRONG_KIND');
        expect(outcome.message).toMatch(/private key/);
      }
    },
  );

  it.each(['ENCRYPTED PRIVATE KEY', 'ENCRYPTED SIGSTORE PRIVATE KEY', 'OPENSSH PRIVATE KEY'])(
    '%s too',
    async (label) => {
      expect(await keyCode(() => parsePublicKey(pem(label, Buffer.from('x'))))).toBe('KEY_WRONG_KIND');
    },
  );

  it('a private key under a public label', async () => {
    const der = (await sampleKey('ecdsa-p256')).keyObject.export({ format: 'der', type: 'pkcs8' });
    expect(await keyCode(() => parsePublicKey(pem('PUBLIC KEY', der)))).toBe('KEY_MALFORMED');
  });

  it('two keys where one is asked for; the same one twice is one', async () => {
    const [first, second] = [await sampleKey('ed25519'), await sampleKey('rsa')].map(({ publicKey }) =>
      pem('PUBLIC KEY', publicKey.spki),
    );
    const file = Buffer.concat([first ?? Buffer.alloc(0), second ?? Buffer.alloc(0)]);
    expect(await keyCode(() => parsePublicKey(file))).toBe('KEY_AMBIGUOUS');
    expect((await parsePublicKeys(file)).map(({ kind }) => kind)).toEqual(['ed25519', 'rsa']);
    expect(await parsePublicKeys(Buffer.concat([file, file]))).toHaveLength(2);
  });

  it('one bad key fails the file', async () => {
    const good = pem('PUBLIC KEY', (await sampleKey('ed25519')).publicKey.spki);
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'der', type: 'spki' });
    expect(await keyCode(() => parsePublicKeys(Buffer.concat([good, pem('PUBLIC KEY', weak)])))).toBe('KEY_WEAK');
  });

  it('more than 100 keys are refused', async () => {
    const one = pem('PUBLIC KEY', (await sampleKey('ecdsa-p256')).publicKey.spki);
    expect(await parsePublicKeys(Buffer.concat(Array(100).fill(one)))).toHaveLength(1);
    expect(await keyCode(() => parsePublicKeys(Buffer.concat(Array(101).fill(one))))).toBe('KEY_AMBIGUOUS');
  });

  it('a point that is not on its curve', async () => {
    const spki = Buffer.from((await sampleKey('ecdsa-p256')).publicKey.spki);
    spki[spki.length - 1] = (spki.at(-1) ?? 0) ^ 1;
    expect(await keyCode(() => parsePublicKey(spki))).toBe('KEY_MALFORMED');
  });

  it('a byte after the key, inside the PEM block', async () => {
    const { spki } = (await sampleKey('ecdsa-p256')).publicKey;
    const file = pem('PUBLIC KEY', Buffer.concat([spki, Buffer.alloc(1)]));
    expect(await keyCode(() => parsePublicKey(file))).toBe('KEY_MALFORMED');
  });

  it.each(kinds)('%s comes back through every form that is written', async (kind) => {
    const { publicKey } = await sampleKey(kind);
    for (const form of ['pem', 'jwk', 'openssh'] as const)
      expect((await parsePublicKey(await encodePublicKey(publicKey, { form }))).id).toBe(publicKey.id);
  });
});

describe('certificates', () => {
  let certificate: Uint8Array;
  beforeAll(async () => {
    certificate = await testAuthorityPem();
  });

  it('the key of one, asked for as such', async () => {
    const key = publicKeyOfCertificate(certificate);
    expect(key.kind).toBe('ecdsa-p256');
    const body = Buffer.from(certificate)
      .toString()
      .replace(/-----[^-]+-----|\s/g, '');
    expect(publicKeyOfCertificate(Buffer.from(body, 'base64')).id).toBe(key.id);
  });

  it('is no public key by itself', async () => {
    const outcome = await keyOutcome(() => parsePublicKey(certificate));
    expect(outcome.code).toBe('KEY_WRONG_KIND');
    expect(outcome.message).toMatch(/certificate/);
  });

  it('a public key is no certificate', async () => {
    const { spki } = (await sampleKey('ecdsa-p256')).publicKey;
    expect(await keyCode(() => publicKeyOfCertificate(pem('PUBLIC KEY', spki)))).toBe('KEY_WRONG_KIND');
    expect(await keyCode(() => publicKeyOfCertificate(spki))).toBe('KEY_MALFORMED');
  });
});
