import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseNotaryEnvelope } from '@signet/core';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type MadeCertificate, makeCertificate } from '../support/certificates.ts';
import { signet } from '../support/cli.ts';
import { startTsa } from '../support/openssl-tsa.ts';
import { installTestPlugin, writePluginKey } from '../support/plugins/install.ts';
import type { RunResult } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { jsonLines, ok } from './cli-world.ts';

let dir: string;
let signer: MadeCertificate;
beforeAll(() => {
  dir = tempDir();
  signer = makeCertificate({ subject: 'C=US,ST=WA,O=Acme,CN=signer' });
  write('signer.key', signer.keyPem);
  write('signer.crt', signer.pem);
});

/** Writes a file; gives its path. */
function write(name: string, content: string): string {
  const path = join(dir, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const byFiles = (): readonly string[] => ['--key', join(dir, 'signer.key'), '--cert', join(dir, 'signer.crt')];

function sign(...args: readonly string[]): Promise<RunResult> {
  return signet(['sign-blob', '--format', 'notary', ...args]);
}

function payloadOf(path: string, form: 'jws' | 'cose'): unknown {
  return JSON.parse(Buffer.from(parseNotaryEnvelope(readFileSync(path), form).payload).toString('utf8'));
}

describe('sign-blob --format notary', () => {
  it.each(['jws', 'cose'] as const)('%s: writes the envelope where notation does, and not twice', async (form) => {
    const file = write(`app-${form}.tar`, 'app');
    const args = [...byFiles(), '--envelope', form, '--media-type', 'application/x-tar', '-m', 'build=42', file];
    const done = await ok(['sign-blob', '--format', 'notary', ...args, '-o', 'json']);
    const target = `${file}.${form}.sig`;
    const digest = 'sha256:a172cedcae47474b615c54d510a5d84a8dea3032e958587430b413538be3f333';
    expect(jsonLines(done.stdout)).toEqual([
      {
        ...{ file, digest, size: 3, mediaType: 'application/x-tar', form: 'notary', envelope: form },
        ...{ userMetadata: { build: '42' }, written: target },
      },
    ]);
    expect(payloadOf(target, form)).toEqual({
      targetArtifact: { annotations: { build: '42' }, digest, mediaType: 'application/x-tar', size: 3 },
    });
    expect(await sign(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining('error[FILE_EXISTS]') });
    expect(await sign(...args, '--force')).toMatchObject({ code: 0, stderr: '' });
  });

  it('goes elsewhere where it is told, and ends when it is told', async () => {
    const [file, target] = [write('other.bin', 'other'), join(dir, 'elsewhere.sig')];
    await ok(['sign-blob', '--format', 'notary', ...byFiles(), '--expiry', '2h', '--output-signature', target, file]);
    expect(existsSync(`${file}.jws.sig`)).toBe(false);
    const { attributes } = parseNotaryEnvelope(readFileSync(target), 'jws');
    expect((attributes.expiryMs ?? 0) - (attributes.signingTimeMs ?? 0)).toBe(2 * 3_600_000);
  });

  it('is written to standard output for a file from standard input, if it is text', async () => {
    const { stdout } = await signet(['sign-blob', '--format', 'notary', ...byFiles(), '-'], { input: 'piped' });
    expect(parseNotaryEnvelope(Buffer.from(stdout), 'jws').form).toBe('jws');
    const cose = await signet(['sign-blob', '--format', 'notary', ...byFiles(), '--envelope', 'cose', '-'], {
      input: 'piped',
    });
    expect(cose).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('a COSE envelope is no text') });
  });

  it("signs with a key of notation's list, by the form that its config.json names", async () => {
    const keys = [{ name: 'release', keyPath: join(dir, 'signer.key'), certPath: join(dir, 'signer.crt') }];
    write('home/notation/signingkeys.json', JSON.stringify({ keys }));
    write('home/notation/config.json', JSON.stringify({ signatureFormat: 'cose' }));
    const file = write('listed.bin', 'listed');
    const env = { XDG_CONFIG_HOME: join(dir, 'home') };
    const done = await signet(['sign-blob', '--format', 'notary', '--key-name', 'release', file], { env });
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(`${file}.cose.sig`)).toBe(true);
  });

  it.each([
    [['--media-type', 'tar'], 'MEDIA_TYPE_INVALID'],
    [['--user-metadata', 'io.cncf.notary.x=1'], 'ANNOTATION_INVALID'],
    [['--user-metadata', 'build'], '--user-metadata build: KEY=VALUE is wanted'],
    [['--bundle', 'x'], '--bundle is for --format sigstore'],
    [['--predicate-type', 'https://example.com'], '--predicate-type is for --format sigstore'],
    [['--image-payload'], '--image-payload is for --format sigstore'],
  ])('refuses %j, and writes nothing', async (args, message) => {
    const file = write('refused.bin', 'refused');
    const done = await sign(...byFiles(), ...args, file);
    expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
    expect(existsSync(`${file}.jws.sig`)).toBe(false);
  });

  it.each([
    [['--media-type', 'text/plain'], '--media-type is for --format notary'],
    [['--user-metadata', 'a=b'], '--user-metadata is for --format notary'],
    [['--cert', 'x'], '--cert is for --format notary'],
  ])('what only it knows is refused for others: %j', async (args, message) => {
    const done = await signet(['sign-blob', '--key', join(dir, 'signer.key'), ...args, write('bundle.bin', 'b')]);
    expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
  });
});

