import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lintPolicy } from '../../../../packages/verifier/src/policy/load/index.ts';
import { policyLimits } from '../../../../packages/verifier/src/policy/load/limits.ts';
import { keyFiles, lint, newKey, problemsOf, readerOf, type Surroundings, told } from './policy-data.ts';

const rule = 'rules: [{ images: ["x.io/**"], require: r }]\n';
const withKeys = (keys: string): string => `version: 1\ntrust: { r: { keys: ${keys} } }\n${rule}`;
const jwkOf = (pem: string): string => JSON.stringify(createPublicKey(pem).export({ format: 'jwk' }));
const example = readFileSync(new URL('../../../../keys.example/p256.pub', import.meta.url), 'utf8');
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const certificate = '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n';
const [a = '', b = ''] = Object.values(keyFiles);

/** How many keys the source has, once nothing is wrong. */
async function count(keys: string, surroundings: Surroundings = {}): Promise<number | readonly string[]> {
  const { policy, problems } = await lint(withKeys(keys), surroundings);
  const [require] = policy?.ruleList.map((each) => each.require) ?? [];
  return require?.kind === 'source' ? require.source.keys.length : problems.map(told);
}

describe('keys of a source are read', () => {
  const jwk = jwkOf(a);
  it.each<[what: string, keys: string, count: number, files?: Record<string, string | Uint8Array>]>([
    ['a file', '[a.pub]', 1],
    ['several', '[a.pub, b.pub]', 2],
    ['one twice, which counts once', '[a.pub, ./a.pub, b.pub]', 2],
    ['a file of several', '[all.pem]', 2, { 'all.pem': `${a}\n${b}` }],
    ['DER', '[a.der]', 1, { 'a.der': createPublicKey(a).export({ format: 'der', type: 'spki' }) }],
    ['a JWK in a file', '[a.jwk]', 1, { 'a.jwk': jwk }],
    ['a JWKS in a file', '[a.json]', 2, { 'a.json': `{"keys":[${jwk},${jwkOf(b)}]}` }],
    ['PEM in the policy', JSON.stringify([a]), 1],
    ['a JWK in the policy', `[{ jwk: ${jwk} }]`, 1],
    ['a JWKS in the policy', `[{ jwks: { keys: [${jwk}, ${jwkOf(b)}] } }]`, 2],
    ['a folder, by its slash', '[keys/]', 2, { 'keys/a.pub': a, 'keys/b.pem': b }],
    ['a folder, since it is no file', '[keys]', 2, { 'keys/a.pub': a, 'keys/b.pem': b }],
    ['a folder with other things in it', '[keys]', 1, { 'keys/a.PUB': a, 'keys/.b.pub': 'x', 'keys/README.md': 'x' }],
  ])('%s', async (_what, keys, expected, files = {}) => {
    expect(await count(keys, { files })).toBe(expected);
  });

  it('relative to the file that names them', async () => {
    const reader = readerOf({
      'etc/policy.yaml': 'version: 1\nextends: ../base/base.yaml\nrules: [{ images: ["x.io/**"], require: r }]\n',
      'base/base.yaml': 'version: 1\ntrust: { r: { keys: [k.pub, /abs/k.pub] } }\n',
      'base/k.pub': a,
      '/abs/k.pub': b,
    });
    expect((await lintPolicy('etc/policy.yaml', { reader, env: {} })).problems).toEqual([]);
  });

  it('once each, however often they are named', async () => {
    const asked: string[] = [];
    const files = readerOf({
      'policy.yaml': `version: 1\ntrust:\n  r: { keys: [a.pub, a.pub] }\n  s: { keys: [./a.pub] }\n`,
      ...keyFiles,
    });
    const readFile = (path: string, maxBytes: number): Promise<Uint8Array> => {
      asked.push(path);
      return files.readFile(path, maxBytes);
    };
    await lintPolicy('policy.yaml', { reader: { ...files, readFile }, env: {} });
    expect(asked).toEqual(['policy.yaml', 'a.pub']);
  });

  it('with sample keys, where that is allowed', async () => {
    expect(await count('[e.pub]', { files: { 'e.pub': example }, allowExampleKeys: true })).toBe(1);
  });
});

