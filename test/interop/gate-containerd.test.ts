import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CliWorld, createCliWorld, makeKey, signReference } from '../e2e/cli-world.ts';
import { built, signetProgram, startSignet } from '../support/cli.ts';
import { type Containerd, startContainerd } from '../support/containerd.ts';
import { criPull } from '../support/cri.ts';
import { createEngineHost, describeWithEngines, type EngineHost } from '../support/engine-host.ts';
import { tempDir } from '../support/temp.ts';

describeWithEngines('the real containerd with signet gate containerd', () => {
  let world: CliWorld;
  let host: EngineHost;
  let containerd: Containerd;
  let folder: string;
  let policy: string;
  /** Signed by the trusted key, by another one, by nobody. */
  let app: string;
  let foreign: string;
  let plain: string;

  beforeAll(async () => {
    [world, host] = await Promise.all([createCliWorld(), createEngineHost()]);
    await built();
    const other = await makeKey(join(world.dir, 'other'));
    [app, foreign, plain] = await Promise.all([world.push('app:1'), world.push('foreign:1'), world.push('plain:1')]);
    await signReference(app, world.key);
    await signReference(foreign, other.key);
    policy = join(world.dir, 'policy.yaml');
    writeFileSync(
      policy,
      `version: 1\ntrust:\n  team: { keys: [k.pub] }\nrules:\n  - images: ["${world.host}/**"]\n    require: { any: [team] }\n`,
    );
    folder = join(host.dir, 'verifiers');
    mkdirSync(folder);
    install(gate());
    containerd = await startContainerd(host, config());
  }, 120_000);

  afterAll(async () => {
    await containerd?.stop();
    await host?.stop();
    await world?.server.stop();
  });

  const config = (): string =>
    `[plugins."io.containerd.image-verifier.v1.bindir"]\n  bin_dir = "${folder}"\n  per_verifier_timeout = "20s"\n`;

  const byServer = (socket: string, timeout: string): string =>
    `exec '${process.execPath}' '${signetProgram}' gate containerd --server '${socket}' --timeout ${timeout} -- "$@"`;

  const gate = (...flags: readonly string[]): string =>
    `exec '${process.execPath}' '${signetProgram}' gate containerd --policy '${policy}' --timeout 15s ${flags.join(' ')} -- "$@"`;

  function install(script: string): void {
    writeFileSync(join(folder, 'signet'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'signet'), 0o755);
  }

  async function pull(image: string): Promise<string> {
    const { code, stdout, stderr } = await containerd.ctr('image', 'pull', '--plain-http', '--skip-metadata', image);
    return code === 0 ? 'pulled' : `${stdout}${stderr}`;
  }

  /** A new image of this name, signed by the trusted key. */
  async function signed(name: string): Promise<string> {
    const image = await world.push(`${name}:1`, name);
    await signReference(image, world.key);
    return image;
  }

  /** Installs it and pulls by it; gives what is to come once it runs, so that another may be installed meanwhile. */
  async function begin(script: string, image: string): Promise<{ readonly pulled: Promise<string> }> {
    const marker = join(tempDir(), 'begun');
    install(`touch '${marker}'\n${script}`);
    let isDone = false;
    const pulled = pull(image).finally(() => {
      isDone = true;
    });
    while (!existsSync(marker) && !isDone) await sleep(20);
    return { pulled };
  }

  it('pulls what is signed', async () => {
    expect(await pull(app)).toBe('pulled');
    expect((await containerd.ctr('image', 'list', '--quiet')).stdout).toContain(app);
  });

  it('pulls nothing else, and shows why', async () => {
    const unsigned = await pull(plain);
    expect(unsigned).toContain('image verifier bindir blocked pull');
    expect(unsigned).toContain('denied (NO_SIGNATURE)');
    expect(await pull(foreign)).toContain('denied (NOT_TRUSTED)');
    const images = (await containerd.ctr('image', 'list', '--quiet')).stdout;
    expect(images).not.toContain(plain);
    expect(images).not.toContain(foreign);
  });

  it('does not pull a signed tag that was moved since; its signed digest it does', async () => {
    const moved = await world.push('moved:1', 'before');
    await signReference(moved, world.key);
    const before = await world.digestOf(moved);
    await world.push('moved:1', 'after');
    expect(await pull(moved)).toContain('denied (NO_SIGNATURE)');
    expect(await pull(`${moved.replace(/:1$/, '')}@${before}`)).toBe('pulled');
  });

  it('pulls nothing where the gate is killed, late, or cannot be run', async () => {
    const other = await signed('other');
    const late = await begin('exec sleep 60', await signed('late'));
    install('kill -KILL $$');
    expect(await pull(other)).toContain('blocking pull');
    install('exec /nowhere/signet');
    expect(await pull(other)).toContain('blocked pull');
    chmodSync(join(folder, 'signet'), 0o644);
    expect(await pull(other)).toContain('blocking pull');
    install(gate().replace(policy, '/nowhere/policy.yaml'));
    expect(await pull(other)).toContain('error[FILE_UNREADABLE]');
    install(gate());
    expect(await pull(other)).toBe('pulled');
    expect(await late.pulled).toContain('blocking pull');
  });

  it('judges what Kubernetes pulls, unless a setting makes containerd pull by itself', async () => {
    const image = await signed('cri');
    expect(await criPull(containerd.socket, image)).toEqual({ code: 0, message: '' });
    const other = await world.push('cri-plain:1', 'cri-plain');
    expect((await criPull(containerd.socket, other)).message).toContain('denied (NO_SIGNATURE)');
    await containerd.stop();
    containerd = await startContainerd(
      host,
      `${config()}[plugins."io.containerd.cri.v1.images"]\n  use_local_image_pull = true\n`,
    );
    // What signet gate status warns of (LOCAL_PULL).
    expect(await criPull(containerd.socket, other)).toEqual({ code: 0, message: '' });
    await containerd.stop();
    containerd = await startContainerd(host, config());
  });

  it('asks the resident server; while that is stopped, killed or gone, nothing gets in by it', async () => {
    const socket = join(host.dir, 'signet.sock');
    const serve = () =>
      startSignet(['serve', '--policy', policy, '--port', '0', '--socket', socket], { ready: /signet serves unix:/ });
    const [first, second, third, fourth] = await Promise.all(
      ['resident-1', 'resident-2', 'resident-3', 'resident-4'].map(signed),
    );
    let server = await serve();
    install(byServer(socket, '15s'));
    expect(await pull(first ?? '')).toBe('pulled');
    expect(await pull(plain)).toContain('denied (NO_SIGNATURE)');
    server.child.kill('SIGSTOP');
    const pulling = pull(second ?? '');
    await sleep(2000); // by now it asks, or will
    await server.stop('SIGKILL');
    expect(await pulling).toContain('blocked pull');
    expect(await pull(second ?? '')).toContain('error[RESIDENT_FAILED]');
    server = await serve();
    server.child.kill('SIGSTOP');
    const alone = await begin(byServer(socket, '4s'), fourth ?? '');
    install(gate('--server', socket));
    const byPolicy = await Promise.all([pull(second ?? ''), pull(plain)]);
    expect(byPolicy).toEqual(['pulled', expect.stringContaining('denied (NO_SIGNATURE)')]);
    expect(await alone.pulled).toMatch(/error\[(RESIDENT_FAILED|TIMEOUT)\]/);
    server.child.kill('SIGCONT');
    install(byServer(socket, '15s'));
    expect(await pull(third ?? '')).toBe('pulled');
    await server.stop();
    install(gate());
  });

  it('lets everything pass where its folder is empty', async () => {
    rmSync(join(folder, 'signet'));
    expect(await pull(plain)).toBe('pulled');
    install(gate());
  });
});
