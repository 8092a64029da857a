import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createRegistryClient } from '@signet/oci';
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest';
import { extendedKeyUsage, keyUsage, oids } from '../support/certificate-der.ts';
import { type CertificateRequest, type MadeCertificate, makeCertificate } from '../support/certificates.ts';
import { signet } from '../support/cli.ts';
import type { TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { createNotationUser, type NotationUser } from '../support/notation.ts';
import { opensslCrl, writeIndex } from '../support/openssl-responder.ts';
import { startTsa, type TsaOptions, type TsaServer } from '../support/openssl-tsa.ts';
import { havePeers, itWithPeers } from '../support/peers.ts';
import { installTestPlugin, writePluginKey } from '../support/plugins/install.ts';
import type { RunResult } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { makeToken, type TokenInfo, type TokenRequest } from '../support/timestamp-token.ts';
import { compareWithNotation, type SignedCase, type Verification } from './notary-comparison.ts';
import { pushRunnable } from './policy-world.ts';

const peers = ['notation'] as const;
const stampName = 'io.cncf.notary.timestampSignature';
const prefix = 'io.cncf.notary';
const day = 86_400_000;
const now = Date.now();

const root = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=root' });
const tsaRoot = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=tsa root' });
const stranger = makeCertificate({ profile: 'ca', subject: 'C=US,ST=WA,O=Acme,CN=stranger' });
const tsaOf = (request: CertificateRequest = {}): MadeCertificate =>
  makeCertificate({ profile: 'tsa', subject: 'C=US,ST=WA,O=Acme,CN=tsa', issuer: tsaRoot, ...request });
const tsa = tsaOf();
const signer = (request: CertificateRequest = {}): MadeCertificate =>
  makeCertificate({ subject: 'C=US,ST=WA,O=Acme,CN=signer', issuer: root, ...request });

let registry: TestRegistry;
let user: NotationUser;
let lists: Server;
let listUrl = '';
const client = createRegistryClient();

beforeAll(async () => {
  if (!havePeers(peers)) return;
  registry = await startEmbeddedRegistry();
  user = await createNotationUser([]);
  const dir = tempDir();
  const revoked = await opensslCrl(dir, {
    index: writeIndex(dir, [{ serial: '4711', status: 'revoked' }]),
    issuer: tsaRoot,
    validSeconds: 3600,
  });
  const bytes = readFileSync(revoked);
  lists = createServer((_, response) => void response.end(bytes));
  await new Promise<void>((resolve) => void lists.listen(0, '127.0.0.1', resolve));
  listUrl = `http://127.0.0.1:${(lists.address() as AddressInfo).port}/tsa.crl`;
  for (const [kind, certificate] of [
    ['ca', root],
    ['signingAuthority', root],
    ['tsa', tsaRoot],
  ] as const) {
    const store = join(user.configHome, 'notation/truststore/x509', kind, 'acme');
    mkdirSync(store, { recursive: true });
    writeFileSync(join(store, 'root.crt'), certificate.pem);
  }
});
afterAll(async () => {
  lists?.close();
  await client.close();
  await registry?.stop();
});

const trust = {
  trustStores: ['ca:acme', 'signingAuthority:acme', 'tsa:acme'],
  trustedIdentities: ['x509.subject:C=US,ST=WA,O=Acme'],
};

const levels: Readonly<Record<string, Verification>> = {
  strict: { level: 'strict' },
  'strict-once-expired': { level: 'strict', verifyTimestamp: 'afterCertExpiry' },
  permissive: { level: 'permissive' },
  'strict-but-time': { level: 'strict', override: { authenticTimestamp: 'log' } },
  'permissive-enforcing': { level: 'permissive', override: { authenticTimestamp: 'enforce' } },
  'strict-without-revocation': { level: 'strict', override: { revocation: 'skip' } },
};

/** A signature with a time stamp, made after it. */
function stamped(
  chain: readonly MadeCertificate[],
  stamp: Partial<TokenRequest> | ((signature: Uint8Array) => Uint8Array) = {},
): SignedCase {
  const change = (bytes: Uint8Array): Uint8Array => {
    const envelope = JSON.parse(Buffer.from(bytes).toString('utf8'));
    const signature = Buffer.from(envelope.signature, 'base64url');
    const token =
      typeof stamp === 'function'
        ? stamp(signature)
        : makeToken({
            signer: tsa,
            signature,
            timeMs: now - day,
            certificates: [stamp.signer ?? tsa, tsaRoot],
            ...stamp,
          });
    const header = { ...envelope.header, [stampName]: Buffer.from(token).toString('base64') };
    return Buffer.from(JSON.stringify({ ...envelope, header }));
  };
  return { chain, change };
}

function cases(): Readonly<Record<string, SignedCase>> {
  const chain = [signer(), root];
  const ended = [signer({ fromMs: now - 30 * day, toMs: now - 2 * day }), root];
  const toCome = [signer({ fromMs: now + day, toMs: now + 30 * day }), root];
  const revocable = (serial: bigint): MadeCertificate => tsaOf({ serial, crlUrls: [listUrl] });
  const seconds = (value: number) => ({
    info: (info: TokenInfo) => ({ ...info, accuracy: Buffer.from([0x30, 0x03, 0x02, 0x01, value]) }),
  });
  return {
    'no time stamp': { chain },
    'a time stamp': stamped(chain),
    'a time stamp without its root': stamped(chain, { certificates: [tsa] }),
    'a time stamp about something else': stamped(chain, { signature: Buffer.from('other') }),
    'a time stamp by a stranger': stamped(chain, (signature) => {
      const other = makeCertificate({ profile: 'tsa', subject: 'CN=o', issuer: stranger });
      return makeToken({ signer: other, signature, certificates: [other, stranger] });
    }),
    'a time stamp that is none': stamped(chain, () => Buffer.from('no DER')),
    'ended, no time stamp': { chain: ended },
    'ended, a time stamp of while it was valid': stamped(ended, { timeMs: now - 5 * day }),
    'ended, a time stamp of after its end': stamped(ended, { timeMs: now - day }),
    'ended, a time stamp of before it began': stamped(ended, { timeMs: now - 40 * day }),
    'ended, a time stamp that is exact enough': stamped(ended, { timeMs: now - 2 * day - 60_000, ...seconds(30) }),
    'ended, a time stamp that is not exact enough': stamped(ended, { timeMs: now - 2 * day - 60_000, ...seconds(90) }),
    'ended, a time stamp by a stranger': stamped(ended, (signature) => {
      const other = makeCertificate({ profile: 'tsa', subject: 'CN=o', issuer: stranger });
      return makeToken({ signer: other, signature, timeMs: now - 5 * day, certificates: [other, stranger] });
    }),
    'to come, a time stamp': stamped(toCome),
    'an authority of time that had ended': stamped(chain, { signer: tsaOf({ toMs: now - 5 * day }) }),
    'an authority of time that has ended since': stamped(chain, { signer: tsaOf({ toMs: now - 3_600_000 }) }),
    'an authority of time for more': stamped(chain, {
      signer: tsaOf({ extensions: [extendedKeyUsage([oids.timeStamping, oids.codeSigning], true)] }),
    }),
    'an authority of time, not critically': stamped(chain, {
      signer: tsaOf({ extensions: [extendedKeyUsage([oids.timeStamping], false)] }),
    }),
    'an authority of time that may encipher': stamped(chain, {
      signer: tsaOf({ extensions: [keyUsage(['digitalSignature', 'keyEncipherment'])] }),
    }),
    'an authority of time that is not revoked': stamped(chain, { signer: revocable(0x4712n) }),
    'an authority of time that is revoked': stamped(chain, { signer: revocable(0x4711n) }),
    'an authority of time of which nobody says': stamped(chain, {
      signer: tsaOf({ ocspUrls: ['http://127.0.0.1:1'] }),
    }),
    'by a signing authority, no time stamp': {
      chain,
      attributes: {
        [`${prefix}.signingScheme`]: 'notary.x509.signingAuthority',
        [`${prefix}.authenticSigningTime`]: `${new Date(now - day).toISOString().slice(0, 19)}Z`,
        [`${prefix}.signingTime`]: undefined,
      },
      critical: [`${prefix}.authenticSigningTime`],
    },
  };
}

describe('time stamps', () => {
  itWithPeers(
    peers,
    'every level and every time stamp: Signet admits what notation admits',
    async () => {
      const { ours, theirs, reports } = await compareWithNotation({ registry, user, levels, cases: cases(), trust });
      expect(ours).toEqual(theirs);
      expect(ours.filter((line) => line.endsWith('admitted')).length).toBeGreaterThan(ours.length / 3);
      expect(ours.filter((line) => line.endsWith('refused')).length).toBeGreaterThan(ours.length / 4);
      const verdict = (name: string): string | undefined => reports.get(`strict, ${name}`)?.verdict;
      expect(verdict('an authority of time of which nobody says')).toBe('undecided');
      expect(verdict('an authority of time that is revoked')).toBe('denied');
    },
    300_000,
  );
});

async function tsaServer(
  options: Partial<TsaOptions> = {},
  ...more: [Parameters<typeof startTsa>[1]?]
): Promise<TsaServer> {
  const server = await startTsa({ signer: tsa, others: [tsaRoot], ...options }, ...more);
  onTestFinished(() => server.close());
  return server;
}

describe('signing with a time stamp', () => {
  const own = signer({ key: 'ec-256' });
  const rsa = signer({ key: 'rsa-2048' });
  let rootFile = '';
  let count = 0;

  async function image(): Promise<string> {
    count += 1;
    return `${registry.host}/stamped/app@${await pushRunnable(client, registry.host, `stamped/app:${count}`)}`;
  }

  function files(by: MadeCertificate): readonly string[] {
    const dir = tempDir();
    writeFileSync(join(dir, 'key.pem'), by.keyPem);
    writeFileSync(join(dir, 'chain.pem'), by.pem + root.pem);
    return ['--key', join(dir, 'key.pem'), '--cert', join(dir, 'chain.pem')];
  }

  const sign = (reference: string, ...more: readonly string[]): Promise<RunResult> =>
    signet(['sign', '--format', 'notary', ...files(own), ...more, reference], { env: user.env });

  beforeAll(() => {
    if (!havePeers(peers)) return;
    rootFile = join(tempDir(), 'tsa-root.pem');
    writeFileSync(rootFile, tsaRoot.pem);
    const statement = { name: 'all', registryScopes: ['*'], signatureVerification: { level: 'strict' }, ...trust };
    const text = JSON.stringify({ version: '1.0', trustPolicies: [statement] });
    writeFileSync(join(user.configHome, 'notation/trustpolicy.json'), text);
  });

  const ourAnswer = (reference: string): Promise<RunResult> =>
    signet(['verify', '--policy', 'notation', reference], { env: user.env });
  const theirAnswer = (reference: string): Promise<RunResult> => user.run('verify', '--insecure-registry', reference);

  itWithPeers(
    peers,
    'what each stamps both verify, as JWS and COSE, and without a stamp neither',
    async () => {
      const { url, asked } = await tsaServer();
      for (const by of [own, rsa]) {
        const [, key = '', , cert = ''] = files(by);
        const listed = { name: 'stamping', keyPath: key, certPath: cert };
        writeFileSync(
          join(user.configHome, 'notation/signingkeys.json'),
          JSON.stringify({ default: 'stamping', keys: [listed] }),
        );
        for (const form of ['jws', 'cose']) {
          const ours = await image();
          const how = ['--key-name', 'stamping', '--envelope', form, '--tsa', url, '--tsa-root', rootFile];
          const done = await signet(['sign', '--format', 'notary', ...how, ours], { env: user.env });
          expect(done).toMatchObject({ code: 0, stderr: '' });
          expect([(await theirAnswer(ours)).code, (await ourAnswer(ours)).code]).toEqual([0, 0]);
          const theirs = await image();
          const stamping = ['--timestamp-url', url, '--timestamp-root-cert', rootFile];
          await user.runOk('sign', '--insecure-registry', '--signature-format', form, ...stamping, theirs);
          expect([(await theirAnswer(theirs)).code, (await ourAnswer(theirs)).code]).toEqual([0, 0]);
        }
      }
      expect(asked.length).toBe(8);
      const bare = await image();
      expect(await sign(bare)).toMatchObject({ code: 0 });
      expect((await theirAnswer(bare)).code).toBe(1);
      expect(await ourAnswer(bare)).toMatchObject({ code: 1, stdout: expect.stringContaining('no time stamp') });
    },
    120_000,
  );

  itWithPeers(
    peers,
    'fails where the authority gives none that counts, and nothing is stored',
    async () => {
      const reference = await image();
      const other = join(tempDir(), 'other.pem');
      writeFileSync(other, stranger.pem);
      const good = await tsaServer();
      const dead = 'http://127.0.0.1:1/';
      const nonces: Uint8Array[] = [];
      const replaying = await tsaServer({}, (reply) => {
        nonces.push(reply);
        return nonces[0];
      });
      const broken = await tsaServer({}, (_, response) => void response.writeHead(503).end());
      const large = await tsaServer({}, () => Buffer.alloc(300 * 1024));
      const nonsense = await tsaServer({}, () => Buffer.from('<html>'));
      const refusing = await tsaServer({ more: ['digests = sha512'] });
      const weak = await tsaServer({ nameDigest: 'sha1' });
      const withdrawn = await tsaServer({ signer: tsaOf({ serial: 0x4711n, crlUrls: [listUrl] }) });
      const silent = await tsaServer({ signer: tsaOf({ ocspUrls: [dead] }) });
      await sign(await image(), '--tsa', replaying.url, '--tsa-root', rootFile);
      for (const [url, file, why] of [
        [good.url, other, 'no authority that is trusted'],
        [dead, rootFile, 'ECONNREFUSED'],
        [replaying.url, rootFile, 'not about this signature'],
        [broken.url, rootFile, 'status 503'],
        [large.url, rootFile, 'more than'],
        [nonsense.url, rootFile, 'of no use'],
        [refusing.url, rootFile, 'it does not know the hash'],
        [weak.url, rootFile, 'signing-certificate-v2'],
        [withdrawn.url, rootFile, 'its certificate is revoked'],
        [silent.url, rootFile, 'its certificate is unknown'],
      ] as const) {
        const done = await sign(reference, '--tsa', url, '--tsa-root', file);
        expect(done, why).toMatchObject({
          code: 3,
          stdout: '',
          stderr: expect.stringContaining('error[TIMESTAMP_FAILED]'),
        });
        expect(done.stderr).toContain(why);
      }
      expect((await signet(['inspect', reference], { env: user.env })).stdout).toContain('no signature is attached');
    },
    120_000,
  );

  itWithPeers(peers, 'is told how to be called', async () => {
    const reference = await image();
    const leafFile = join(tempDir(), 'leaf.pem');
    writeFileSync(leafFile, own.pem);
    const keyFile = files(own)[1] ?? '';
    for (const [args, why] of [
      [['--tsa', 'http://127.0.0.1:1'], 'belong together'],
      [['--tsa-root', rootFile], 'belong together'],
      [['--tsa', 'ftp://127.0.0.1:1', '--tsa-root', rootFile], 'begins with http'],
      [['--tsa', 'http://user:pw@127.0.0.1:1', '--tsa-root', rootFile], 'without a password'],
      [['--tsa', 'http://127.0.0.1:1', '--tsa-root', leafFile], 'is no root'],
      [['--tsa', 'http://127.0.0.1:1', '--tsa-root', keyFile], 'CERTIFICATES_UNFIT'],
      [['--tsa', 'http://127.0.0.1:1', '--tsa-root', '/nowhere'], 'FILE_UNREADABLE'],
    ] as const)
      expect(await sign(reference, ...args), args.join(' ')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(why),
      });
    const bundle = ['sign', '--key', keyFile, '--tsa', 'http://127.0.0.1:1', '--tsa-root', rootFile, reference];
    expect(await signet(bundle)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--tsa is for --format notary'),
    });
  });

  itWithPeers(
    peers,
    'also where a plugin signs; one that makes whole envelopes would have to do it itself',
    async () => {
      const folder = join(user.configHome, 'notation');
      for (const name of ['raw', 'envelope'] as const) installTestPlugin(folder, { name, kind: name });
      const key = writePluginKey(join(folder, 'localkeys'), 'ec-256', 'stamped');
      writeFileSync(join(folder, 'truststore/x509/ca/acme/plugin.crt'), key.rootPem);
      const { url } = await tsaServer();
      const config = Object.entries(key.config).flatMap(([name, value]) => ['--plugin-config', `${name}=${value}`]);
      const by = (plugin: string, reference: string): Promise<RunResult> =>
        signet(
          [
            'sign',
            '--format',
            'notary',
            '--plugin',
            plugin,
            '--id',
            'k',
            ...config,
            '--tsa',
            url,
            '--tsa-root',
            rootFile,
            reference,
          ],
          { env: user.env },
        );
      const raw = await image();
      expect(await by('raw', raw)).toMatchObject({ code: 0, stderr: '' });
      const trusted = { ...trust, trustedIdentities: ['*'] };
      const statement = { name: 'all', registryScopes: ['*'], signatureVerification: { level: 'strict' }, ...trusted };
      writeFileSync(join(folder, 'trustpolicy.json'), JSON.stringify({ version: '1.0', trustPolicies: [statement] }));
      expect([(await theirAnswer(raw)).code, (await ourAnswer(raw)).code]).toEqual([0, 0]);
      expect(await by('envelope', await image())).toMatchObject({
        code: expect.any(Number),
        stderr: expect.stringContaining('a time stamp would be its affair'),
      });
    },
  );
});
