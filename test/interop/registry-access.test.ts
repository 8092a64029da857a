import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { hash } from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { startTestRegistry } from '../registry/client.ts';
import { itWithPeers, type PeerName } from '../support/peers.ts';
import { createTestCa } from '../support/tls.ts';
import { cosignKey } from './cosign-world.ts';
import { craneAppend, lines, orasPush, type RegistryWorld, startWorld } from './registry-world.ts';

const user = 'signet';
const password = 'correct: horse battery';

/** What each peer says to a registry that wants credentials and gets none or wrong ones. */
const refusals: readonly [PeerName, readonly string[]][] = [
  ['oras', ['repo', 'tags', '--plain-http']],
  ['crane', ['ls']],
];

async function accounts(): Promise<string> {
  return `# made by a test\n${user}:${await hash(password, 4)}\n`;
}

/** Credentials as docker writes them: oras, crane and cosign read them there. */
function logIn({ folder, host }: RegistryWorld, secret = password): void {
  const auth = Buffer.from(`${user}:${secret}`).toString('base64');
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
}

/** cosign signs in its older form and verifies, with flags of the connection. */
async function cosignRound(world: RegistryWorld, image: string, ...more: readonly string[]): Promise<void> {
  const key = await cosignKey(world.folder, 'p256', 'ours');
  const form = ['--tlog-upload=false', '--use-signing-config=false', '--new-bundle-format=false'];
  await world.ok('cosign', 'sign', '-y', '--key', key.privateFile, ...form, ...more, image);
  await world.ok('cosign', 'verify', '--insecure-ignore-tlog', '--key', key.publicFile, ...more, image);
}

describe.each([
  ['htpasswd', {}],
  ['the token endpoint', { token: {} }],
] as const)('%s', (_name, access) => {
  itWithPeers(['oras', 'crane'], 'is what oras and crane log in to, push, mount and list with', async () => {
    const world = await startWorld({ auth: { htpasswd: await accounts() }, ...access });
    const { host, ok } = world;
    const image = `${host}/team/app:v1`;
    for (const login of [() => {}, () => logIn(world, 'wrong')]) {
      login();
      for (const [program, args] of refusals) {
        const refused = await world.run(program, ...args, `${host}/team/app`);
        expect([refused.code, refused.stderr]).toEqual([
          1,
          expect.stringMatching(/unauthorized|UNAUTHORIZED|401|credential/),
        ]);
      }
    }
    logIn(world);
    const digest = await orasPush(world, image);
    await ok('crane', 'copy', image, `${host}/team/copy:v1`);
    expect(await ok('crane', 'digest', `${host}/team/copy:v1`)).toBe(digest);
    expect(lines(await ok('crane', 'catalog', host))).toEqual(['team/app', 'team/copy']);
    expect(lines(await ok('oras', 'repo', 'ls', '--plain-http', host))).toEqual(['team/app', 'team/copy']);
    await ok('oras', 'manifest', 'delete', '--plain-http', '--force', image);
    expect((await world.run('crane', 'digest', image)).stderr).toContain('MANIFEST_UNKNOWN');
    const token = world.requests.some(({ path, status }) => path === '/token' && status === 200);
    expect(token).toBe('token' in access);
  });

  itWithPeers(['oras'], 'is what oras login accepts, and refuses with another password', async () => {
    const world = await startWorld({ auth: { htpasswd: await accounts() }, ...access });
    const args = ['login', '--plain-http', '-u', user, world.host, '-p'];
    expect((await world.run('oras', ...args, 'wrong')).code).toBe(1);
    await world.ok('oras', ...args, password);
    await orasPush(world, `${world.host}/app:v1`);
  });

  itWithPeers(['crane', 'cosign'], 'is what cosign signs and verifies through', async () => {
    const world = await startWorld({ auth: { htpasswd: await accounts() }, ...access });
    logIn(world);
    const digest = await craneAppend(world, `${world.host}/team/app:v1`);
    await cosignRound(world, `${world.host}/team/app@${digest}`);
  });

  itWithPeers(['crane'], 'lets anybody read where that is allowed, and nobody push', async () => {
    const auth = { htpasswd: await accounts(), allowAnonymousRead: true };
    const world = await startWorld({ auth, ...access });
    const image = `${world.host}/team/app:v1`;
    logIn(world);
    const digest = await craneAppend(world, image);
    writeFileSync(join(world.folder, 'config.json'), '{}');
    expect(await world.ok('crane', 'digest', image)).toBe(digest);
    expect((await world.run('crane', 'tag', image, 'v2')).stderr).toMatch(/UNAUTHORIZED|401/);
  });
});

