import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { signet, startSignet } from '../support/cli.ts';
import { type ForwardProxyOptions, startForwardProxy } from '../support/forward-proxy.ts';
import { tempDir } from '../support/temp.ts';
import { createTestCa } from '../support/tls.ts';
import { type CliWorld, createCliWorld, signReference } from './cli-world.ts';

const name = 'registry.example.com';

async function worldOf(serve: readonly string[] = []): Promise<CliWorld> {
  const world = await createCliWorld(serve);
  onTestFinished(() => void world.server.stop('SIGKILL'));
  return world;
}

async function proxyOf(options: ForwardProxyOptions): ReturnType<typeof startForwardProxy> {
  const proxy = await startForwardProxy(options);
  onTestFinished(() => proxy.stop());
  return proxy;
}

// The built program has its own choice of undici's parts: that they are all there shows only here.
it('reaches a registry without TLS through HTTP_PROXY', async () => {
  const world = await worldOf();
  const image = await world.push('app:1.0');
  await signReference(image, world.key);
  const proxy = await proxyOf({ routes: { [`${name}:80`]: world.host } });
  const args = ['verify', '--key', world.pub, '--plain-http', `${name}/app:1.0`];
  const done = await signet(args, { env: { HTTP_PROXY: proxy.url, http_proxy: undefined } });
  expect(done).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^verified/) });
  expect(proxy.asks.length).toBeGreaterThan(0);
});

it('reaches a registry with TLS through HTTPS_PROXY, and keeps the password of the proxy to itself', async () => {
  const ca = await createTestCa();
  onTestFinished(() => ca.remove());
  const { certFile, keyFile } = await ca.issue({ hosts: [name] });
  const world = await serveWithTls(certFile, keyFile);
  const proxy = await proxyOf({ routes: { [`${name}:443`]: world.host }, password: 'me:proxy-secret' });
  const url = new URL(proxy.url);
  const args = ['tree', '--verbose', '--ca-file', ca.caFile, `${name}/app:1.0`];
  const asked = async (user: string): ReturnType<typeof signet> => {
    return signet(args, { env: { HTTPS_PROXY: `http://${user}@${url.host}`, https_proxy: undefined } });
  };
  const good = await asked('me:proxy-secret');
  expect(good.stderr).toMatch(/^GET https:\/\/registry\.example\.com\/v2\/app\/manifests\/1\.0 404/);
  expect(good).toMatchObject({ code: 3, stderr: expect.stringContaining('error[NOT_FOUND]') });
  const bad = await asked('me:wrong-secret');
  expect(bad).toMatchObject({ code: 3, stderr: expect.stringMatching(/error\[UNREACHABLE\].*407/) });
  expect(`${good.stderr}${bad.stderr}`).not.toMatch(/(?:proxy|wrong)-secret/);
});

async function serveWithTls(certFile: string, keyFile: string): Promise<{ readonly host: string }> {
  const root = join(tempDir(), 'registry');
  const server = await startSignet(
    ['registry', 'serve', '--port', '0', '--root', root, '--tls-cert', certFile, '--tls-key', keyFile],
    { ready: /registry: https:\/\/(\S+)/ },
  );
  onTestFinished(() => void server.stop('SIGKILL'));
  return { host: server.match[1] ?? '' };
}
