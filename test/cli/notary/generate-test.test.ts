import { createPrivateKey, createPublicKey } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkChain, checkValidAt, nameText, readCertificateFile } from '@signet/core/x509';
import { describe, expect, it } from 'vitest';
import { type GenerateTestOptions, generateTest } from '../../../packages/cli/src/notary/generate-test.ts';
import { issueTestCertificate } from '../../../packages/cli/src/notary/test-certificate.ts';
import { tempDir } from '../../support/temp.ts';

const atMs = Date.UTC(2026, 11, 1, 12, 0, 0, 700);
const day = 86_400_000;

function optionsIn(folder: string, more: Partial<GenerateTestOptions> = {}): GenerateTestOptions {
  return { name: 'test', folder, bits: 2048, atMs, isDefault: false, isTrusted: true, force: false, ...more };
}

const freshFolder = (): string => join(tempDir(), 'notation');

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Everything below, with what is in it. */
function contentOf(folder: string): Readonly<Record<string, string>> {
  if (!existsSync(folder)) return {};
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(folder.length + 1), readFileSync(path, 'utf8')];
    }),
  );
}

const listOf = (folder: string): unknown => JSON.parse(readFileSync(join(folder, 'signingkeys.json'), 'utf8'));
const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('a test certificate', () => {
  it.each([2048, 3072, 4096] as const)(
    'of %i bits is one that signs, for a day, and belongs to its key',
    async (bits) => {
      const { key, cert, notAfterMs } = await issueTestCertificate({ commonName: 'acme.io', bits, atMs });
      const chain = readCertificateFile(Buffer.from(cert));
      expect(chain).toHaveLength(1);
      const [certificate] = chain;
      if (certificate === undefined) return expect.unreachable();
      expect(nameText(certificate.subject)).toBe('CN=acme.io,O=Notary,L=Seattle,ST=WA,C=US');
      expect(notAfterMs).toBe(Date.UTC(2026, 11, 2, 12));
      expect(checkChain(chain, 'codeSigning')).toBeUndefined();
      expect(checkValidAt(chain, atMs)).toBeUndefined();
      expect(checkValidAt(chain, atMs + day)).toMatchObject({ code: 'CERTIFICATE_EXPIRED' });
      const own = createPublicKey(createPrivateKey(key)).export({ format: 'der', type: 'spki' });
      expect(certificate.publicKey.export({ format: 'der', type: 'spki' })).toEqual(own);
      expect(certificate.publicKey.asymmetricKeyDetails).toMatchObject({ modulusLength: bits });
      expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    },
  );

  it('has a number of its own each time', async () => {
    const made = await Promise.all([1, 2].map(() => issueTestCertificate({ commonName: 'a', bits: 2048, atMs })));
    expect(new Set(made.map(({ cert }) => cert)).size).toBe(2);
  });
});

