import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MadeCertificate, makeCertificate } from '../support/certificates.ts';
import { signet } from '../support/cli.ts';
import type { RunResult } from '../support/process.ts';
import { type CliWorld, createCliWorld, jsonLines, ok } from './cli-world.ts';

const schema = JSON.parse(readFileSync(new URL('../../packages/verifier/report.schema.json', import.meta.url), 'utf8'));
const day = 86_400_000;

let world: CliWorld;
let root: MadeCertificate;
beforeAll(async () => {
  world = await createCliWorld();
  root = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=root' });
  const signer = makeCertificate({ subject: 'C=US,ST=WA,O=Acme,CN=signer', issuer: root });
  write('root.crt', root.pem);
  write('signer.key', signer.keyPem);
  write('signer.crt', signer.pem + root.pem);
});
afterAll(() => world.server.stop('SIGKILL'));

/** Writes a file; gives its path. */
function write(name: string, content: string): string {
  const path = join(world.dir, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const file = (name: string): string => join(world.dir, name);
const byCertificate = (): readonly string[] => [
  ...['--format', 'notary', '--key', file('signer.key'), '--cert', file('signer.crt')],
];

function sign(...args: readonly string[]): Promise<RunResult> {
  return signet(['sign', ...byCertificate(), '-o', 'json', ...args]);
}

/** A policy by certificates of this authority. */
function policyFor(name: string, more = ''): string {
  const source = `trust:\n  acme:\n    x509:\n      ca: [root.crt]\n      identities: ["x509.subject:C=US,ST=WA,O=Acme"]\n${more}`;
  return write(name, `version: 1\n${source}rules:\n  - images: ["*"]\n    require: acme\n`);
}

describe('sign --format notary', () => {
  it.each(['jws', 'cose'])('%s: is verified by a policy that names the authority, and by no other', async (form) => {
    const image = await world.push(`notary-${form}:1`);
    const done = await sign('--envelope', form, '--annotation', 'team=web', image);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(jsonLines(done.stdout)).toMatchObject([{ outcome: 'new', format: 'notary' }]);
    const { stdout } = await ok(['verify', '--policy', policyFor('acme.yaml'), '-o', 'json', image]);
    const [report] = jsonLines(stdout);
    expect(report).toMatchObject({
      verdict: 'verified',
      findings: [{ format: 'notary', proven: { annotations: { team: 'web' } } }],
    });
    const validate = new Ajv2020({ strict: false }).compile(schema);
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
    write('root.crt', makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Other,CN=root' }).pem);
    expect(await signet(['verify', '--policy', policyFor('acme.yaml'), image])).toMatchObject({ code: 1 });
    write('root.crt', root.pem);
  });

  it('stores the same signature once, unless --force or another end', async () => {
    const image = await world.push('notary-once:1');
    const outcomes = async (...args: readonly string[]) =>
      jsonLines((await sign(image, ...args)).stdout).map(({ outcome }) => outcome);
    expect(await outcomes()).toEqual(['new']);
    expect(await outcomes()).toEqual(['already-there']);
    expect(await outcomes('--force')).toEqual(['new']);
    expect(await outcomes('--annotation', 'a=b')).toEqual(['new']);
  });

  it('signs anew where the certificate of the key was renewed', async () => {
    const image = await world.push('notary-renewed:1');
    expect(jsonLines((await sign(image)).stdout)).toMatchObject([{ outcome: 'new' }]);
    const renewed = makeCertificate({ subject: 'C=US,ST=WA,O=Acme,CN=signer', issuer: root });
    const cert = write('renewed.crt', renewed.pem + root.pem);
    const again = ['sign', '--format', 'notary', '--key', file('signer.key'), '--cert', cert, '-o', 'json', image];
    expect(jsonLines((await ok(again)).stdout)).toMatchObject([{ outcome: 'new' }]);
    expect(jsonLines((await ok(again)).stdout)).toMatchObject([{ outcome: 'already-there' }]);
  });

  it('says until when it counts', async () => {
    const image = await world.push('notary-end:1');
    expect(await sign('--expiry', '36h', image)).toMatchObject({ code: 0 });
    const { stdout } = await ok(['verify', '--policy', policyFor('end.yaml'), '-o', 'json', image]);
    expect(stdout).toMatch(/the signature counts until \d{4}-/);
    expect(await sign('--expiry', '0h', image)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('a lifetime is 90d'),
    });
    expect(await sign('--expiry', 'soon', image)).toMatchObject({ code: 2 });
  });

  it('refuses certificates that nobody would take, before anything is sent', async () => {
    const image = await world.push('notary-refused:1');
    const other = makeCertificate({ subject: 'C=US,ST=WA,O=Acme,CN=other', issuer: root });
    const ended = makeCertificate({ subject: 'C=US,ST=WA,O=Acme,CN=signer', issuer: root, toMs: Date.now() - day });
    const refused: readonly (readonly [name: string, content: string, why: string])[] = [
      ['of another key', other.pem + root.pem, 'its first certificate is not that of the key'],
      ['ended', ended.pem + root.pem, 'CN=signer'],
      ['without its root', readFileSync(file('signer.crt'), 'utf8').slice(0, root.pem.length + 40), ''],
      ['empty', '', ''],
    ];
    for (const [name, content, why] of refused) {
      const cert = write(`${name}.crt`, content);
      const done = await signet(['sign', '--format', 'notary', '--key', file('signer.key'), '--cert', cert, image]);
      expect(done, name).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(why) });
      expect(done.stderr, name).toContain(`${name}.crt`);
    }
    expect((await ok(['inspect', image])).stdout).toContain('no signature is attached');
  });

  it('needs --cert, and takes its options for no other format', async () => {
    const image = `${world.host}/none:1`;
    const key = ['--key', file('signer.key')];
    const bare = await signet(['sign', '--format', 'notary', ...key, image]);
    expect(bare).toMatchObject({ code: 2, stderr: expect.stringContaining('needs the certificates of the key') });
    for (const [flag, value] of [
      ['--cert', file('signer.crt')],
      ['--key-name', 'acme'],
      ['--envelope', 'cose'],
      ['--expiry', '1d'],
    ] as const) {
      const done = await signet(['sign', ...key, flag, value, image]);
      expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining(`${flag} is for --format notary`) });
    }
  });
});