describe('TLS', () => {
  itWithPeers(['oras', 'crane', 'cosign'], 'with accounts and tokens: oras, crane and cosign by their CA', async () => {
    const ca = await createTestCa();
    const { cert, key } = await ca.issue();
    const auth = { htpasswd: await accounts() };
    const env = { SSL_CERT_FILE: ca.caFile };
    const world = await startWorld({ auth, token: {}, tls: { cert, key }, env });
    logIn(world);
    const file = world.file('a.txt', 'over TLS');
    await world.ok('oras', 'push', `${world.host}/team/app:v1`, `${file}:text/plain`);
    const digest = await world.ok('oras', 'resolve', '--ca-file', ca.caFile, `${world.host}/team/app:v1`);
    await cosignRound(world, `${world.host}/team/app@${digest}`, '--registry-cacert', ca.caFile);
    expect(await world.ok('crane', 'digest', `${world.host}/team/app:v1`)).toBe(digest);
    await ca.remove();
  });

  itWithPeers(['oras'], 'is refused by oras when the CA is not told', async () => {
    const ca = await createTestCa();
    const { cert, key } = await ca.issue();
    const world = await startWorld({ tls: { cert, key } });
    const refused = await world.run('oras', 'repo', 'tags', `${world.host}/team/app`);
    expect(refused.stderr).toContain('certificate');
    await ca.remove();
  });

  it('TLS 1.1 is refused, 1.2 and 1.3 are not', async () => {
    const ca = await createTestCa();
    const { cert, key } = await ca.issue();
    const { client } = await startWorld({ tls: { cert, key } });
    const { port } = client.registry;
    const handshake = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string | null> => {
      const options = { port, host: '127.0.0.1', ca: ca.ca, minVersion: version, maxVersion: version } as const;
      return new Promise((resolve, reject) => {
        const socket = connectTls({ ...options, ciphers: 'DEFAULT@SECLEVEL=0' }, () => {
          resolve(socket.getProtocol());
          socket.destroy();
        });
        socket.once('error', reject);
      });
    };
    expect(await handshake('TLSv1.2')).toBe('TLSv1.2');
    expect(await handshake('TLSv1.3')).toBe('TLSv1.3');
    await expect(handshake('TLSv1.1')).rejects.toThrow();
    await ca.remove();
  });
});

describe('the plain port', () => {
  it('answers a TLS ClientHello with 400 without waiting for a time-out', async () => {
    const hour = 3_600_000;
    const { registry } = await startTestRegistry({ limits: { headersMs: hour, idleMs: hour } });
    const socket = connect(registry.port, '127.0.0.1');
    socket.write(await clientHello());
    let answer = '';
    for await (const piece of socket) answer += String(piece);
    expect(answer.split('\r\n')[0]).toBe('HTTP/1.1 400 Bad Request');
  });
});

/** The first bytes that a TLS client sends. */
async function clientHello(): Promise<Buffer> {
  const [ours, theirs] = duplexPair();
  const client = connectTls({ socket: theirs, servername: 'example.com' });
  client.on('error', () => {}); // nobody answers it
  const [hello] = await once(ours, 'data');
  client.destroy();
  return hello as Buffer;
}
