import type { X509Certificate } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createSelfSigned } from '../../packages/admission/src/index.ts';
import { signet, startSignet } from '../support/cli.ts';
import { itWithPeers, needPeer, run } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { createTestCa } from '../support/tls.ts';
import { makeKey } from './cli-world.ts';

const dir = tempDir();
let policy: string;

beforeAll(async () => {
  copyFileSync((await makeKey(join(dir, 'k'))).pub, join(dir, 'trusted.pub'));
  policy = join(dir, 'policy.yaml');
  const rule = '{ images: ["r.example/**"], require: release }';
  writeFileSync(policy, `version: 1\ntrust: { release: { keys: [trusted.pub] } }\nrules: [${rule}]\n`);
});

interface Served {
  readonly url: string;
  /** PEM, as who connects reads it from the printed caBundle. */
  readonly ca: string;
  readonly output: () => string;
  stop(): Promise<unknown>;
}

async function serve(...args: readonly string[]): Promise<Served> {
  const server = await startSignet(['serve', '--policy', policy, '--port', '0', ...args], {
    ready: /signet serves (https:\/\/\S+)[\s\S]*caBundle: (\S+)\n/,
  });
  onTestFinished(() => void server.stop());
  const [, url = '', bundle = ''] = server.match;
  return { url, ca: Buffer.from(bundle, 'base64').toString(), output: server.output, stop: server.stop };
}

