import { generateKeyPairSync } from 'node:crypto';
import { encodePrivateKey, parsePrivateKey, privateKeyFrom } from '@signet/core';
import { describe, expect, it } from 'vitest';
import { parseEncryptedPkcs8 } from '../../../packages/core/src/keys/pbes2.ts';
import { keyCode, pem, sampleKey } from './key-samples.ts';

const OUR_ITERATIONS = '02030927c0';

describe('encrypted PKCS#8', () => {
  it('is written with PBKDF2, HMAC-SHA-256, 600,000 iterations, AES-256-CBC and new salt', async () => {
    const [first, second] = [await ourDer(), await ourDer()].map((bytes) => parseEncryptedPkcs8(bytes));
    expect(first?.kdf).toMatchObject({ name: 'pbkdf2', hash: 'sha256', iterations: 600_000 });
    expect(first?.cipher.name).toBe('aes-256-cbc');
    expect(first?.kdf.salt).toHaveLength(16);
    expect(first?.kdf.salt).not.toEqual(second?.kdf.salt);
    expect(first?.iv).not.toEqual(second?.iv);
  });

  it.each(['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc', 'des-ede3-cbc'])("reads node:crypto's %s", async (cipher) => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const file = privateKey.export({ format: 'pem', type: 'pkcs8', cipher, passphrase: 'pw' });
    const back = await parsePrivateKey(Buffer.from(file), { password: 'pw' });
    expect(back.keyObject.equals(privateKey)).toBe(true);
  });

  it('node:crypto reads what is written', async () => {
    const { createPrivateKey } = await import('node:crypto');
    const key = await sampleKey('ed25519');
    const file = Buffer.from(await encodePrivateKey(key, { form: 'pkcs8', password: 'pw' }));
    expect(privateKeyFrom(createPrivateKey({ key: file, passphrase: 'pw' })).publicKey.id).toBe(key.publicKey.id);
  });

  it.each([
    ['another scheme', '2a864886f70d01050d', '2a864886f70d010503', 'KEY_UNSUPPORTED'],
    ['another key derivation', '2a864886f70d01050c', '2a864886f70d01050e', 'KEY_UNSUPPORTED'],
    ['another hash', '2a864886f70d0209', '2a864886f70d0206', 'KEY_UNSUPPORTED'],
    ['another cipher', '60864801650304012a', '60864801650304012e', 'KEY_UNSUPPORTED'],
    ['as many iterations as fit in three bytes', OUR_ITERATIONS, '02037fffff', 'fine'],
    ['no iterations', OUR_ITERATIONS, '0203000000', 'KEY_MALFORMED'],
    ['negative iterations', OUR_ITERATIONS, '0203ffffff', 'KEY_MALFORMED'],
  ])('%s', async (_name, from, to, code) => {
    const hex = Buffer.from(await ourDer()).toString('hex');
    expect(hex).toContain(from);
    expect(await keyCode(() => parseEncryptedPkcs8(Buffer.from(hex.replace(from, to), 'hex')))).toBe(code);
  });

  it('more than ten million iterations are refused before any work', async () => {
    const kdf = (iterations: string): Buffer => {
      const parameters = element('30', element('04', '00'.repeat(8)) + iterations);
      const scheme = element('30', element('06', '2a864886f70d01050c') + parameters);
      const cipher = element('30', element('06', '60864801650304012a') + element('04', '00'.repeat(16)));
      const algorithm = element('30', element('06', '2a864886f70d01050d') + element('30', scheme + cipher));
      return Buffer.from(element('30', algorithm + element('04', '00'.repeat(16))), 'hex');
    };
    expect(await keyCode(() => parseEncryptedPkcs8(kdf('020400989680')))).toBe('fine');
    expect(await keyCode(() => parseEncryptedPkcs8(kdf('020400989681')))).toBe('KEY_UNSUPPORTED');
    expect(await keyCode(() => parseEncryptedPkcs8(kdf('02047fffffff')))).toBe('KEY_UNSUPPORTED');
    expect(
      await keyCode(() => parsePrivateKey(pem('ENCRYPTED PRIVATE KEY', kdf('02047fffffff')), { password: '' })),
    ).toBe('KEY_UNSUPPORTED');
  });
});

async function ourDer(): Promise<Uint8Array> {
  const file = Buffer.from(await encodePrivateKey(await sampleKey('ed25519'), { form: 'pkcs8', password: 'pw' }));
  return Buffer.from(file.toString().replace(/-----[^-]+-----|\s/g, ''), 'base64');
}

/** One DER element in hex, of fewer than 128 bytes. */
function element(tag: string, content: string): string {
  return `${tag}${(content.length / 2).toString(16).padStart(2, '0')}${content}`;
}
