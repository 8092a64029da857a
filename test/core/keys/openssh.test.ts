import { encodePublicKey, parsePublicKey, parsePublicKeys } from '@signet/core';
import { describe, expect, it } from 'vitest';
import { keyCode, kinds, sampleKey } from './key-samples.ts';

describe('OpenSSH public keys', () => {
  it('several lines, comments between them', async () => {
    const lines = await Promise.all(kinds.map(async (kind) => `${(await line(kind)).trim()} someone@example`));
    const file = Buffer.from(`# the keys\n\n${lines.join('\r\n')}\n`);
    expect((await parsePublicKeys(file)).map(({ kind }) => kind)).toEqual(kinds);
    expect(await keyCode(() => parsePublicKey(file))).toBe('KEY_AMBIGUOUS');
  });

  it.each([
    ['DSA', 'ssh-dss AAAA', 'KEY_UNSUPPORTED'],
    ['a security key', 'sk-ssh-ed25519@openssh.com AAAA', 'KEY_UNSUPPORTED'],
    ['a certificate', 'ssh-ed25519-cert-v01@openssh.com AAAA', 'KEY_UNSUPPORTED'],
    ['another curve', 'ecdsa-sha2-nistp224 AAAA', 'KEY_UNSUPPORTED'],
    ['no base64', 'ssh-ed25519 ****', 'KEY_MALFORMED'],
    ['no key', 'ssh-ed25519', 'KEY_MALFORMED'],
    ['a length beyond the end', `ssh-ed25519 ${Buffer.from('ffffffff00', 'hex').toString('base64')}`, 'KEY_TRUNCATED'],
  ])('%s: %s', async (_name, text, code) => {
    expect(await keyCode(() => parsePublicKey(Buffer.from(text)))).toBe(code);
  });

  it.each([
    ['the name of another type', ['ssh-rsa', Buffer.alloc(32, 1)], 'KEY_MALFORMED'],
    ['a key of 31 bytes', ['ssh-ed25519', Buffer.alloc(31, 1)], 'KEY_MALFORMED'],
    ['one more field', ['ssh-ed25519', Buffer.alloc(32, 1), Buffer.alloc(0)], 'KEY_MALFORMED'],
    ['small order', ['ssh-ed25519', Buffer.alloc(32)], 'KEY_WEAK'],
  ] as const)('ssh-ed25519 with %s', async (_name, fields, code) => {
    expect(await keyCode(() => parsePublicKey(sshKey('ssh-ed25519', fields)))).toBe(code);
  });

  it.each([
    ['a negative modulus', [Buffer.from([1, 0, 1]), Buffer.alloc(256, 0xff)], 'KEY_MALFORMED'],
    ['a padded exponent', [Buffer.from([0, 1, 0, 1]), Buffer.alloc(256, 0x7f)], 'KEY_MALFORMED'],
    ['no modulus', [Buffer.from([1, 0, 1])], 'KEY_MALFORMED'],
    ['1023 bits', [Buffer.from([1, 0, 1]), Buffer.alloc(128, 0x7f)], 'KEY_WEAK'],
  ] as const)('ssh-rsa with %s', async (_name, fields, code) => {
    expect(await keyCode(() => parsePublicKey(sshKey('ssh-rsa', ['ssh-rsa', ...fields])))).toBe(code);
  });

  it.each([
    ['the curve of another type', 'nistp384', Buffer.alloc(65, 4), 'KEY_MALFORMED'],
    ['a compressed point', 'nistp256', Buffer.alloc(33, 2), 'KEY_MALFORMED'],
    ['a point off the curve', 'nistp256', Buffer.alloc(65, 4), 'KEY_MALFORMED'],
  ])('ecdsa-sha2-nistp256 with %s', async (_name, curve, point, code) => {
    const key = sshKey('ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256', curve, point]);
    expect(await keyCode(() => parsePublicKey(key))).toBe(code);
  });
});

async function line(kind: (typeof kinds)[number]): Promise<string> {
  return Buffer.from(await encodePublicKey((await sampleKey(kind)).publicKey, { form: 'openssh' })).toString();
}

function sshKey(type: string, fields: readonly (string | Uint8Array)[]): Buffer {
  const parts = fields.map((field) => {
    const bytes = Buffer.from(field);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  });
  return Buffer.from(`${type} ${Buffer.concat(parts).toString('base64')} comment\n`);
}
