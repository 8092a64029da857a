import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTrustData, serverSource, type TrustData } from '@signet/dct';
import { type Credential, createRegistryClient } from '@signet/oci';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithEngines } from '../support/engine-host.ts';
import { type NotaryServer, startNotaryServer } from '../support/notary-server.ts';
import { needPeer } from '../support/peer-paths.ts';
import { runOk } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { createTestCa, type IssuedCertificate, type TestCa } from '../support/tls.ts';
import { startTokenServer, type TokenAsk, type TokenServer } from '../support/token-server.ts';

const gun = 'registry.example.com/team/app';
const account = 'user:password';
const [service, issuer] = ['notary', 'the token server'];

describeWithEngines('the real notary-server with the tokens of Docker', () => {
  let ca: TestCa;
  let signing: IssuedCertificate;
  let tokens: TokenServer;
  let notary: NotaryServer;

  beforeAll(async () => {
    ca = await createTestCa();
    signing = await ca.issue();
    tokens = await startTokenServer((ask) => ({ token: tokenFor(ask) }), await ca.issue());
    notary = await startNotaryServer(ca, { realm: tokens.url, service, issuer, certFile: ca.caFile });
    const config = join(tempDir(), 'notary.json');
    const settings = { trust_dir: join(tempDir(), 'trust'), remote_server: { url: notary.url, root_ca: ca.caFile } };
    writeFileSync(config, JSON.stringify(settings));
    const phrases = ['ROOT', 'TARGETS', 'SNAPSHOT', 'DELEGATION'].map((role) => [
      `NOTARY_${role}_PASSPHRASE`,
      'a long phrase',
    ]);
    const env = {
      ...Object.fromEntries(phrases),
      NOTARY_AUTH: Buffer.from(account).toString('base64'),
      SSL_CERT_FILE: ca.caFile,
    };
    await runOk(needPeer('notary'), ['-c', config, 'init', '--publish', gun], { env });
    const args = ['addhash', '--publish', gun, '1.0', '523', '--sha256', 'ab'.repeat(32)];
    await runOk(needPeer('notary'), ['-c', config, ...args], { env });
  }, 60_000);

  afterAll(async () => {
    await notary?.stop();
    await tokens?.stop();
    await ca?.remove();
  });

  /** A token for what was asked for, to who shows the account; to others one for nothing. Rule: distribution, spec/auth/jwt.md. */
  function tokenFor({ scopes, shown }: TokenAsk): string {
    const access = scopes.map((scope) => {
      const [type, ...rest] = scope.split(':');
      return { type, name: rest.slice(0, -1).join(':'), actions: rest.at(-1)?.split(',') };
    });
    const nowS = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer, sub: 'user', aud: service, nbf: nowS - 60, iat: nowS, exp: nowS + 300, jti: 'x' };
    const x5c = [new X509Certificate(signing.cert).raw.toString('base64')];
    const encoded = [
      { typ: 'JWT', alg: 'ES256', x5c },
      { ...claims, access: shown === account ? access : [] },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const key = { key: createPrivateKey(signing.key), dsaEncoding: 'ieee-p1363' } as const;
    return `${encoded}.${sign('sha256', Buffer.from(encoded), key).toString('base64url')}`;
  }

  async function readAs(credential: Credential | undefined): Promise<TrustData> {
    const client = createRegistryClient({ ca: ca.ca, credentials: { get: () => Promise.resolve(credential) } });
    try {
      return await readTrustData(serverSource(client, notary.url, gun), { gun, nowMs: Date.now() });
    } finally {
      await client.close();
    }
  }

  it('is read with the account of the registry, and one token for all files', async () => {
    const before = tokens.asks.length;
    const { tags } = await readAs({ kind: 'basic', username: 'user', password: 'password' });
    expect(tags).toMatchObject([{ tag: '1.0', digest: `sha256:${'ab'.repeat(32)}`, length: 523, role: 'targets' }]);
    expect(tokens.asks.slice(before)).toMatchObject([{ service, scopes: [`repository:${gun}:pull`], shown: account }]);
  });

  it.each([
    ['nobody', undefined],
    ['an account that may not', { kind: 'basic', username: 'other', password: 'password' } as const],
  ])('is not read by %s', async (_who, credential) => {
    await expect(readAs(credential)).rejects.toMatchObject({ name: 'RegistryError', code: 'UNAUTHORIZED' });
  });
});
