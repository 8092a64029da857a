import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliWorld, createCliWorld, makeKey, ok, signReference } from '../e2e/cli-world.ts';
import { built, signet, signetProgram } from '../support/cli.ts';
import { type Containerd, startContainerd } from '../support/containerd.ts';
import { type Dockerd, startDockerd } from '../support/dockerd.ts';
import { createEngineHost, describeWithEngines, type EngineHost } from '../support/engine-host.ts';
import { needPeer } from '../support/peer-paths.ts';
import { type RunResult, run } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';

const plugin = join(dirname(signetProgram), 'docker-signet.js');

it('tells Docker what it is', async () => {
  const { stdout } = await run(process.execPath, [plugin, 'docker-cli-plugin-metadata']);
  expect(JSON.parse(stdout)).toMatchObject({ SchemaVersion: '0.1.0', Vendor: 'Signet', Version: expect.any(String) });
});

it('says what is wrong where there is no docker, or what is asked makes no sense', async () => {
  const env = { DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: '/nowhere/docker' };
  const push = ['docker', 'push', '--key', '/nowhere/k'];
  expect(await signet([...push, 'r.example/a:1'], { env })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there is no program "/nowhere/docker"'),
  });
  const digest = `sha256:${'0'.repeat(64)}`;
  for (const args of [[`r.example/a:1@${digest}`], ['--dry-run', 'r.example/a:1']])
    expect(await signet([...push, ...args], { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('USAGE'),
    });
});

it('finds its name behind options of Docker, hands those on, and prints no control characters', async () => {
  const fake = join(tempDir(), 'docker');
  writeFileSync(fake, '#!/bin/sh\nprintf "called %s\\n\\033[31mred\\n" "$*"\nexit 7\n', { mode: 0o755 });
  const args = ['--context', 'signet', '--debug', 'signet', 'push', '--key', 'k', 'r.example/a:1'];
  const env = { DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: fake };
  const done = await run(process.execPath, [plugin, ...args], { env });
  expect(done).toMatchObject({
    code: 7,
    stderr: expect.stringContaining('called --context signet --debug push r.example/a:1'),
  });
  expect(done.stderr).toContain('DOCKER_FAILED');
  expect(done.stderr).not.toContain('\u001b');
  const broken = await signet(['docker', 'push', '--key', 'k', 'r.example/a:1'], {
    env: { ...env, SIGNET_DOCKER_OPTIONS: '{' },
  });
  expect(broken).toMatchObject({ code: 2, stderr: expect.stringContaining('SIGNET_DOCKER_OPTIONS') });
});

describe('what docker says and how it ends', () => {
  /** A docker that says whether it prints to a terminal, and ends so. */
  const fakeDocker = (end: string): Readonly<Record<string, string>> => {
    const fake = join(tempDir(), 'docker');
    writeFileSync(fake, `#!/bin/sh\n[ -t 1 ] && echo "on a terminal"\nprintf 'half\\rwhole of %s\\n' "$1"\n${end}\n`, {
      mode: 0o755,
    });
    return { DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: fake };
  };
  let world: CliWorld;
  let image = '';
  let policy = '';
  beforeAll(async () => {
    world = await createCliWorld();
    image = await world.push('shop/fake:1');
    await signReference(image, world.key);
    policy = join(world.dir, 'policy.yaml');
    writeFileSync(
      policy,
      `version: 1\ntrust: { release: { keys: [k.pub] } }\nrules: [{ images: ["${world.host}/**"], require: release }]\n`,
    );
  });
  afterAll(() => world.server.stop());
  const pull = (): readonly string[] => ['docker', 'pull', '--policy', policy, image];

  it.each([
    ['exit 7', 7],
    ['exit 1', 1],
    ['kill -TERM $$', 143],
  ])('is its exit code, %s', async (end, code) => {
    const env = fakeDocker(end);
    const pulled = await signet(pull(), { env });
    expect(pulled).toMatchObject({ code, stdout: '', stderr: expect.stringContaining('DOCKER_FAILED') });
    const pushed = await signet(['docker', 'push', '--key', world.key, image], { env });
    expect(pushed).toMatchObject({ code, stdout: '', stderr: expect.stringContaining('DOCKER_FAILED') });
  });

  it('is passed on line by line where nobody watches', async () => {
    const { code, stderr } = await signet(pull(), { env: fakeDocker('exit 0') });
    expect([code, stderr.includes('on a terminal')]).toEqual([0, false]);
    expect(stderr).toContain('whole of pull');
    expect(stderr).toContain('whole of tag');
  });

  it('is its own affair on a terminal: progress comes as docker writes it', async () => {
    const quoted = [process.execPath, signetProgram, ...pull()].map((word) => `'${word}'`).join(' ');
    const done = await run('script', ['-q', '-e', '-c', quoted, join(tempDir(), 'typescript')], {
      env: fakeDocker('exit 7'),
    });
    expect(done.code).toBe(7);
    expect(done.stdout).toContain('on a terminal');
    expect(done.stdout).toContain('half\rwhole of pull');
  });
});