/** A folder of notation's, with this policy for files and the signer's certificate in the store `acme`. */
function notationHome(name: string, ...trustPolicies: readonly object[]): Readonly<Record<string, string>> {
  write(`${name}/notation/trustpolicy.blob.json`, JSON.stringify({ version: '1.0', trustPolicies }));
  write(`${name}/notation/truststore/x509/ca/acme/signer.crt`, signer.pem);
  return { XDG_CONFIG_HOME: join(dir, name) };
}

const strict = {
  name: 'releases',
  signatureVerification: { level: 'strict' },
  ...{ trustStores: ['ca:acme'], trustedIdentities: ['x509.subject: C=US, ST=WA, O=Acme'] },
};
const everyone = { ...strict, name: 'all', globalPolicy: true };

describe("verify-blob by notation's policy", () => {
  it('takes the global statement, or the one that is named', async () => {
    const file = write('judged.bin', 'judged');
    await ok(['sign-blob', '--format', 'notary', ...byFiles(), '-m', 'build=42', file]);
    const unsigned = { name: 'unsigned', signatureVerification: { level: 'skip' } };
    const others = { ...everyone, trustedIdentities: ['x509.subject: C=US, ST=WA, O=Other'] };
    const env = notationHome('named', strict, unsigned, others);
    const verify = (...args: readonly string[]) =>
      signet(['verify-blob', '--policy', 'notation', ...args, file], { env });
    const byGlobal = await verify('-o', 'json');
    expect(byGlobal).toMatchObject({ code: 1, stderr: '' });
    expect(jsonLines(byGlobal.stdout)).toMatchObject([
      { version: 1, file, verdict: 'denied', code: 'IDENTITY_NOT_TRUSTED', rule: 'all' },
    ]);
    const byName = await verify('--policy-name', 'releases', '-m', 'build=42', '-o', 'json');
    expect(jsonLines(byName.stdout)).toMatchObject([
      { verdict: 'verified', code: 'VERIFIED', rule: 'releases', annotations: { build: '42' } },
    ]);
    expect(byName.code).toBe(0);
    expect(await verify('--policy-name', 'releases', '-m', 'build=43')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('ANNOTATION_MISMATCH'),
    });
    expect(await verify('--policy-name', 'unsigned')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^undecided .* NOT_CHECKED \(allowed by the rule\)/),
    });
    expect(await verify('--policy-name', 'nobody')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('NO_RULE'),
      stderr: expect.stringContaining(
        'has no rule "nobody": --policy-name NAME chooses one; there are: releases, unsigned, all',
      ),
    });
  });

  it('shows every check with --verbose, and what is only logged without it', async () => {
    const file = write('told.bin', 'told');
    await ok(['sign-blob', '--format', 'notary', ...byFiles(), file]);
    const lax = {
      ...everyone,
      signatureVerification: { level: 'audit' },
      trustedIdentities: ['x509.subject: C=US, ST=WA, O=B'],
    };
    const env = notationHome('lax', lax);
    const verify = (...args: readonly string[]) => ok(['verify-blob', '--policy', 'notation', ...args, file], { env });
    const { stdout } = await verify();
    expect(stdout).toMatch(/^verified .*\n {2}why .*\n {2}rule {6}all\n/);
    expect(stdout).toMatch(/\n {2}warn {6}authenticity: signed by CN=signer/);
    expect(stdout).not.toContain('  pass  ');
    expect((await verify('--verbose')).stdout).toMatch(/\n {2}pass {6}subject: signed for sha256:/);
  });

  it('takes the form from the name of the signature, and looks at it where the name says nothing', async () => {
    const file = write('form.bin', 'form');
    await ok(['sign-blob', '--format', 'notary', ...byFiles(), '--envelope', 'cose', file]);
    const cose = readFileSync(`${file}.cose.sig`);
    const env = notationHome('forms', everyone);
    const verify = (path: string) =>
      signet(['verify-blob', '--policy', 'notation', '--signature', path, file], { env });
    writeFileSync(join(dir, 'plain.sig'), cose);
    writeFileSync(join(dir, 'wrong.jws.sig'), cose);
    expect(await verify(join(dir, 'plain.sig'))).toMatchObject({ code: 0 });
    const wrong = await verify(join(dir, 'wrong.jws.sig'));
    expect(wrong).toMatchObject({ code: 1, stdout: expect.stringContaining('ENVELOPE_MALFORMED') });
  });

  it('says where its own policy should be, and what is wrong in it', async () => {
    const file = write('nowhere.bin', 'nowhere');
    const args = ['verify-blob', '--policy', 'notation', file];
    const missing = await signet(args, { env: { XDG_CONFIG_HOME: join(dir, 'empty') } });
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('notation has no policy for files in') });
    const env = notationHome('two', everyone, { ...everyone, name: 'second' });
    const two = await signet(args, { env });
    expect(two).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/trustpolicy\.blob\.json:1:\d+.*only one statement/),
    });
  });
});