describe('sign --key-name', () => {
  const env = (): Record<string, string> => ({ XDG_CONFIG_HOME: file('keys') });
  const list = (keys: readonly object[]): string => write('keys/notation/signingkeys.json', JSON.stringify({ keys }));
  const named = (name: string, ...more: readonly string[]) =>
    signet(['sign', '--format', 'notary', '--key-name', name, ...more], { env: env() });
  const acme = () => ({ name: 'acme', keyPath: file('signer.key'), certPath: file('signer.crt') });

  it("signs by a key of notation's list, which stays as it is", async () => {
    const image = await world.push('named:1');
    const path = list([{ ...acme(), name: 'other' }, acme()]);
    const before = readFileSync(path, 'utf8');
    expect(await named('acme', image)).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(await signet(['verify', '--policy', policyFor('named.yaml'), image])).toMatchObject({ code: 0 });
  });

  it('says what there is, what a plugin keeps, and what is no list', async () => {
    const image = `${world.host}/named:2`;
    list([acme(), { name: 'vault', id: 'k1', pluginName: 'azure-kv' }, { name: 'half', keyPath: 'a' }]);
    const refused: readonly (readonly [name: string, why: string])[] = [
      ['missing', 'there are: acme, vault, half'],
      ['vault', 'there is no plugin azure-kv'],
      ['half', 'signingkeys.json:1:'],
    ];
    for (const [name, why] of refused)
      expect(await named(name, image)).toMatchObject({ code: 2, stderr: expect.stringContaining(why) });
    const both = await named('acme', '--cert', file('signer.crt'), image);
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('--key-name and --cert were given') });
    for (const content of ['{', '{"keys": 1}', '[]', '{"keys": [1]}']) {
      write('keys/notation/signingkeys.json', content);
      const done = await named('acme', image);
      expect(done, content).toMatchObject({ code: 2, stderr: expect.stringContaining('error[KEY_STORE_INVALID]') });
    }
  });
});

describe('verify --policy notation', () => {
  const statement = (store: string) => ({
    name: 'all',
    registryScopes: ['*'],
    signatureVerification: { level: 'strict' },
    trustStores: [`ca:${store}`],
    trustedIdentities: ['*'],
  });
  const config = (store: string): string => JSON.stringify({ version: '1.0', trustPolicies: [statement(store)] });
  const env = (): Record<string, string> => ({ XDG_CONFIG_HOME: file('config') });

  it('takes the trust policy and the stores of notation as they are', async () => {
    const image = await world.push('notation:1');
    expect(await sign(image)).toMatchObject({ code: 0 });
    write('config/notation/trustpolicy.json', config('acme'));
    write('config/notation/truststore/x509/ca/acme/root.crt', root.pem);
    const own = await signet(['verify', '--policy', 'notation', image], { env: env() });
    expect(own).toMatchObject({ code: 0, stderr: '' });
    const elsewhere = write('elsewhere/trustpolicy.json', config('acme'));
    const store = join(file('config'), 'notation/truststore');
    expect(await signet(['verify', '--policy', elsewhere, '--trust-store', store, image])).toMatchObject({ code: 0 });
    const lost = await signet(['verify', '--policy', elsewhere, image]);
    expect(lost).toMatchObject({ code: 1, stderr: expect.stringContaining('the trust store ca:acme') });
  });

  it('prefers trustpolicy.oci.json, and says where there is none', async () => {
    const image = await world.push('notation-oci:1');
    expect(await sign(image)).toMatchObject({ code: 0 });
    const folder = { XDG_CONFIG_HOME: file('both') };
    const none = await signet(['verify', '--policy', 'notation', image], { env: folder });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('notation has no policy for images') });
    write('both/notation/truststore/x509/ca/acme/root.crt', root.pem);
    write('both/notation/trustpolicy.json', config('missing'));
    expect(await signet(['verify', '--policy', 'notation', image], { env: folder })).toMatchObject({ code: 1 });
    write('both/notation/trustpolicy.oci.json', config('acme'));
    expect(await signet(['verify', '--policy', 'notation', image], { env: folder })).toMatchObject({ code: 0 });
  });

  it('refuses a store with a file that is no authority', async () => {
    const image = await world.push('notation-store:1');
    expect(await sign(image)).toMatchObject({ code: 0 });
    write('mixed/notation/trustpolicy.json', config('acme'));
    write('mixed/notation/truststore/x509/ca/acme/root.crt', root.pem);
    const folder = { XDG_CONFIG_HOME: file('mixed') };
    expect(await signet(['verify', '--policy', 'notation', image], { env: folder })).toMatchObject({ code: 0 });
    write('mixed/notation/truststore/x509/ca/acme/notes.txt', 'no certificate');
    const done = await signet(['verify', '--policy', 'notation', image], { env: folder });
    expect(done).toMatchObject({ code: 1, stderr: expect.stringContaining('notes.txt') });
  });
});
