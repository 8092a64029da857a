import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signReference } from '../e2e/cli-world.ts';
import { type Containerd, startContainerd } from '../support/containerd.ts';
import { type Dockerd, startDockerd } from '../support/dockerd.ts';
import { createEngineHost, describeWithEngines, type EngineHost } from '../support/engine-host.ts';
import { type ForwardProxy, startForwardProxy } from '../support/forward-proxy.ts';
import { createTestCa, type TestCa } from '../support/tls.ts';
import {
  createProxiedWorld,
  notPulled,
  type ProxiedWorld,
  type StartedProxy,
  startProxyProcess,
} from './proxy-world.ts';

const hub = 'registry-1.docker.io';

describeWithEngines('container engines that pull through signet proxy serve', () => {
  let world: ProxiedWorld;
  let host: EngineHost;
  let ca: TestCa;
  /** Docker Hub as the proxy sees it: the world's registry behind TLS. */
  let tls: Server;
  let toHub: ForwardProxy;
  /** Where Docker itself would look for Docker Hub: nothing is there. */
  let toNowhere: ForwardProxy;
  let proxy: StartedProxy;
  let containerd: Containerd;
  let dockerd: Dockerd;

  beforeAll(async () => {
    [world, host, ca] = await Promise.all([
      createProxiedWorld('  - images: ["docker.io/**"]\n    require: { any: [team] }'),
      createEngineHost(),
      createTestCa(),
    ]);
    await signReference(await world.push('library/app:1'), world.key);
    await world.push('library/plain:1');
    const port = Number(world.host.split(':')[1]);
    tls = createServer(await ca.issue({ hosts: [hub] }), (client) => {
      const registry = connect(port, '127.0.0.1');
      client.pipe(registry).pipe(client);
      for (const socket of [client, registry]) socket.on('error', () => {});
    });
    await new Promise<void>((listening) => tls.listen(0, '127.0.0.1', listening));
    const address = tls.address();
    const at = typeof address === 'object' ? `127.0.0.1:${address?.port}` : '';
    [toHub, toNowhere] = await Promise.all([
      startForwardProxy({ routes: { [`${hub}:443`]: at } }),
      startForwardProxy({ routes: {} }),
    ]);
    const upstreams = ['--upstream', 'https://docker.io', '--upstream', `local=http://${world.host}`];
    proxy = await startProxyProcess(world.policy, [...upstreams, '--ca-file', ca.caFile], { HTTPS_PROXY: toHub.url });
    containerd = await startContainerd(host);
    const config = join(host.dir, 'daemon.json');
    writeFileSync(
      config,
      JSON.stringify({ 'registry-mirrors': [`http://${proxy.at}`], proxies: { 'https-proxy': toNowhere.url } }),
    );
    dockerd = await startDockerd(host, containerd, config);
  }, 120_000);

  afterAll(async () => {
    await dockerd?.stop();
    await containerd?.stop();
    await proxy?.stop('SIGTERM');
    await Promise.all([toHub?.stop(), toNowhere?.stop()]);
    tls?.close();
    await host?.stop();
    await ca?.remove();
    await world?.server.stop();
  });

  /** containerd's `hosts.toml` for a registry, with the proxy in place of it. */
  function mirror(registry: string): void {
    const folder = join(host.dir, 'certs.d', registry.replace(/:(\d+)$/, '_$1_'));
    mkdirSync(folder, { recursive: true });
    const server = `http://${proxy.at}`;
    writeFileSync(
      join(folder, 'hosts.toml'),
      `server = "${server}"\n[host."${server}"]\n  capabilities = ["pull", "resolve"]\n`,
    );
  }

  async function ctrPull(image: string): Promise<string> {
    const args = ['image', 'pull', '--hosts-dir', join(host.dir, 'certs.d'), '--skip-metadata', image];
    const { code, stdout, stderr } = await containerd.ctr(...args);
    return code === 0 ? 'pulled' : `${stdout}${stderr}`;
  }

  it('containerd, with the proxy as the mirror of a registry, pulls what is signed and nothing else', async () => {
    mirror(world.host);
    for (const image of ['app:1', 'multi:1', 'bound:1', `moved@${world.movedFrom}`])
      expect(await ctrPull(`${world.host}/${image}`), image).toBe('pulled');
    for (const [image] of notPulled) expect(await ctrPull(`${world.host}/${image}`), image).toMatch(/403|denied/);
    const images = (await containerd.ctr('image', 'list', '--quiet')).stdout;
    for (const [image] of notPulled) expect(images).not.toContain(`${world.host}/${image}\n`);
  });

  it('containerd, with the proxy as the mirror of Docker Hub', async () => {
    mirror('docker.io');
    expect(await ctrPull('docker.io/library/app:1')).toBe('pulled');
    expect(await ctrPull('docker.io/library/plain:1')).toMatch(/403|denied/);
  });

  it('containerd gets nothing for a registry that is not behind the proxy', async () => {
    mirror('quay.example');
    expect(await ctrPull('quay.example/library/app:1')).toMatch(/not found|404/);
  });

  it('docker, by the name of the proxy, pulls what is signed and nothing else, and shows why', async () => {
    for (const image of ['app:1', 'multi:1', 'bound:1', `moved@${world.movedFrom}`])
      expect(await dockerd.docker('pull', `${proxy.at}/local/${image}`), image).toMatchObject({ code: 0 });
    for (const [image, reason] of notPulled) {
      const { code, stderr } = await dockerd.docker('pull', `${proxy.at}/local/${image}`);
      expect(code, image).not.toBe(0);
      expect(stderr, image).toContain(reason);
    }
    const pushed = await dockerd.docker('push', `${proxy.at}/local/app:1`);
    expect(pushed.code).not.toBe(0);
    expect(pushed.stderr).toMatch(/this proxy is for pulling|405/);
    expect((await dockerd.docker('images', '--format', '{{.Repository}}:{{.Tag}}')).stdout).not.toMatch(
      /plain|foreign|refused/,
    );
  });

  it('docker, with the proxy as its mirror of Docker Hub, gets what is signed from it, and asks Docker Hub itself for the rest', async () => {
    expect(await dockerd.docker('pull', 'app:1')).toMatchObject({ code: 0 });
    expect(toNowhere.asks.filter(({ target }) => target.startsWith('registry-1'))).toEqual([]);
    expect((await dockerd.docker('pull', 'plain:1')).code).not.toBe(0);
    // A mirror closes no way: docs/proxy.md says so.
    expect(toNowhere.asks.map(({ target }) => target)).toContain(`${hub}:443`);
  });

  it('containerd that has index and manifests already gets the layers, after a restart of the proxy too', async () => {
    const image = await world.pushIndex('lazy:1');
    await signReference(image, world.key);
    mirror(world.host);
    const fetchContent = (...flags: readonly string[]) =>
      containerd.ctr('content', 'fetch', '--hosts-dir', join(host.dir, 'certs.d'), ...flags, image);
    expect(await fetchContent('--metadata-only')).toMatchObject({ code: 0 });
    await proxy.stop('SIGTERM');
    proxy = await startProxyProcess(world.policy, ['--upstream', `http://${world.host}`, '--log-level', 'debug']);
    mirror(world.host);
    expect(await fetchContent()).toMatchObject({ code: 0 });
    const asked = proxy.output();
    expect(asked).toMatch(/"endpoint":"blob","method":"GET".*"served"/);
    expect(asked).not.toMatch(/"endpoint":"manifest","method":"GET"/);
  });
});