/** A request by a client of TLS that trusts this CA alone, and looks for this name. */
function ask(
  { url, ca }: Pick<Served, 'url' | 'ca'>,
  { servername, path = '/readyz' }: { readonly servername?: string; readonly path?: string } = {},
): Promise<number | string> {
  return new Promise((resolve) => {
    const options = { ca, agent: false, ...(servername === undefined ? {} : { servername }) };
    const sent = request(`${url}${path}`, options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    sent.end();
  });
}

/** The certificate that the server shows. */
function shownAt({ url, ca }: Served): Promise<X509Certificate | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), ca, servername: 'signet.signet.svc' }, () => {
      resolve(socket.getPeerX509Certificate());
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

const forService = ['--self-signed', 'signet.signet.svc', '--self-signed', '127.0.0.1'];

describe('signet serve --self-signed', () => {
  it('is reached by who trusts the printed CA, under its names, and by nobody else', async () => {
    const server = await serve(...forService);
    expect(await ask(server)).toBe(200);
    expect(await ask(server, { servername: 'signet.signet.svc' })).toBe(200);
    expect(await ask(server, { servername: 'other.signet.svc' })).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    const other = await createSelfSigned({ names: ['127.0.0.1'], atMs: Date.now() });
    expect(await ask({ ...server, ca: other.ca })).toMatch(/SIGNATURE|VERIFY|ISSUER|SELF_SIGNED/);
    expect(server.output()).toMatch(/WARNING: --self-signed is for trials: .* ends on 20/);
    expect(server.output()).toContain('kept in memory alone');
    expect(server.output()).not.toContain('PRIVATE KEY');
  });

  itWithPeers(['kubectl'], "is reached by Kubernetes' own client, with the same CA and names", async () => {
    const server = await serve(...forService);
    const folder = tempDir();
    writeFileSync(join(folder, 'ca.crt'), server.ca);
    const kubectl = (...more: readonly string[]) =>
      run(needPeer('kubectl'), ['get', '--raw', '/readyz', '--server', server.url, '--token', 'none', ...more], {
        env: { KUBECONFIG: join(folder, 'none'), HOME: folder },
      });
    const ca = ['--certificate-authority', join(folder, 'ca.crt')];
    expect(await kubectl(...ca, '--tls-server-name', 'signet.signet.svc')).toMatchObject({ code: 0 });
    const other = await kubectl(...ca, '--tls-server-name', 'other.signet.svc');
    expect(other).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('certificate is valid for signet.signet.svc'),
    });
    expect(await kubectl()).toMatchObject({ code: 1, stderr: expect.stringContaining('unknown authority') });
  });

  it('prints the bundle in JSON too', async () => {
    const server = await startSignet(['serve', '--policy', policy, '--port', '0', '--output', 'json', ...forService], {
      ready: /(\{.*"caBundle".*\})\n/,
    });
    onTestFinished(() => void server.stop());
    const { urls, caBundle } = JSON.parse(server.match[1] ?? '');
    expect(await ask({ url: urls[0], ca: Buffer.from(caBundle, 'base64').toString() })).toBe(200);
  });

  it('keeps it in a folder, for this user alone, and uses it again', async () => {
    const kept = join(tempDir(), 'tls');
    const first = await serve(...forService, '--self-signed-dir', kept);
    expect(readdirSync(kept).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
    for (const name of readdirSync(kept)) expect(statSync(join(kept, name)).mode & 0o777, name).toBe(0o600);
    expect(first.output()).not.toContain('kept in memory alone');
    const shown = (await shownAt(first))?.fingerprint256;
    await first.stop();
    const second = await serve(...forService, '--self-signed-dir', kept);
    expect(second.ca).toBe(first.ca);
    expect((await shownAt(second))?.fingerprint256).toBe(shown);
    expect(await ask(first.ca === second.ca ? second : first)).toBe(200);
  });

  const spoilt: readonly (readonly [string, (kept: string) => Promise<void> | void, RegExp])[] = [
    ['for another name', () => {}, /not for other\.svc/],
    ['of which a part is gone', (kept) => rmSync(join(kept, 'ca.crt')), /some of ca\.crt/],
    ['that others may read', (kept) => chmodSync(join(kept, 'tls.key'), 0o644), /others than its owner/],
    [
      'that has ended',
      async (kept) => {
        const past = await createSelfSigned({ names: ['other.svc'], atMs: Date.now() - 100 * 86_400_000 });
        writeFileSync(join(kept, 'ca.crt'), past.ca);
        writeFileSync(join(kept, 'tls.crt'), past.cert);
        writeFileSync(join(kept, 'tls.key'), past.key);
      },
      /has ended/,
    ],
    [
      'of another authority',
      async (kept) => {
        const ca = await createTestCa();
        onTestFinished(() => ca.remove());
        writeFileSync(join(kept, 'ca.crt'), ca.ca);
      },
      /did not issue/,
    ],
  ];
  it.each(spoilt)('does not use one %s, and does not write over it', async (_what, spoil, message) => {
    const kept = join(tempDir(), 'tls');
    await (await serve(...forService, '--self-signed-dir', kept)).stop();
    await spoil(kept);
    const key = readFileSync(join(kept, 'tls.key'), 'utf8');
    const args = ['serve', '--policy', policy, '--port', '0', '--self-signed', 'other.svc', '--self-signed-dir', kept];
    expect(await signet(args)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
    expect(readFileSync(join(kept, 'tls.key'), 'utf8')).toBe(key);
  });

  it.each<readonly [readonly string[], RegExp]>([
    [['--self-signed', 'a b'], /a DNS name or an IP address is wanted/],
    [['--self-signed', '300.1.1.1'], /a DNS name or an IP address is wanted/],
    [['--self-signed', ''], /a DNS name or an IP address is wanted/],
    [['--self-signed-dir', dir], /--self-signed-dir is for --self-signed/],
    [['--self-signed', 'a.example', '--tls-cert', 'x', '--tls-key', 'y'], /one of them is wanted/],
    [['--self-signed', 'a.example', '--self-signed-dir', '/proc/none'], /cannot write \/proc\/none/],
  ])('refuses %j', async (args, message) => {
    expect(await signet(['serve', '--policy', policy, '--port', '0', ...args])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(message),
    });
    expect(existsSync('/proc/none')).toBe(false);
  });

  it('asks clients for certificates where it is told to, as with any certificate', async () => {
    const ca = await createTestCa();
    onTestFinished(() => ca.remove());
    const server = await serve(...forService, '--client-ca', ca.caFile, '--require-client-cert');
    expect(await ask(server)).toBe(200); // a health check needs none
    expect(await ask(server, { path: '/openapi.json' })).toBe(401);
  });
});