describe('generateTest', () => {
  it('puts key, certificate, entry and anchor where notation has them, the secrets for their owner alone', async () => {
    const folder = freshFolder();
    const made = await generateTest(optionsIn(folder));
    const [keyPath, certPath] = [join(folder, 'localkeys/test.key'), join(folder, 'localkeys/test.crt')];
    const trustedPath = join(folder, 'truststore/x509/ca/test/test.crt');
    expect(made).toMatchObject({ keyPath, certPath, trustedPath });
    expect(Object.keys(contentOf(folder)).toSorted()).toEqual([
      'localkeys/test.crt',
      'localkeys/test.key',
      'signingkeys.json',
      'truststore/x509/ca/test/test.crt',
    ]);
    expect(listOf(folder)).toEqual({ keys: [{ name: 'test', keyPath, certPath }] });
    expect(readFileSync(trustedPath)).toEqual(readFileSync(certPath));
    for (const path of [keyPath, join(folder, 'signingkeys.json')]) expect(modeOf(path)).toBe(0o600);
    for (const path of [folder, join(folder, 'localkeys'), dirname(trustedPath)]) expect(modeOf(path)).toBe(0o700);
  });

  it('leaves the trust store as it is where it is told, and makes the key the default', async () => {
    const folder = freshFolder();
    const made = await generateTest(optionsIn(folder, { isTrusted: false, isDefault: true }));
    expect(made).not.toHaveProperty('trustedPath');
    expect(existsSync(join(folder, 'truststore'))).toBe(false);
    expect(listOf(folder)).toMatchObject({ default: 'test' });
  });

  it('leaves all else in the list as it is', async () => {
    const folder = freshFolder();
    const plugin = { name: 'kms', id: 'k', pluginName: 'azure-kv', pluginConfig: { a: 'b' }, more: 1 };
    write(join(folder, 'signingkeys.json'), JSON.stringify({ extra: true, default: 'kms', keys: [plugin] }));
    await generateTest(optionsIn(folder));
    expect(listOf(folder)).toMatchObject({ extra: true, default: 'kms', keys: [plugin, { name: 'test' }] });
    await generateTest(optionsIn(folder, { name: 'other', isDefault: true }));
    expect(listOf(folder)).toMatchObject({ default: 'other', keys: [plugin, { name: 'test' }, { name: 'other' }] });
  });

  it.each(['localkeys/test.key', 'localkeys/test.crt', 'truststore/x509/ca/test/test.crt'])(
    'writes nothing where %s is there, unless told',
    async (path) => {
      const folder = freshFolder();
      write(join(folder, path), 'mine');
      await expect(generateTest(optionsIn(folder))).rejects.toMatchObject({ code: 'FILE_EXISTS' });
      expect(contentOf(folder)).toEqual({ [path]: 'mine' });
      await generateTest(optionsIn(folder, { force: true }));
      expect(contentOf(folder)[path]).toMatch(/^-----BEGIN /);
    },
  );

  it('replaces its own entry where it is told, and never that of another key', async () => {
    const folder = freshFolder();
    await generateTest(optionsIn(folder));
    await expect(generateTest(optionsIn(folder))).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    const before = contentOf(folder);
    await generateTest(optionsIn(folder, { force: true }));
    expect(listOf(folder)).toMatchObject({ keys: [{ name: 'test' }] });
    expect(contentOf(folder)['localkeys/test.key']).not.toBe(before['localkeys/test.key']);
    const other = freshFolder();
    const entry = { name: 'test', keyPath: '/elsewhere.key', certPath: '/elsewhere.crt' };
    write(join(other, 'signingkeys.json'), JSON.stringify({ keys: [entry] }));
    for (const force of [false, true])
      await expect(generateTest(optionsIn(other, { force }))).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    expect(Object.keys(contentOf(other))).toEqual(['signingkeys.json']);
  });

  it('writes nothing where the list cannot be read', async () => {
    const folder = freshFolder();
    write(join(folder, 'signingkeys.json'), '{"keys": 1}');
    await expect(generateTest(optionsIn(folder))).rejects.toMatchObject({ code: 'KEY_STORE_INVALID' });
    expect(Object.keys(contentOf(folder))).toEqual(['signingkeys.json']);
  });

  it('takes away what it wrote where the rest cannot be written', async () => {
    const folder = freshFolder();
    write(join(folder, 'truststore'), 'a file where a folder has to be');
    await expect(generateTest(optionsIn(folder))).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
    expect(Object.keys(contentOf(folder))).toEqual(['truststore']);
    chmodSync(folder, 0o700);
  });

  it.each(['', '.', '..', '...', 'a/b', '../a', 'a b', 'ä', 'x'.repeat(65), 'a\0'])(
    'refuses the name %j',
    async (name) => {
      const folder = freshFolder();
      await expect(generateTest(optionsIn(folder, { name }))).rejects.toMatchObject({ code: 'USAGE' });
      expect(existsSync(folder)).toBe(false);
    },
  );

  it.each(['a', 'wabbit-networks.io', '_A.9-', 'x'.repeat(64)])('takes the name %s', async (name) => {
    const folder = freshFolder();
    expect(await generateTest(optionsIn(folder, { name }))).toMatchObject({
      keyPath: join(folder, `localkeys/${name}.key`),
    });
  });
});
