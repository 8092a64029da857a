import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readContainerdConfig } from '../../packages/admission/src/index.ts';
import { engineFiles } from '../../packages/cli/src/gate/status/engine-files.ts';
import { makeKey } from '../e2e/cli-world.ts';
import { built, signetProgram } from '../support/cli.ts';
import { startContainerd } from '../support/containerd.ts';
import { dockerSocket, startDockerd } from '../support/dockerd.ts';
import { createEngineHost, describeWithEngines, type EngineHost } from '../support/engine-host.ts';
import type { RunResult } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';

interface Finding {
  readonly state: string;
  readonly code: string;
  readonly text: string;
}

describeWithEngines('signet gate status with the real engines', () => {
  let host: EngineHost;
  let policy: string;

  beforeAll(async () => {
    [host] = await Promise.all([createEngineHost(), built()]);
    await makeKey(join(host.dir, 'k'));
    policy = join(host.dir, 'policy.yaml');
    writeFileSync(
      policy,
      'version: 1\ntrust: { team: { keys: [k.pub] } }\nrules:\n  - { images: ["r.example/**"], require: team }\n',
    );
  }, 120_000);

  afterAll(() => host?.stop());

  const signet = (...args: readonly string[]): Promise<RunResult> =>
    host.run(process.execPath, [signetProgram, ...args]);

  async function problems(engine: string): Promise<readonly Finding[]> {
    const { stdout } = await signet('gate', 'status', engine, '--output', 'json');
    const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] };
    return findings.filter(({ state }) => state === 'problem');
  }

  describe('containerd', () => {
    const images = 'plugins."io.containerd.cri.v1.images"';
    /** Settings of CRI, and whether containerd then pulls without asking its verifiers. */
    const settings: readonly (readonly [string, string, boolean])[] = [
      ['nothing', '', false],
      ['use_local_image_pull', `[${images}]\nuse_local_image_pull = true\n`, true],
      ['registry.mirrors', `[${images}.registry.mirrors."docker.io"]\nendpoint = ["https://m.example"]\n`, true],
      ['registry.configs', `[${images}.registry.configs."r.example".auth]\nusername = "u"\n`, true],
      ['registry.auths', `[${images}.registry.auths."https://r.example"]\nusername = "u"\n`, true],
      ['registry.config_path', `[${images}.registry]\nconfig_path = "/etc/containerd/certs.d"\n`, false],
      ['discard_unpacked_layers', `[${images}]\ndiscard_unpacked_layers = true\n`, true],
      ['max_concurrent_downloads', `[${images}]\nmax_concurrent_downloads = 5\n`, true],
      ['image_pull_with_sync_fs', `[${images}]\nimage_pull_with_sync_fs = true\n`, true],
      ['disable_snapshot_annotations', `[${images}]\ndisable_snapshot_annotations = false\n`, true],
    ];

    it.each(settings)(
      '%s: finds a way past the gate exactly where containerd takes one',
      async (name, toml, isOpen) => {
        const folder = join(host.dir, 'verifiers');
        const verifier = `[plugins."io.containerd.image-verifier.v1.bindir"]\nbin_dir = "${folder}"\n`;
        const containerd = await startContainerd(host, verifier + toml);
        onTestFinished(() => containerd.stop());
        const config = join(host.dir, 'containerd.toml');
        await signet('gate', 'install', 'containerd', '--config', config, '--policy', policy);
        const found = await problems('containerd');
        const output = containerd.process.output();
        expect(output.includes('Falling back to local image pull mode')).toBe(
          isOpen && name !== 'use_local_image_pull',
        );
        expect(found.map(({ code }) => code)).toEqual(isOpen ? ['LOCAL_PULL'] : []);
        for (const { text } of found) expect(text).toContain(name);
      },
    );

    it('finds a folder that is missing, and one that is empty', async () => {
      const folder = join(host.dir, 'none');
      const containerd = await startContainerd(
        host,
        `[plugins."io.containerd.image-verifier.v1.bindir"]\nbin_dir = "${folder}"\n`,
      );
      onTestFinished(() => containerd.stop());
      expect(await problems('containerd')).toMatchObject([
        { code: 'NO_VERIFIERS', text: expect.stringContaining('not there') },
      ]);
      mkdirSync(folder);
      expect(await problems('containerd')).toMatchObject([
        { code: 'NO_VERIFIERS', text: expect.stringContaining('empty') },
      ]);
      expect((await signet('doctor')).stdout).toContain('NO_VERIFIERS');
    });

    it('reads the configuration as containerd does', async () => {
      const dir = tempDir();
      mkdirSync(join(dir, 'conf.d'));
      const main = join(dir, 'main.toml');
      const verifier = '[plugins."io.containerd.image-verifier.v1.bindir"]';
      writeFileSync(
        main,
        `version = 3\nimports = ["conf.d/*.toml", "${dir}/last.toml"]\ndisabled_plugins = ["io.containerd.snapshotter.v1.btrfs"]\n${verifier}\nbin_dir = "/a"\nmax_verifiers = 4\n[${images}]\nmax_concurrent_downloads = 5\n[${images}.registry]\nconfig_path = "/c"\n`,
      );
      writeFileSync(
        join(dir, 'conf.d/1.toml'),
        `version = 3\ndisabled_plugins = ["io.containerd.snapshotter.v1.zfs"]\n${verifier}\nbin_dir = "/b"\n[${images}.registry.mirrors."docker.io"]\nendpoint = ["https://m"]\n`,
      );
      writeFileSync(
        join(dir, 'last.toml'),
        `version = 3\n${verifier}\nmax_verifiers = 0\nper_verifier_timeout = "1m"\n[${images}]\nmax_concurrent_downloads = 3\n`,
      );
      const { stdout } = await host.run('containerd', ['--config', main, 'config', 'dump']);
      const dumped = parse(stdout) as { plugins: Record<string, Record<string, unknown>>; disabled_plugins: string[] };
      const { bin_dir, max_verifiers, per_verifier_timeout } =
        dumped.plugins['io.containerd.image-verifier.v1.bindir'] ?? {};
      const read = await readContainerdConfig(main, engineFiles);
      expect({ binDir: bin_dir, maxVerifiers: max_verifiers, time: per_verifier_timeout }).toEqual({
        binDir: read.binDir,
        maxVerifiers: read.maxVerifiers,
        time: `${read.perVerifierTimeoutMs / 60_000}m0s`,
      });
      expect(dumped.disabled_plugins).toEqual(read.disabledPlugins);
      expect(dumped.plugins['io.containerd.cri.v1.images']).toMatchObject(read.cri);
    });
  });

  describe('Docker', () => {
    it('finds a daemon that asks nobody, and none once the gate is installed and running', async () => {
      const containerd = await startContainerd(host);
      onTestFinished(() => containerd.stop());
      const config = '/etc/docker/daemon.json';
      await host.run('sh', ['-c', `mkdir -p /etc/docker && echo '{}' > ${config}`]);
      const open = await startDockerd(host, containerd, config);
      onTestFinished(() => open.stop());
      expect((await problems('docker')).map(({ code }) => code)).toEqual(['NOT_LISTED', 'NOT_LOADED', 'WRONG_SPEC']);
      expect(await signet('gate', 'install', 'docker')).toMatchObject({ code: 0 });
      expect((await problems('docker')).map(({ code }) => code)).toEqual(['NOT_LOADED', 'GATE_SILENT']);
      await open.stop();
      const args = [signetProgram, 'gate', 'docker', '--policy', policy, '--docker-socket', dockerSocket(host)];
      const gate = await host.start(process.execPath, args, { ready: /signet gates docker at/ });
      onTestFinished(() => gate.stop());
      const dockerd = await startDockerd(host, containerd, config);
      onTestFinished(() => dockerd.stop());
      expect(await problems('docker')).toEqual([]);
    });
  });
});