describe('keys of a source are refused where they are named', () => {
  const sample = 'everybody has its private half [make a key of your own: signet key generate]';
  const folderHint = '[of a folder the files *.pub, *.pem, *.jwk, *.json and *.jwks are read]';
  const idHint =
    '[a source is made of the keys themselves; an id (sha256: and 64 lower-case hex digits) can only be refused]';
  it.each<[keys: string, fault: string, files?: Record<string, string>]>([
    ['[gone.pub]', 'POLICY_INVALID 2:22 no such file: gone.pub'],
    ['[a.pub, gone/]', 'POLICY_INVALID 2:29 no such folder: gone/'],
    ['[https://x.io/a.pub]', 'POLICY_INVALID 2:22 keys are read from files, not from addresses'],
    [`["sha256:${'0'.repeat(64)}"]`, `POLICY_INVALID 2:22 "sha256:${'0'.repeat(64)}" is the id of a key ${idHint}`],
    ['[{}]', 'POLICY_INVALID 2:22 one of "jwk" and "jwks" is expected'],
    ['[{ jwk: {}, jwks: {} }]', 'POLICY_INVALID 2:22 one of "jwk" and "jwks" is expected'],
    ['[{ jwk: { keys: [] } }]', 'POLICY_INVALID 2:22 "jwk" is one key, but this is a set'],
    ['[{ jwks: { kty: EC } }]', 'POLICY_INVALID 2:22 "jwks" is a set: an object with "keys"'],
    ['[{ jwks: { keys: [] } }]', 'POLICY_INVALID 2:22 the JWKS: a JWKS without keys'],
    ['[{ jwk: { kty: oct, k: AA } }]', 'POLICY_INVALID 2:22 the JWK: a private JWK where a public key is asked for'],
    ['[a.pub, bad.pub]', 'POLICY_INVALID 2:29 bad.pub: the key file is empty', { 'bad.pub': '' }],
    ['[keys]', 'POLICY_INVALID 2:22 keys/b.pub: the key file is empty', { 'keys/a.pub': a, 'keys/b.pub': '' }],
    ['[keys]', `POLICY_INVALID 2:22 "keys" holds no keys ${folderHint}`, { 'keys/README.md': 'x' }],
    ['[e.pub]', `EXAMPLE_KEY 2:22 e.pub is a sample key of Signet: ${sample}`, { 'e.pub': example }],
    [JSON.stringify([example]), `EXAMPLE_KEY 2:22 the key is a sample key of Signet: ${sample}`],
    [`[{ jwk: ${jwkOf(example)} }]`, `EXAMPLE_KEY 2:22 the JWK is a sample key of Signet: ${sample}`],
  ])('%s', async (keys, fault, files = {}) => {
    expect(await problemsOf(withKeys(keys), { files })).toEqual([`error ${fault}`]);
  });

  it.each([
    ['a private key', privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), /k\.pub: .*private/],
    ['a certificate', certificate, /k\.pub: .*certificate.* \[take the key out of it: openssl x509 -pubkey -noout\]$/],
    ['a weak key', weakRsa(), /k\.pub: an RSA key of 1024 bits: at least 2048 are needed$/],
    ['half a file', a.slice(0, 60), /k\.pub: the PEM block "PUBLIC KEY" has no end: the file is truncated$/],
  ])('%s', async (_what, text, fault) => {
    expect(await problemsOf(withKeys('[k.pub]'), { files: { 'k.pub': text } })).toEqual([expect.stringMatching(fault)]);
  });

  it('beyond the bounds: entries of a folder', async () => {
    const folder = (entries: number) =>
      Object.fromEntries(Array.from({ length: entries }, (_, n) => [`keys/${n}.txt`, '']));
    const { maxFolderEntries } = policyLimits;
    expect(
      await problemsOf(withKeys('[keys]'), { files: { 'keys/a.pub': a, ...folder(maxFolderEntries - 1) } }),
    ).toEqual([]);
    expect(await problemsOf(withKeys('[keys]'), { files: { 'keys/a.pub': a, ...folder(maxFolderEntries) } })).toEqual([
      'error POLICY_INVALID 2:22 "keys" has more than 1000 entries',
    ]);
  });

  it('beyond the bounds: files', async () => {
    const sources = Array.from({ length: 3 }, (_, s) => `  s${s}: { keys: [${named(s * 700, 700)}] }\n`).join('');
    const files = Object.fromEntries(Array.from({ length: 2_100 }, (_, n) => [`k${n}.pub`, a]));
    const errors = await errorsOf(`version: 1\ntrust:\n${sources}`, files);
    expect(errors[0]).toMatch(
      /^error POLICY_INVALID 5:\d+ the policy names more key files than are read \(2000 files, 16777216 bytes\)$/,
    );
    expect(errors).toHaveLength(policyLimits.maxProblems);
  });

  it('beyond the bounds: bytes of files, of which the reader is told how many are left', async () => {
    const asked: number[] = [];
    const big = `${a}${'#'.repeat(900_000)}\n`;
    const files = readerOf({ 'policy.yaml': withKeys(`[${named(0, 20)}]`) });
    const readFile = async (path: string, maxBytes: number): Promise<Uint8Array> => {
      if (path.endsWith('.yaml')) return files.readFile(path, maxBytes);
      asked.push(maxBytes);
      if (big.length > maxBytes) throw new TypeError(`${path} is larger than ${maxBytes} bytes`);
      return Buffer.from(big);
    };
    const { problems } = await lintPolicy('policy.yaml', { reader: { ...files, readFile }, env: {} });
    const [first] = problems.filter(({ message }) => message.includes('larger'));
    expect(first?.message).toMatch(/^k\d+\.pub is larger than \d+ bytes$/);
    expect(asked[0]).toBe(policyLimits.maxKeyBytes);
    expect(asked[1]).toBe(policyLimits.maxKeyBytes - big.length);
  });

  it('beyond the bounds: different keys', async () => {
    const sets = Array.from({ length: 21 }, () =>
      JSON.stringify({ keys: Array.from({ length: 100 }, () => JSON.parse(jwkOf(newKey()))) }),
    );
    const files = Object.fromEntries(sets.map((text, n) => [`k${n}.pub`, text]));
    expect(await errorsOf(withKeys(`[${named(0, 20)}]`), files)).toEqual([]);
    expect(await errorsOf(withKeys(`[${named(0, 21)}]`), files)).toEqual([
      expect.stringMatching(/^error POLICY_INVALID 2:\d+ the policy names more than 2000 different keys$/),
    ]);
  });

  it('beyond the bounds: keys in many sources', async () => {
    const set = JSON.stringify({ keys: Array.from({ length: 100 }, () => JSON.parse(jwkOf(newKey()))) });
    const sources = (count: number): string =>
      `version: 1\ntrust:\n${Array.from({ length: count }, (_, n) => `  s${n}: { keys: [k.pub] }\n`).join('')}`;
    expect(await errorsOf(sources(1_000), { 'k.pub': set })).toEqual([]);
    expect(await errorsOf(sources(1_001), { 'k.pub': set })).toEqual([
      'error POLICY_INVALID 1003:19 sources and refusals have more than 100000 keys',
    ]);
  });
});

function named(first: number, count: number): string {
  return Array.from({ length: count }, (_, n) => `k${first + n}.pub`).join();
}

async function errorsOf(text: string, files: Record<string, string>): Promise<readonly string[]> {
  return (await problemsOf(text, { files })).filter((line) => line.startsWith('error'));
}

function weakRsa(): string {
  return generateKeyPairSync('rsa', { modulusLength: 1024 })
    .publicKey.export({ format: 'pem', type: 'spki' })
    .toString();
}
