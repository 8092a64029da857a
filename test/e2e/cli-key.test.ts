import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePrivateKey, parsePublicKey } from '@signet/core';
import { describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { tempDir } from '../support/temp.ts';

const types = ['p256', 'p384', 'p521', 'rsa2048', 'ed25519'];

/** A fresh key pair of the program's own making. */
async function pair(
  args: readonly string[] = [],
  password = '',
): Promise<{ readonly dir: string; readonly key: string; readonly pub: string }> {
  const dir = tempDir();
  const made = await signet(['key', 'generate', '--out', join(dir, 'k'), ...args], {
    env: { SIGNET_PASSWORD: password },
  });
  expect(made).toMatchObject({ code: 0 });
  return { dir, key: join(dir, 'k.key'), pub: join(dir, 'k.pub') };
}

describe('key generate', () => {
  it.each(types)('makes a pair of type %s that belongs together', async (type) => {
    const { key, pub } = await pair(['--type', type]);
    const secret = await parsePrivateKey(readFileSync(key));
    expect((await parsePublicKey(readFileSync(pub))).id).toBe(secret.publicKey.id);
  });

  it.each(['pkcs8', 'cosign'])('encrypts the form %s with the password', async (form) => {
    const { key } = await pair(['--form', form], 'hunter2');
    expect((await parsePrivateKey(readFileSync(key), { password: 'hunter2' })).kind).toBe('ecdsa-p256');
    await expect(parsePrivateKey(readFileSync(key), { password: 'other' })).rejects.toMatchObject({
      code: 'KEY_PASSWORD_WRONG',
    });
  });

  it('says that a key is not encrypted', async () => {
    const out = join(tempDir(), 'k');
    const made = await signet(['key', 'generate', '--out', out], { env: { SIGNET_PASSWORD: '' } });
    expect(made).toEqual({
      code: 0,
      stdout: `${out}.key\n${out}.pub\n`,
      stderr: `note: ${out}.key is not encrypted\n`,
    });
    expect(readFileSync(`${out}.key`, 'utf8')).toContain('BEGIN PRIVATE KEY');
  });

  it.skipIf(process.platform === 'win32')('keeps the private half to its owner', async () => {
    const { key } = await pair();
    expect(statSync(key).mode & 0o777).toBe(0o600);
  });

  it('overwrites nothing unless told', async () => {
    const { dir, key } = await pair();
    const before = readFileSync(key);
    const again = ['key', 'generate', '--out', join(dir, 'k')];
    const env = { SIGNET_PASSWORD: '' };
    expect(await signet(again, { env })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error\[FILE_EXISTS\].*\nhint: --force/),
    });
    expect(readFileSync(key)).toEqual(before);
    expect((await signet([...again, '--force'], { env })).code).toBe(0);
    expect(readFileSync(key)).not.toEqual(before);
  });

  it('needs a password to be said, and takes it from a file', async () => {
    const dir = tempDir();
    const args = ['key', 'generate', '--out', join(dir, 'k')];
    expect(await signet(args)).toMatchObject({ code: 2, stderr: expect.stringContaining('error[PASSWORD_NEEDED]') });
    writeFileSync(join(dir, 'password'), 'secret\n');
    expect((await signet([...args, '--password-file', join(dir, 'password')])).code).toBe(0);
    expect((await parsePrivateKey(readFileSync(join(dir, 'k.key')), { password: 'secret' })).kind).toBe('ecdsa-p256');
  });
});

