import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { itWithPeers, needPeer, runOk } from '../support/peers.ts';
import { run } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { makeKey, ok } from './cli-world.ts';

const predicateType = 'https://example.com/review/v1';
let dir: string;
let file: string;
let pair: { readonly key: string; readonly pub: string };
beforeAll(async () => {
  dir = tempDir();
  file = join(dir, 'app.bin');
  writeFileSync(file, Buffer.alloc(100_000, 'signet'));
  pair = await makeKey(join(dir, 'k'));
  await ok(['sign-blob', file, '--key', pair.key]);
});

describe('sign-blob and verify-blob', () => {
  it('put the bundle beside the file and find it there', async () => {
    expect(JSON.parse(readFileSync(`${file}.sigstore.json`, 'utf8')).mediaType).toContain('v0.3');
    const done = await signet(['verify-blob', file, '--key', pair.pub]);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toMatch(/^verified {2}\S+app\.bin {2}sha256:/);
  });

  it.each([
    ['a changed file', () => changed(), []],
    [
      'another key',
      () => file,
      ['--key', new URL('../../keys.example/ed25519.pub', import.meta.url).pathname, '--allow-example-keys'],
    ],
  ])('deny %s with 1', async (_what, path, key) => {
    const args = [
      'verify-blob',
      path(),
      '--bundle',
      `${file}.sigstore.json`,
      ...(key.length === 0 ? ['--key', pair.pub] : key),
    ];
    const { code, stdout } = await signet([...args, '-o', 'json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'denied' });
  });

  it('never take a bare signature for a statement', async () => {
    const signature = join(dir, 'bare.sig');
    await ok(['sign-blob', file, '--key', pair.key, '--output-signature', signature]);
    const args = ['verify-blob', file, '--key', pair.pub, '--signature', signature];
    expect(await signet(args)).toMatchObject({ code: 0 });
    expect(await signet([...args, '--predicate-type', predicateType])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error\[USAGE\]: .*--predicate-type goes with --bundle/),
    });
  });

  it('sign a statement about the file where a predicate type is given', async () => {
    const bundle = join(dir, 'statement.json');
    const predicate = join(dir, 'predicate.json');
    writeFileSync(predicate, '{"result":"good"}');
    await ok([
      'sign-blob',
      file,
      '--key',
      pair.key,
      '--predicate-type',
      predicateType,
      '--predicate',
      predicate,
      '--bundle',
      bundle,
    ]);
    const verify = ['verify-blob', file, '--key', pair.pub, '--bundle', bundle];
    expect((await signet([...verify, '--predicate-type', predicateType])).code).toBe(0);
    expect((await signet([...verify, '--predicate-type', 'https://example.com/other/v1'])).code).toBe(1);
    expect((await signet(verify)).code).toBe(1);
  });

  it('write and take a bare signature', async () => {
    const signature = join(dir, 'app.sig');
    await ok(['sign-blob', file, '--key', pair.key, '--output-signature', signature]);
    expect(readFileSync(signature, 'utf8')).toMatch(/^[A-Za-z0-9+/]+=*\n$/);
    const verify = ['verify-blob', file, '--key', pair.pub, '--signature', signature];
    expect((await signet(verify)).code).toBe(0);
    const bytes = join(dir, 'app.sig.der');
    writeFileSync(bytes, Buffer.from(readFileSync(signature, 'utf8'), 'base64'));
    const openssl = ['dgst', '-sha256', '-verify', pair.pub, '-signature', bytes, file];
    expect((await run('openssl', openssl)).stdout).toContain('Verified OK');
  });

  it('overwrite nothing unless told, and say as JSON what was written', async () => {
    expect(await signet(['sign-blob', file, '--key', pair.key])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('error[FILE_EXISTS]'),
    });
    const { stdout } = await ok(['sign-blob', file, '--key', pair.key, '--force', '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ file, form: 'bundle', written: `${file}.sigstore.json` });
  });

  it('write the bundle to standard output for a file from there', async () => {
    const { stdout } = await ok(['sign-blob', '-', '--key', pair.key], { input: 'piped' });
    expect(JSON.parse(stdout)).toHaveProperty('messageSignature');
  });

  it('take the file from standard input', async () => {
    const input = 'from a pipe';
    const bundle = join(dir, 'stdin.json');
    await ok(['sign-blob', '-', '--key', pair.key, '--bundle', bundle], { input });
    expect((await signet(['verify-blob', '-', '--key', pair.pub, '--bundle', bundle], { input })).code).toBe(0);
    expect((await signet(['verify-blob', '-', '--key', pair.pub, '--bundle', bundle], { input: 'other' })).code).toBe(
      1,
    );
  });

  it.each([
    [['verify-blob', '/no/such/file'], /USAGE|FILE_UNREADABLE/],
    [['sign-blob', '/no/such/file'], /FILE_UNREADABLE/],
    [['verify-blob', import.meta.filename], /USAGE.*where the signature is/],
    [['sign-blob', import.meta.filename, '--predicate', 'x'], /USAGE.*--predicate-type/],
    [['sign-blob', import.meta.filename, '--bundle', 'a', '--output-signature', 'b'], /USAGE.*one of them/],
    [['sign-blob', import.meta.filename, '--image-payload'], /USAGE.*--output-signature/],
    [['verify-blob', import.meta.filename, '--bundle', 'a', '--signature', 'b'], /USAGE/],
  ])('refuse %j with 2', async ([command = '', ...args], text) => {
    const key = command === 'sign-blob' ? pair.key : pair.pub;
    expect(await signet([command, ...args, '--key', key])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(text),
    });
  });

  itWithPeers(['cosign'], 'are understood by cosign, and understand it', async () => {
    const cosign = needPeer('cosign');
    const bundle = `${file}.sigstore.json`;
    const verify = ['verify-blob', '--key', pair.pub, '--bundle', bundle, '--insecure-ignore-tlog', file];
    expect((await run(cosign, verify)).stderr).toContain('Verified OK');
    await runOk(cosign, ['import-key-pair', '--key', pair.key, '--output-key-prefix', join(dir, 'c')], {
      env: { COSIGN_PASSWORD: 'pw' },
    });
    const theirs = join(dir, 'theirs.json');
    const sign = [
      'sign-blob',
      '--yes',
      '--key',
      join(dir, 'c.key'),
      '--bundle',
      theirs,
      '--use-signing-config=false',
      '--tlog-upload=false',
      file,
    ];
    await runOk(cosign, sign, { env: { COSIGN_PASSWORD: 'pw' } });
    expect(await signet(['verify-blob', file, '--key', pair.pub, '--bundle', theirs])).toMatchObject({ code: 0 });
  });
});

describe('inspect', () => {
  it('says what a bundle says, and that nothing was verified', async () => {
    const { code, stdout } = await signet(['inspect', `${file}.sigstore.json`]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^UNVERIFIED/);
    expect(JSON.parse((await signet(['inspect', `${file}.sigstore.json`, '-o', 'json'])).stdout)).toMatchObject({
      verified: false,
      format: 'sigstore',
    });
  });

  it('says of other bytes that it does not know them', async () => {
    const { stdout } = await signet(['inspect', '-'], { input: '\u001b[2Jno bundle' });
    expect(stdout).toContain('unknown');
    expect(stdout).not.toContain('\u001b');
  });
});

function changed(): string {
  const path = join(dir, 'changed.bin');
  writeFileSync(path, Buffer.alloc(100_000, 'Signet'));
  return path;
}
