import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { run } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { makeKey } from './cli-world.ts';

let folder: string;
let policy: string;

beforeAll(async () => {
  folder = tempDir();
  await makeKey(join(folder, 'k'));
  policy = join(folder, 'policy.yaml');
  writeFileSync(
    policy,
    'version: 1\ntrust: { team: { keys: [k.pub] } }\nrules:\n  - { images: ["r.example/**"], require: team }\n',
  );
});

interface Status {
  readonly code: number;
  readonly problems: readonly string[];
}

async function status(engine: string, config: string): Promise<Status> {
  const { code, stdout } = await signet(['gate', 'status', engine, '--config', config, '--output', 'json']);
  const { findings } = JSON.parse(stdout) as { findings: { state: string; code: string }[] };
  return { code, problems: findings.filter(({ state }) => state === 'problem').map((each) => each.code) };
}

describe('the gate of containerd', () => {
  function configFile(more = ''): { config: string; binDir: string } {
    const dir = tempDir();
    const binDir = join(dir, 'bin');
    const config = join(dir, 'config.toml');
    writeFileSync(
      config,
      `version = 3\n[plugins."io.containerd.image-verifier.v1.bindir"]\n  bin_dir = "${binDir}"\n${more}`,
    );
    return { config, binDir };
  }
  const install = (config: string, ...more: readonly string[]) =>
    signet(['gate', 'install', 'containerd', '--config', config, '--policy', policy, ...more]);

  it('is missing, is installed, and works', async () => {
    const { config, binDir } = configFile();
    expect(await status('containerd', config)).toEqual({ code: 1, problems: ['NO_VERIFIERS'] });
    expect(await install(config)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`wrote  ${binDir}/signet`),
    });
    expect(await status('containerd', config)).toEqual({ code: 0, problems: [] });
    expect(statSync(join(binDir, 'signet')).mode & 0o777).toBe(0o755);
    expect(readdirSync(binDir)).toEqual(['signet']);
    const digest = `sha256:${'a'.repeat(64)}`;
    const call = [
      '-name',
      'other.example/app:1',
      '-digest',
      digest,
      '-stdin-media-type',
      'application/vnd.oci.descriptor.v1+json',
    ];
    const input = JSON.stringify({ mediaType: 'a/b', digest, size: 1 });
    const cache = { XDG_CACHE_HOME: join(folder, 'cache') };
    const judged = await run(join(binDir, 'signet'), call, { input, env: cache });
    expect(judged).toMatchObject({ code: 1, stdout: expect.stringContaining('NO_RULE') });
  });

  it('is only shown with --dry-run', async () => {
    const { config, binDir } = configFile();
    const shown = await install(config, '--dry-run');
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('would write') });
    expect(shown.stdout).toContain(`'--policy' '${policy}'`);
    expect(existsSync(binDir)).toBe(false);
  });

  it('is not installed with a broken policy, or with none', async () => {
    const { config, binDir } = configFile();
    const broken = join(folder, 'broken.yaml');
    writeFileSync(broken, 'version: 1\nrules: 7\n');
    const done = await signet(['gate', 'install', 'containerd', '--config', config, '--policy', broken]);
    expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining('POLICY_INVALID') });
    expect(await signet(['gate', 'install', 'containerd', '--config', config])).toMatchObject({ code: 2 });
    expect(existsSync(binDir)).toBe(false);
  });

  it('is told of where it is broken, others can write it, or it stands behind others', async () => {
    const { config, binDir } = configFile('  max_verifiers = 1\n');
    await install(config);
    chmodSync(join(binDir, 'signet'), 0o777);
    expect((await status('containerd', config)).problems).toEqual(['WRITABLE']);
    chmodSync(join(binDir, 'signet'), 0o644);
    expect((await status('containerd', config)).problems).toEqual(['GATE_BROKEN']);
    await install(config);
    expect((await status('containerd', config)).problems).toEqual([]);
    writeFileSync(join(binDir, 'another'), '#!/bin/sh\n', { mode: 0o755 });
    expect((await status('containerd', config)).problems).toEqual(['GATE_SKIPPED']);
    const gone = configFile();
    await signet(['gate', 'install', 'containerd', '--config', gone.config, '--server', join(folder, 'none.sock')]);
    expect((await status('containerd', gone.config)).problems).toEqual(['GATE_BROKEN']);
  });

  it('cannot be told of where the configuration cannot be read', async () => {
    const { config } = configFile('[');
    expect(await status('containerd', config)).toEqual({ code: 1, problems: ['CONFIG_UNREADABLE'] });
    expect(await install(config)).toMatchObject({ code: 2, stderr: expect.stringContaining('error[ENGINE_CONFIG]') });
  });
});

describe('the gate of Docker', () => {
  it('is written into daemon.json, with all else that is there', async () => {
    const dir = tempDir();
    const config = join(dir, 'daemon.json');
    const plugins = join(dir, 'plugins');
    const before = '{\n\t"live-restore": true,\n\t"authorization-plugins": ["other"]\n}\n';
    writeFileSync(config, before, { mode: 0o600 });
    const args = ['gate', 'install', 'docker', '--config', config, '--plugins', plugins, '--socket', join(dir, 's')];
    expect(await signet([...args, '--dry-run'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('would write'),
    });
    expect(readFileSync(config, 'utf8')).toBe(before);
    expect((await status('docker', config)).problems).toContain('NOT_LISTED');

    expect(await signet(args)).toMatchObject({ code: 0 });
    const after = readFileSync(config, 'utf8');
    expect(JSON.parse(after)).toEqual({ 'live-restore': true, 'authorization-plugins': ['other', 'signet'] });
    expect(after).toContain('\n\t"live-restore"');
    expect(statSync(config).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(plugins, 'signet.spec'), 'utf8')).toBe(`unix://${join(dir, 's')}\n`);
    expect((await status('docker', config)).problems).not.toContain('NOT_LISTED');

    expect(await signet(args)).toMatchObject({ code: 0 });
    expect(readFileSync(config, 'utf8')).toBe(after);
  });

  it('leaves a daemon.json alone that it does not understand', async () => {
    const dir = tempDir();
    const config = join(dir, 'daemon.json');
    for (const text of ['{ "hosts": [', '{"authorization-plugins":"signet"}', '[]']) {
      writeFileSync(config, text);
      const done = await signet(['gate', 'install', 'docker', '--config', config, '--plugins', join(dir, 'plugins')]);
      expect(done, text).toMatchObject({ code: 2, stderr: expect.stringContaining('error[ENGINE_CONFIG]') });
      expect(readFileSync(config, 'utf8')).toBe(text);
      expect(existsSync(join(dir, 'plugins'))).toBe(false);
    }
  });

  it('says where nothing can be written', async () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'daemon.json'));
    const done = await signet([
      'gate',
      'install',
      'docker',
      '--config',
      join(dir, 'x/daemon.json'),
      '--plugins',
      '/proc/plugins',
    ]);
    expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining('error[FILE_UNWRITABLE]') });
  });
});