describe('key show', () => {
  it('says the same of both halves, as JSON too', async () => {
    const { key, pub } = await pair(['--type', 'ed25519'], 'pw');
    const [ofKey, ofPub] = await Promise.all([
      signet(['key', 'show', key, '-o', 'json'], { env: { SIGNET_PASSWORD: 'pw' } }),
      signet(['key', 'show', pub, '-o', 'json']),
    ]);
    expect(ofKey).toEqual(ofPub);
    const { id } = await parsePublicKey(readFileSync(pub));
    expect(JSON.parse(ofPub.stdout)).toMatchObject({ type: 'ed25519', id });
    expect((await signet(['key', 'show', '-'], { input: readFileSync(pub) })).stdout).toContain(`id    ${id}\n`);
  });

  it.each([
    ['a wrong password', { SIGNET_PASSWORD: 'wrong' }, 'KEY_PASSWORD_WRONG'],
    ['no password', {}, 'PASSWORD_NEEDED'],
  ])('says so of %s', async (_what, env, code) => {
    const { key } = await pair([], 'pw');
    const shown = await signet(['key', 'show', key], { env });
    expect(shown).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(`error[${code}]`) });
    expect(shown.stderr).toContain(key);
  });

  it('says so of a truncated file', async () => {
    const { key } = await pair();
    writeFileSync(key, readFileSync(key).subarray(0, 100));
    expect(await signet(['key', 'show', key])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('error[KEY_TRUNCATED]'),
    });
  });
});

describe('key convert', () => {
  it.each(['pkcs8', 'cosign', 'jwk'])('writes the form %s of the same key', async (form) => {
    const { dir, key } = await pair([], 'pw');
    const to = join(dir, 'converted.key');
    const done = await signet(['key', 'convert', key, '--form', form, '--out', to], { env: { SIGNET_PASSWORD: 'pw' } });
    expect(done).toMatchObject({ code: 0, stdout: `${to}\n` });
    const [before, after] = await Promise.all(
      [key, to].map((path) => parsePrivateKey(readFileSync(path), { password: 'pw' })),
    );
    expect(after?.publicKey.id).toBe(before?.publicKey.id);
  });

  it('changes the password', async () => {
    const { dir, key } = await pair([], 'pw');
    writeFileSync(join(dir, 'new'), 'next');
    const args = ['key', 'convert', key, '--out', join(dir, 'n.key'), '--new-password-file', join(dir, 'new')];
    expect((await signet(args, { env: { SIGNET_PASSWORD: 'pw' } })).code).toBe(0);
    expect((await parsePrivateKey(readFileSync(join(dir, 'n.key')), { password: 'next' })).kind).toBe('ecdsa-p256');
  });

  it.each(['pem', 'jwk', 'openssh'])('writes the public half as %s', async (form) => {
    const { key, pub } = await pair();
    const { stdout } = await signet(['key', 'convert', key, '--public', '--form', form]);
    expect((await parsePublicKey(Buffer.from(stdout))).id).toBe((await parsePublicKey(readFileSync(pub))).id);
  });

  it('says where the public half went, and as JSON what it is', async () => {
    const { dir, key, pub } = await pair();
    const pem = readFileSync(pub, 'utf8');
    const to = join(dir, 'half\u001b[31m.pub');
    const done = await signet(['key', 'convert', key, '--public', '--out', to]);
    expect(done).toMatchObject({ code: 0, stdout: `${join(dir, 'half')}\\u{1b}[31m.pub\n` });
    expect(readFileSync(to, 'utf8')).toBe(pem);
    const json = await signet(['key', 'convert', key, '--public', '-o', 'json']);
    expect(JSON.parse(json.stdout)).toEqual({ text: pem, form: 'pem' });
    const again = await signet(['key', 'convert', key, '--public', '-o', 'json', '--force', '--out', to]);
    expect(JSON.parse(again.stdout)).toEqual({ publicKey: to, form: 'pem' });
  });

  it.each([
    [['--form', 'pem', '--out', 'x'], 'USAGE'],
    [['--form', 'pkcs8'], 'USAGE'],
    [['--public', '--form', 'cosign'], 'USAGE'],
  ])('refuses %j', async (args, code) => {
    const { key } = await pair();
    expect(await signet(['key', 'convert', key, ...args])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`error[${code}]`),
    });
  });
});
