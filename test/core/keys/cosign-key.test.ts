// Not in npm run check: scrypt at cosign's own strength.

import { encodePrivateKey, parsePrivateKey } from '@signet/core';
import { describe, expect, it } from 'vitest';
import { keyCode, pem, sampleKey } from './key-samples.ts';

type Json = Record<string, unknown>;

describe("cosign's encrypted keys", () => {
  it('are written in the form of cosign 3.1', async () => {
    const json = await ourJson();
    expect(Object.keys(json)).toEqual(['kdf', 'cipher', 'ciphertext']);
    expect(json).toMatchObject({
      kdf: { name: 'scrypt', params: { N: 65536, r: 8, p: 1 } },
      cipher: { name: 'nacl/secretbox' },
    });
  });

  it('are read under the older label too', async () => {
    const file = pem('ENCRYPTED COSIGN PRIVATE KEY', Buffer.from(JSON.stringify(await ourJson())));
    expect((await parsePrivateKey(file, { password: 'pw' })).kind).toBe('ecdsa-p256');
  });

  it.each([
    ['another key derivation', ['kdf', 'name'], 'argon2id', 'KEY_UNSUPPORTED'],
    ['another cipher', ['cipher', 'name'], 'none', 'KEY_UNSUPPORTED'],
    ['a memory bomb: N', ['kdf', 'params', 'N'], 2 ** 21, 'KEY_UNSUPPORTED'],
    ['a memory bomb: r', ['kdf', 'params', 'r'], 17, 'KEY_UNSUPPORTED'],
    ['a time bomb: p', ['kdf', 'params', 'p'], 5, 'KEY_UNSUPPORTED'],
    ['N that is no power of two', ['kdf', 'params', 'N'], 65535, 'KEY_UNSUPPORTED'],
    ['N = 1', ['kdf', 'params', 'N'], 1, 'KEY_UNSUPPORTED'],
    ['N in words', ['kdf', 'params', 'N'], 'many', 'KEY_UNSUPPORTED'],
    ['no parameters', ['kdf', 'params'], null, 'KEY_MALFORMED'],
    ['a short salt', ['kdf', 'salt'], 'AAAA', 'KEY_MALFORMED'],
    ['a short nonce', ['cipher', 'nonce'], 'AAAA', 'KEY_MALFORMED'],
    ['a nonce that is a number', ['cipher', 'nonce'], 1, 'KEY_MALFORMED'],
    ['no room for the tag', ['ciphertext'], 'AAAA', 'KEY_MALFORMED'],
    ['another N within the bounds', ['kdf', 'params', 'N'], 32768, 'KEY_PASSWORD_WRONG'],
    ['a damaged box', ['ciphertext'], Buffer.alloc(200).toString('base64'), 'KEY_PASSWORD_WRONG'],
  ] as const)('%s: refused', async (_name, path, value, code) => {
    const file = pem(
      'ENCRYPTED SIGSTORE PRIVATE KEY',
      Buffer.from(JSON.stringify(withValue(await ourJson(), path, value))),
    );
    expect(await keyCode(() => parsePrivateKey(file, { password: 'pw' }))).toBe(code);
  });

  it.each(['', 'null', '[]', '{', '{"kdf":1}', '"x"', '{"kdf":{},"kdf":{}}'])('%j is not such a key', async (json) => {
    const file = pem('ENCRYPTED SIGSTORE PRIVATE KEY', Buffer.from(json));
    expect(await keyCode(() => parsePrivateKey(file, { password: 'pw' }))).toBe('KEY_MALFORMED');
  });

  it('needs a password to be written', async () => {
    const key = await sampleKey('ecdsa-p256');
    expect(await keyCode(() => encodePrivateKey(key, { form: 'cosign' }))).toBe('KEY_PASSWORD_NEEDED');
    expect(await keyCode(() => encodePrivateKey(key, { form: 'cosign', password: '' }))).toBe('fine');
  });
});

let made: Promise<Json> | undefined;

/** One such key for all tests: each costs a key derivation. */
function ourJson(): Promise<Json> {
  made ??= makeJson();
  return made;
}

async function makeJson(): Promise<Json> {
  const file = await encodePrivateKey(await sampleKey('ecdsa-p256'), { form: 'cosign', password: 'pw' });
  const body = Buffer.from(file)
    .toString()
    .replace(/-----[^-]+-----|\s/g, '');
  return JSON.parse(Buffer.from(body, 'base64').toString());
}

function withValue(json: Json, [name = '', ...path]: readonly string[], value: unknown): Json {
  const inner = json[name];
  if (path.length === 0 || typeof inner !== 'object' || inner === null) return { ...json, [name]: value };
  return { ...json, [name]: withValue({ ...inner }, path, value) };
}
