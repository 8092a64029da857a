import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MEDIA_TYPE_MANIFEST } from '@signet/oci';
import { hashSync } from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createProxiedWorld, type ProxiedWorld, type StartedProxy, startProxyProcess } from '../interop/proxy-world.ts';
import { memoryOf, pullBig, pushBig } from '../registry/big-blob.ts';
import { signet, signetProgram, startSignet } from '../support/cli.ts';
import { startProcess } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { createTestCa, type TestCa } from '../support/tls.ts';
import { signReference, text } from './cli-world.ts';

let world: ProxiedWorld;
let ca: TestCa;
const started: StartedProxy[] = [];

beforeAll(async () => {
  [world, ca] = await Promise.all([createProxiedWorld(), createTestCa()]);
}, 60_000);
afterAll(async () => {
  await Promise.all(started.map((proxy) => proxy.stop()));
  await world.server.stop();
  await ca.remove();
});

async function proxyWith(...args: readonly string[]): Promise<StartedProxy> {
  const proxy = await startProxyProcess(world.policy, ['--upstream', `http://${world.host}`, ...args]);
  started.push(proxy);
  return proxy;
}

const statusOf = async ({ at }: StartedProxy, path: string, headers: Record<string, string> = {}): Promise<number> => {
  const response = await fetch(`http://${at}${path}`, { headers });
  await response.arrayBuffer();
  return response.status;
};

describe('signet proxy serve', () => {
  it('gives what the policy lets pass; SIGTERM ends it with 0, at once', async () => {
    const proxy = await proxyWith();
    expect(await statusOf(proxy, '/v2/app/manifests/1')).toBe(200);
    expect(await statusOf(proxy, '/v2/plain/manifests/1')).toBe(403);
    expect(proxy.output()).toContain('"reason":"127.0.0.1');
    const ended = new Promise((resolve) => proxy.child.once('exit', (code) => resolve(code)));
    await proxy.stop('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('tells its address as JSON', async () => {
    const args = ['proxy', 'serve', '--port', '0', '--policy', world.policy, '--upstream', `x=http://${world.host}`];
    const proxy = await startSignet([...args, '--output', 'json'], { ready: /^(\{.*\})$/m });
    expect(JSON.parse(proxy.match[1] ?? '')).toMatchObject({
      url: expect.stringMatching(/^http:/),
      upstreams: [world.host],
    });
    await proxy.stop();
  });

  it('takes a changed policy into use, and keeps the one before when the new one is broken', async () => {
    const before = text(world.policy);
    const policy = join(world.dir, 'changing.yaml');
    writeFileSync(policy, before);
    const proxy = await startProxyProcess(policy, ['--upstream', `http://${world.host}`, '--reload', '100ms']);
    started.push(proxy);
    expect(await statusOf(proxy, '/v2/plain/manifests/1')).toBe(403);
    writeFileSync(policy, before.replace('require: { any: [team] }', 'require: { any: [team] }\n    mode: warn'));
    await vi.waitFor(async () => expect(await statusOf(proxy, '/v2/plain/manifests/1')).toBe(200), { timeout: 10_000 });
    writeFileSync(policy, 'version: 1\nrules: [');
    await vi.waitFor(() => expect(proxy.output()).toContain('policy is broken'), { timeout: 10_000 });
    expect(await statusOf(proxy, '/v2/plain/manifests/1')).toBe(200);
    writeFileSync(policy, before);
    await vi.waitFor(async () => expect(await statusOf(proxy, '/v2/plain/manifests/1')).toBe(403), { timeout: 10_000 });
  });

  it('asks for accounts, and takes up those that change', async () => {
    const file = join(tempDir(), 'htpasswd');
    writeFileSync(file, `alice:${hashSync('secret-of-alice', 4)}\n`);
    const proxy = await proxyWith('--htpasswd', file, '--reload', '100ms', '--log-level', 'debug');
    const as = (account: string) => ({ authorization: `Basic ${Buffer.from(account).toString('base64')}` });
    expect(await statusOf(proxy, '/v2/app/manifests/1')).toBe(401);
    expect(await statusOf(proxy, '/v2/app/manifests/1', as('alice:secret-of-alice'))).toBe(200);
    const next = `${file}.new`;
    writeFileSync(next, `bob:${hashSync('secret-of-bob', 4)}\n`);
    renameSync(next, file);
    const asBob = () => statusOf(proxy, '/v2/app/manifests/1', as('bob:secret-of-bob'));
    await vi.waitFor(async () => expect(await asBob()).toBe(200), { timeout: 10_000 });
    expect(await statusOf(proxy, '/v2/app/manifests/1', as('alice:secret-of-alice'))).toBe(401);
    expect(proxy.output()).not.toMatch(/secret-of|\$2[aby]\$|authorization/i);
  });

  it('keeps a cache through a kill; what is in it is given only once its manifest passed, and by one process at a time', async () => {
    const cache = join(tempDir(), 'cache');
    const proxy = await proxyWith('--cache', cache, '--cache-size', '10MiB');
    const { digest } = await layerOf(proxy);
    expect(await statusOf(proxy, `/v2/app/blobs/${digest}`)).toBe(200);
    const file = join(cache, 'content/blobs/sha256', digest.slice('sha256:'.length));
    expect(existsSync(file)).toBe(true);
    await proxy.stop('SIGKILL');
    writeFileSync(join(cache, 'unfinished/half'), 'half');
    const again = await proxyWith('--cache', cache, '--cache-size', '10MiB');
    expect(readdirSync(join(cache, 'unfinished'))).toEqual([]);
    expect(await statusOf(again, `/v2/app/blobs/${digest}`)).toBe(403);
    await layerOf(again);
    expect(await statusOf(again, `/v2/app/blobs/${digest}`)).toBe(200);
    expect(await metric(again, 'signet_proxy_blobs_total{from="cache"}')).toBe('1');
    const busy = await signet([
      'proxy',
      'serve',
      '--policy',
      world.policy,
      '--upstream',
      'https://r.example',
      '--cache',
      cache,
    ]);
    expect(busy).toMatchObject({ code: 2, stderr: expect.stringContaining('in use by process') });
  });

  async function layerOf({ at }: StartedProxy): Promise<{ readonly digest: string }> {
    const response = await fetch(`http://${at}/v2/app/manifests/1`);
    const { layers } = (await response.json()) as { readonly layers: readonly { readonly digest: string }[] };
    return { digest: layers[0]?.digest ?? '' };
  }

  async function metric({ at }: StartedProxy, name: string): Promise<string | undefined> {
    const all = await (await fetch(`http://${at}/metrics`)).text();
    return all
      .split('\n')
      .find((line) => line.startsWith(name))
      ?.split(' ')[1];
  }

  it('goes on without its cache where the disk is full', async () => {
    const cache = join(tempDir(), 'cache');
    const args = ['proxy', 'serve', '--port', '0', '--policy', world.policy, '--upstream', `http://${world.host}`];
    // No file may get larger than 512 bytes: what a full disk is to a program.
    const proxy = await startProcess(
      'sh',
      ['-c', 'ulimit -f 1; exec "$@"', 'sh', process.execPath, signetProgram, ...args, '--cache', cache],
      {
        ready: /signet proxy serves http:\/\/(\S+)/,
        env: { NODE_COMPILE_CACHE: undefined, XDG_CACHE_HOME: tempDir() },
      },
    );
    const at = { at: proxy.match[1] ?? '', ...proxy };
    const digest = await pushSigned('large', 3);
    expect(await statusOf(at, '/v2/big/manifests/large')).toBe(200);
    expect(await pullBig(`http://${at.at}`, digest)).toBe(digest);
    expect(proxy.output()).toContain('the cache failed');
    expect(readdirSync(join(cache, 'unfinished'))).toEqual([]);
    await proxy.stop();
  });

  it('passes a large blob in constant memory', async () => {
    const proxy = await proxyWith();
    const pid = proxy.child.pid ?? 0;
    const [small, large] = [await pushSigned('small', 8), await pushSigned('large', 128)];
    for (const tag of ['small', 'large']) expect(await statusOf(proxy, `/v2/big/manifests/${tag}`)).toBe(200);
    expect(await pullBig(`http://${proxy.at}`, small)).toBe(small);
    const before = memoryOf(pid, 'VmHWM');
    expect(await pullBig(`http://${proxy.at}`, large)).toBe(large);
    expect(memoryOf(pid, 'VmHWM') - before).toBeLessThan(100);
  });

  /** An image with one layer of so many MiB, in `big`, signed; the digest of its layer. */
  async function pushSigned(tag: string, mebibytes: number): Promise<string> {
    const url = `http://${world.host}`;
    const digest = await pushBig(url, mebibytes);
    const layer = { mediaType: 'application/octet-stream', digest, size: mebibytes * 1024 * 1024 };
    const body = JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE_MANIFEST, config: layer, layers: [layer] });
    const headers = { 'content-type': MEDIA_TYPE_MANIFEST };
    const put = await fetch(`${url}/v2/big/manifests/${tag}`, { method: 'PUT', headers, body });
    expect(put.status).toBe(201);
    await signReference(`${world.host}/big:${tag}`, world.key);
    return digest;
  }

  it('serves HTTPS', async () => {
    const { certFile, keyFile } = await ca.issue();
    const proxy = await proxyWith('--tls-cert', certFile, '--tls-key', keyFile);
    const done = await signet(['copy', '--ca-file', ca.caFile, `${proxy.at}/app:1`, `oci:${tempDir()}/out:1`]);
    expect(done).toMatchObject({ code: 0 });
  });
});