describe("verify-blob by a policy of Signet's", () => {
  const policy = (name: string, rules: string): string => {
    write('signer.pem', signer.pem);
    const source = 'trust:\n  acme:\n    x509:\n      ca: [signer.pem]\n      identities: ["*"]\n';
    return write(name, `version: 1\n${source}rules:\n${rules}`);
  };
  const rule = (name: string, more = ''): string =>
    `  - name: ${name}\n    images: ["${name}/*"]\n    require: acme\n${more}`;

  it('takes its only rule, or the one that is named', async () => {
    const file = write('own.bin', 'own');
    await ok(['sign-blob', '--format', 'notary', ...byFiles(), file]);
    const verify = (path: string, ...args: readonly string[]) =>
      signet(['verify-blob', '--policy', path, ...args, file]);
    const one = policy('one.yaml', rule('a.example'));
    expect(await verify(one)).toMatchObject({ code: 0, stderr: '' });
    expect(await verify(one, '--policy-name', 'b')).toMatchObject({ code: 1 });
    const two = policy('two.yaml', `${rule('a.example')}${rule('b.example', '    annotations: { team: web }\n')}`);
    expect(await verify(two)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there are: a.example, b.example'),
    });
    expect(await verify(two, '--policy-name', 'a.example')).toMatchObject({ code: 0 });
    expect(await verify(two, '--policy-name', 'b.example')).toMatchObject({ code: 1 });
    const clash = await verify(two, '--policy-name', 'b.example', '--user-metadata', 'team=db');
    expect(clash).toMatchObject({ code: 1, stdout: expect.stringContaining('annotation "team" must be "web"') });
    const bound = policy('bound.yaml', rule('a.example', '    tag: bound\n'));
    expect(await verify(bound)).toMatchObject({ code: 2, stderr: expect.stringContaining('it is for images') });
  });
});