describeWithEngines('docker signet, with the real Docker', () => {
  let world: CliWorld;
  let host: EngineHost;
  let containerd: Containerd;
  let dockerd: Dockerd;
  let trusted: readonly string[];
  let writing: readonly string[];

  beforeAll(async () => {
    await built();
    [world, host] = await Promise.all([createCliWorld(), createEngineHost()]);
    containerd = await startContainerd(host);
    dockerd = await startDockerd(host, containerd);
    mkdirSync(join(host.dir, 'cli-plugins'));
    symlinkSync(plugin, join(host.dir, 'cli-plugins/docker-signet'));
    const publisher = await makeKey(join(world.dir, 'publisher'));
    const policy = join(world.dir, 'policy.yaml');
    writeFileSync(
      policy,
      `version: 1
trust: { release: { keys: [k.pub] }, publisher: { keys: [publisher.pub] } }
catalogues: { shop: { collections: "${world.host}/**", signedBy: publisher } }
rules: [{ images: ["${world.host}/**"], require: release, tag: trusted, catalogue: shop }]
`,
    );
    trusted = ['--policy', policy, '--state', join(world.dir, 'state')];
    writing = [...trusted, '--key', world.key, '--catalogue-key', publisher.key, '--publish'];
    const begun = trusted.concat('--catalogue-key', publisher.key);
    await ok(['tags', 'init', ...begun, `${world.host}/shop/web`]);
  }, 120_000);

  afterAll(async () => {
    await dockerd?.stop();
    await containerd?.stop();
    await host?.stop();
    await world?.server.stop();
  });

  const docker = (...args: readonly string[]): Promise<RunResult> => {
    const path = [dirname(process.execPath), process.env.PATH ?? ''].join(delimiter);
    const env = { DOCKER_CONFIG: host.dir, PATH: path };
    return run(needPeer('docker'), ['--host', `unix://${dockerd.socket}`, ...args], { env });
  };

  async function makeImage(name: string, text: string): Promise<void> {
    writeFileSync(join(host.dir, 'content'), text);
    const made = await host.run('sh', ['-c', `cd ${host.dir} && tar -c content > image.tar`]);
    expect(made.code).toBe(0);
    expect(await docker('import', join(host.dir, 'image.tar'), name)).toMatchObject({ code: 0 });
  }

  const idOf = async (name: string): Promise<string> =>
    (await docker('image', 'inspect', '--format', '{{.Id}}', name)).stdout.trim();

  it('is one of Docker’s commands', async () => {
    expect((await docker('signet', '--help')).stdout).toContain('push an image, and sign the digest that was pushed');
    expect((await docker('--help')).stdout).toMatch(/signet\* +Pull what is verified, push and sign/);
  });

  it('pushes and signs the digest that was pushed; pulls what the catalogue says, whatever the tag names', async () => {
    const name = `${world.host}/shop/web:1`;
    await makeImage(name, 'good');
    const pushed = await docker('signet', 'push', ...writing, name);
    expect(pushed, pushed.stderr).toMatchObject({ code: 0 });
    expect(pushed.stdout).toMatch(/^published {2}/m);
    const good = { id: await idOf(name), digest: await world.digestOf(name) };
    await makeImage(name, 'bad');
    expect(await docker('push', name)).toMatchObject({ code: 0 });
    const bad = await idOf(name);
    expect(bad).not.toBe(good.id);
    const pulled = await docker('signet', 'pull', ...trusted, name);
    expect(pulled, pulled.stderr).toMatchObject({ code: 0, stdout: `${world.host}/shop/web@${good.digest}\n` });
    expect(await idOf(name)).toBe(good.id);
  });

  it('pulls nothing that is not verified, and signs nothing that was not pushed', async () => {
    const name = `${world.host}/shop/web:unsigned`;
    await makeImage(name, 'unsigned');
    expect(await docker('push', name)).toMatchObject({ code: 0 });
    await docker('image', 'rm', name);
    const refused = await docker('signet', 'pull', ...trusted, name);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('TAG_NOT_SIGNED') });
    expect((await docker('image', 'inspect', name)).code).not.toBe(0);
    const absent = await docker('signet', 'push', ...writing, `${world.host}/shop/web:absent`);
    expect(absent).toMatchObject({ code: 1, stderr: expect.stringContaining('DOCKER_FAILED') });
    expect((await signet(['resolve', ...trusted, `${world.host}/shop/web:absent`])).code).toBe(1);
  });
});
