// Not in npm run check: openssl and ssh-keygen derive keys from passwords dozens of times.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import {
  createSoftwareSigner,
  encodePrivateKey,
  encodePublicKey,
  generateKey,
  type KeyKind,
  parsePrivateKey,
  parsePublicKey,
  schemesFor,
  toDerSignature,
  verifySignature,
} from '@signet/core';
import { describe, expect, it } from 'vitest';
import { itWithPeers, needPeer, run, runOk } from '../../support/peers.ts';
import { tempDir } from '../../support/temp.ts';
import { keyCode, kinds, sampleKey } from './key-samples.ts';

const message = Buffer.from('a blob that is signed\n');
const pkcs8: readonly (readonly [string, KeyKind, readonly string[]])[] = [
  ['P-256', 'ecdsa-p256', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']],
  ['P-384', 'ecdsa-p384', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384']],
  ['P-521', 'ecdsa-p521', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521']],
  ['RSA', 'rsa', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']],
  ['Ed25519', 'ed25519', ['-algorithm', 'ED25519']],
];

describe('openssl', () => {
  it.each(pkcs8)('its %s key is read, plain and encrypted each way', async (_name, kind, args) => {
    const dir = tempDir();
    const key = join(dir, 'key.pem');
    await runOk('openssl', ['genpkey', ...args, '-out', key]);
    const { publicKey } = await parsePrivateKey(readFileSync(key));
    expect(publicKey.kind).toBe(kind);
    const spki = await runOk('openssl', ['pkey', '-in', key, '-pubout']);
    expect((await parsePublicKey(Buffer.from(spki))).id).toBe(publicKey.id);
    for (const how of [['-v2', 'aes-256-cbc'], ['-v2', 'aes-128-cbc', '-v2prf', 'hmacWithSHA512'], ['-scrypt']]) {
      const encrypted = await runOk('openssl', ['pkcs8', '-topk8', '-in', key, '-passout', 'pass:pw', ...how]);
      expect((await parsePrivateKey(Buffer.from(encrypted), { password: 'pw' })).publicKey.id).toBe(publicKey.id);
      expect(await keyCode(() => parsePrivateKey(Buffer.from(encrypted), { password: 'no' }))).toBe(
        'KEY_PASSWORD_WRONG',
      );
    }
  });

  it('ecparam with its parameters block, and genrsa -traditional, are read', async () => {
    const ec = await runOk('openssl', ['ecparam', '-name', 'prime256v1', '-genkey']);
    expect(ec).toContain('BEGIN EC PARAMETERS');
    expect((await parsePrivateKey(Buffer.from(ec))).kind).toBe('ecdsa-p256');
    const rsa = await runOk('openssl', ['genrsa', '-traditional', '2048']);
    expect(rsa).toContain('BEGIN RSA PRIVATE KEY');
    expect((await parsePrivateKey(Buffer.from(rsa))).kind).toBe('rsa');
    const publicRsa = await runOk('openssl', ['rsa', '-RSAPublicKey_out'], { input: rsa });
    expect((await parsePublicKey(Buffer.from(publicRsa))).kind).toBe('rsa');
  });

  it('keys that are not taken are refused by their code', async () => {
    const refused = [
      ['KEY_UNSUPPORTED', ['ecparam', '-name', 'secp256k1', '-genkey', '-noout']],
      ['KEY_UNSUPPORTED', ['ecparam', '-name', 'secp224r1', '-genkey', '-noout']],
      ['KEY_UNSUPPORTED', ['ecparam', '-name', 'prime256v1', '-param_enc', 'explicit', '-genkey', '-noout']],
      ['KEY_UNSUPPORTED', ['genpkey', '-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048']],
      ['KEY_UNSUPPORTED', ['genpkey', '-algorithm', 'X25519']],
      ['KEY_WEAK', ['genrsa', '1024']],
      ['KEY_WEAK', ['genrsa', '-3', '2048']],
      ['KEY_UNSUPPORTED', ['genrsa', '-aes256', '-traditional', '-passout', 'pass:pw', '2048']],
    ] as const;
    for (const [code, args] of refused) {
      const key = Buffer.from(await runOk('openssl', args));
      expect(`${args.join(' ')}: ${await keyCode(() => parsePrivateKey(key, { password: 'pw' }))}`).toContain(code);
    }
  });

  it.each(kinds)('reads what is written, encrypted and plain: %s', async (kind) => {
    const key = await sampleKey(kind);
    const spki = Buffer.from(await encodePublicKey(key.publicKey)).toString();
    for (const password of [undefined, 'a password']) {
      const input = await encodePrivateKey(key, { form: 'pkcs8', ...(password === undefined ? {} : { password }) });
      expect(await runOk('openssl', ['pkey', '-pubout', '-passin', `pass:${password ?? ''}`], { input })).toBe(spki);
    }
  });
});

const sshKeygen = findProgram('ssh-keygen');

describe.skipIf(sshKeygen === undefined)('ssh-keygen', () => {
  it.each([
    ['ecdsa-p256', ['-t', 'ecdsa', '-b', '256']],
    ['ecdsa-p384', ['-t', 'ecdsa', '-b', '384']],
    ['ecdsa-p521', ['-t', 'ecdsa', '-b', '521']],
    ['rsa', ['-t', 'rsa', '-b', '2048']],
    ['ed25519', ['-t', 'ed25519']],
  ] as const)('its %s public key is read and written the same; its private form is named', async (kind, args) => {
    const file = join(tempDir(), 'id');
    await runOk(sshKeygen ?? '', ['-q', '-N', '', '-C', '', '-f', file, ...args]);
    const line = readFileSync(`${file}.pub`, 'utf8');
    const key = await parsePublicKey(Buffer.from(line));
    expect(key.kind).toBe(kind);
    expect(
      Buffer.from(await encodePublicKey(key, { form: 'openssh' }))
        .toString()
        .trim(),
    ).toBe(line.trim());
    expect(await keyCode(() => parsePrivateKey(readFileSync(file)))).toBe('KEY_UNSUPPORTED');
  });

  it('reads what is written', async () => {
    for (const kind of kinds) {
      const file = join(tempDir(), 'id.pub');
      writeFileSync(file, await encodePublicKey((await sampleKey(kind)).publicKey, { form: 'openssh' }));
      expect((await run(sshKeygen ?? '', ['-l', '-f', file])).code).toBe(0);
    }
  });
});

/** cosign 2.5.0 refuses to import EC and RSA keys in every form: "unsupported public key type". */
const importable = { cosign: kinds, cosign2: ['ed25519'] } as const;

describe.each(['cosign', 'cosign2'] as const)('%s', (name) => {
  const env = { COSIGN_PASSWORD: 'pass word' };
  const cosign = (...args: readonly string[]): Promise<string> => runOk(needPeer(name), args, { env });

  itWithPeers([name], 'its generated key pair is read', async () => {
    const prefix = join(tempDir(), 'pair');
    await cosign('generate-key-pair', '--output-key-prefix', prefix);
    const key = await parsePrivateKey(readFileSync(`${prefix}.key`), { password: env.COSIGN_PASSWORD });
    expect(key.kind).toBe('ecdsa-p256');
    expect((await parsePublicKey(readFileSync(`${prefix}.pub`))).id).toBe(key.publicKey.id);
    expect(await keyCode(() => parsePrivateKey(readFileSync(`${prefix}.key`), { password: 'x' }))).toBe(
      'KEY_PASSWORD_WRONG',
    );
    expect(await keyCode(() => parsePrivateKey(readFileSync(`${prefix}.key`)))).toBe('KEY_PASSWORD_NEEDED');
  });

  itWithPeers([name], 'imports plain PKCS#8, and what it makes of it is read', async () => {
    for (const kind of importable[name]) {
      const dir = tempDir();
      const key = await sampleKey(kind);
      writeFileSync(join(dir, 'in.pem'), await encodePrivateKey(key, { form: 'pkcs8' }));
      await cosign('import-key-pair', '--key', join(dir, 'in.pem'), '--output-key-prefix', join(dir, 'out'));
      const back = await parsePrivateKey(readFileSync(join(dir, 'out.key')), { password: env.COSIGN_PASSWORD });
      expect(back.publicKey.id).toBe(key.publicKey.id);
    }
  });

  itWithPeers([name], 'reads our encrypted form of every kind', async () => {
    for (const kind of kinds) {
      const file = join(tempDir(), 'cosign.key');
      const key = await sampleKey(kind);
      writeFileSync(file, await encodePrivateKey(key, { form: 'cosign', password: env.COSIGN_PASSWORD }));
      const printed = await cosign('public-key', '--key', file);
      expect((await parsePublicKey(Buffer.from(printed))).id).toBe(key.publicKey.id);
    }
  });

  itWithPeers([name], 'signs a blob with our key, and the signature verifies here', async () => {
    for (const kind of ['ecdsa-p256', 'rsa'] as const) {
      const dir = tempDir();
      const key = await sampleKey(kind);
      writeFileSync(join(dir, 'k.key'), await encodePrivateKey(key, { form: 'cosign', password: env.COSIGN_PASSWORD }));
      writeFileSync(join(dir, 'blob'), message);
      const signature = await signBlob(name, dir, env);
      const [scheme] = schemesFor(kind, 'sigstore-message', 'verify');
      expect(scheme && verifySignature(key.publicKey, scheme, message, signature, 'der')).toBe(true);
      expect(scheme && verifySignature(key.publicKey, scheme, Buffer.from('other'), signature, 'der')).toBe(false);
    }
  });

  itWithPeers([name], 'verifies our signatures of a blob, with every kind of key', async () => {
    for (const kind of kinds) {
      const key = await generateKey(kind);
      const signer = createSoftwareSigner(key);
      const scheme = schemesFor(kind, 'sigstore-message', 'sign')[0] ?? 'ED25519';
      const raw = await signer.sign(message, scheme);
      const signature = kind.startsWith('ecdsa') ? (toDerSignature(raw, kind) ?? raw) : raw;
      expect(`${kind} ${await verifyBlob(name, await encodePublicKey(key.publicKey), signature)}`).toBe(`${kind} 0`);
    }
  });
});

async function signBlob(
  name: 'cosign' | 'cosign2',
  dir: string,
  env: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const [key, blob, bundle] = ['k.key', 'blob', 'bundle.json'].map((file) => join(dir, file));
  const offline =
    name === 'cosign' ? ['--use-signing-config=false', '--new-bundle-format=true'] : ['--new-bundle-format'];
  const args = [
    'sign-blob',
    '-y',
    '--key',
    key ?? '',
    '--tlog-upload=false',
    ...offline,
    '--bundle',
    bundle ?? '',
    blob ?? '',
  ];
  await runOk(needPeer(name), args, { env });
  const { messageSignature } = JSON.parse(readFileSync(bundle ?? '', 'utf8'));
  return Buffer.from(messageSignature.signature, 'base64');
}

async function verifyBlob(name: 'cosign' | 'cosign2', publicKey: Uint8Array, signature: Uint8Array): Promise<number> {
  const dir = tempDir();
  const [key, blob, sig] = ['k.pub', 'blob', 'sig'].map((file) => join(dir, file));
  writeFileSync(key ?? '', publicKey);
  writeFileSync(blob ?? '', message);
  writeFileSync(sig ?? '', Buffer.from(signature).toString('base64'));
  const old = name === 'cosign' ? ['--new-bundle-format=false'] : [];
  const args = [
    'verify-blob',
    '--key',
    key ?? '',
    '--signature',
    sig ?? '',
    '--insecure-ignore-tlog',
    ...old,
    blob ?? '',
  ];
  return (await run(needPeer(name), args)).code;
}

function findProgram(program: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}