describe('verify-blob refuses', () => {
  it.each<[readonly string[], string]>([
    [['--policy', 'notation', '--key', 'x'], '--key is for --format sigstore'],
    [['--policy', 'notation', '--bundle', 'x'], '--bundle is for --format sigstore'],
    [['--policy', 'notation', '--format', 'sigstore'], '--policy is for Notary signatures'],
    [['--policy', 'some/trustpolicy.json'], "notation's policy for images"],
    [['--format', 'notary'], 'verified by a policy, and none was named'],
    [['--key', 'x', '--policy-name', 'a'], '--policy-name is for --policy'],
    [['--key', 'x', '--media-type', 'a/b'], '--media-type is for --policy'],
    [['--key', 'x', '--user-metadata', 'a=b'], '--user-metadata is for --policy'],
    [['--key', 'x', '--signature', 'app.jws.sig'], 'by its name a Notary signature'],
    [['--policy', 'notation', '--media-type', 'tar'], 'MEDIA_TYPE_INVALID'],
  ])('%j', async (args, message) => {
    const file = write('asked.bin', 'asked');
    const done = await signet(['verify-blob', ...args, file], { env: notationHome('refusing', everyone) });
    expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
  });

  it('to choose between two signatures that lie beside the file, and to verify without one', async () => {
    const env = notationHome('beside', everyone);
    const file = write('beside.bin', 'beside');
    const verify = () => signet(['verify-blob', '--policy', 'notation', file], { env });
    expect(await verify()).toMatchObject({ code: 2, stderr: expect.stringContaining('are not there') });
    for (const form of ['jws', 'cose'])
      await ok(['sign-blob', '--format', 'notary', ...byFiles(), '--envelope', form, file]);
    expect(await verify()).toMatchObject({ code: 2, stderr: expect.stringContaining('are both there') });
  });
});

describe('a key that a plugin has', () => {
  const folder = (name: string): string => join(dir, name, 'notation');

  it('signs a file where the plugin signs bytes, and what it signed is verified', async () => {
    installTestPlugin(folder('plugins'), { name: 'raw', kind: 'raw' });
    const key = writePluginKey(folder('plugins'), 'ec-384');
    write('plugins/notation/truststore/x509/ca/plugin/root.crt', key.rootPem);
    const trust = { trustStores: ['ca:plugin'], trustedIdentities: ['*'] };
    const env = notationHome('plugins', { ...everyone, ...trust });
    const settings = Object.entries(key.config).flatMap(([name, value]) => ['--plugin-config', `${name}=${value}`]);
    const file = write('by-plugin.bin', 'by a plugin');
    const args = ['--format', 'notary', '--plugin', 'raw', '--id', 'k', ...settings, '--envelope', 'cose', file];
    const done = await signet(['sign-blob', ...args, '-o', 'json'], { env });
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(jsonLines(done.stdout)).toMatchObject([{ digest: expect.stringMatching(/^sha384:/), envelope: 'cose' }]);
    expect(await signet(['verify-blob', '--policy', 'notation', file], { env })).toMatchObject({ code: 0 });
  });

  it('signs none where the plugin makes whole envelopes, as with notation', async () => {
    installTestPlugin(folder('whole'), { name: 'whole', kind: 'envelope' });
    const env = { XDG_CONFIG_HOME: join(dir, 'whole') };
    const file = write('by-whole.bin', 'by a plugin');
    const done = await signet(['sign-blob', '--format', 'notary', '--plugin', 'whole', '--id', 'k', file], { env });
    expect(done.code).not.toBe(0);
    expect(done.stderr).toContain('error[PLUGIN_INCAPABLE]');
    expect(done.stderr).toContain('SIGNATURE_GENERATOR.RAW');
    expect(existsSync(`${file}.jws.sig`)).toBe(false);
  });
});