describe('signet proxy serve does not start', () => {
  const upstream = ['--upstream', 'https://r.example'];

  it.each([
    ['without an upstream', [], /--upstream/],
    ['with an address that is none', ['--upstream', 'r.example'], /https:\/\/HOST/],
    ['with a password in it', ['--upstream', 'https://u:hidden@r.example'], /signet login/],
    ['with two without a name', [...upstream, '--upstream', 'https://s.example'], /NAME=URL/],
    ['with --plain-http', [...upstream, '--plain-http'], /http:\/\/ in --upstream/],
    ['by plain HTTP on other addresses', [...upstream, '--host', '0.0.0.0'], /give a certificate/],
    ['with half a certificate', [...upstream, '--tls-cert', 'x.pem'], /belong together/],
    ['with tokens and no accounts', [...upstream, '--token'], /accounts/],
    ['with accounts that are none', [...upstream, '--htpasswd', 'k.pub'], /bcrypt/],
    ['with a file that is not there', [...upstream, '--htpasswd', 'nowhere'], /nowhere/],
    ['with a size that is none', [...upstream, '--cache', 'c', '--cache-size', '10 GB'], /512MiB/],
    ['with a folder that holds other things', [...upstream, '--cache', '.'], /something else/],
    ['without a policy', [...upstream, '--policy', 'nowhere.yaml'], /nowhere/],
  ])('%s', async (_what, args, why) => {
    const done = await signet(['proxy', 'serve', '--port', '0', '--policy', world.policy, ...args], { cwd: world.dir });
    expect(done.code).toBe(2);
    expect(done.stderr).toMatch(why);
    expect(done.stderr).not.toContain('hidden');
    expect(readFileSync(world.policy, 'utf8')).toContain('version: 1');
  });
});