describe('what others have to say of a file', () => {
  it('is asked: without an answer the file is undecided, and where that is only logged it is verified', async () => {
    const root = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=root' });
    const revocable = makeCertificate({
      subject: 'C=US,ST=WA,O=Acme,CN=revocable',
      issuer: root,
      crlUrls: ['http://127.0.0.1:9/revoked.crl'],
    });
    write('revocable.key', revocable.keyPem);
    write('revocable.crt', revocable.pem + root.pem);
    const lax = { ...everyone, name: 'lax', globalPolicy: false, signatureVerification: { level: 'permissive' } };
    const env = notationHome('asking', everyone, lax);
    write('asking/notation/truststore/x509/ca/acme/root.crt', root.pem);
    const file = write('revocable.bin', 'revocable');
    const by = ['--key', join(dir, 'revocable.key'), '--cert', join(dir, 'revocable.crt')];
    await ok(['sign-blob', '--format', 'notary', ...by, file]);
    const verify = (...args: readonly string[]) =>
      signet(['verify-blob', '--policy', 'notation', ...args, file], { env });
    const open = await verify('-o', 'json');
    expect(open.code).toBe(3);
    expect(jsonLines(open.stdout)).toMatchObject([
      { verdict: 'undecided', code: 'REVOCATION_UNKNOWN', allowed: false },
    ]);
    expect(await verify('--policy-name', 'lax')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\n {2}warn {6}revocation: /),
    });
  });
});

describe('a time stamp', () => {
  it('is asked for with --tsa, in both forms, and a policy with a tsa store wants one', async () => {
    const tsaRoot = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=tsa root' });
    const tsa = makeCertificate({ profile: 'tsa', subject: 'C=US,ST=WA,O=Acme,CN=tsa', issuer: tsaRoot });
    const server = await startTsa({ signer: tsa, others: [tsaRoot] });
    onTestFinished(() => server.close());
    const env = notationHome('stamped', { ...everyone, trustStores: ['ca:acme', 'tsa:acme'] });
    const store = write('stamped/notation/truststore/x509/tsa/acme/root.crt', tsaRoot.pem);
    const verify = (file: string) => signet(['verify-blob', '--policy', 'notation', '-o', 'json', file], { env });
    for (const form of ['jws', 'cose']) {
      const file = write(`stamped-${form}.bin`, 'stamped');
      const by = [...byFiles(), '--envelope', form, '--force', file];
      await ok(['sign-blob', '--format', 'notary', ...by]);
      const bare = await verify(file);
      expect(jsonLines(bare.stdout)).toMatchObject([{ verdict: 'denied', code: 'TIMESTAMP_MISSING' }]);
      await ok(['sign-blob', '--format', 'notary', '--tsa', server.url, '--tsa-root', store, ...by]);
      const stamped = await verify(file);
      expect(stamped.code, stamped.stdout).toBe(0);
    }
    expect(server.asked).toHaveLength(2);
  });
});

describe("an identity of notation's policy that notation refuses", () => {
  it.each([
    ['an attribute twice', 'x509.subject: C=US, ST=WA, O=Acme, O=Acme'],
    ['no mandatory attribute', 'x509.subject: C=US, O=Acme'],
    ['a type in small letters', 'x509.subject: c=US, ST=WA, O=Acme'],
  ])('%s: is told with its place', async (_, identity) => {
    const file = write('identity.bin', 'identity');
    const env = notationHome('identity', { ...everyone, trustedIdentities: [identity] });
    const done = await signet(['verify-blob', '--policy', 'notation', file], { env });
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toMatch(/error\[POLICY_INVALID\]: .*trustpolicy\.blob\.json:1:\d+/);
  });
});
