import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { signReference } from '../e2e/cli-world.ts';
import { itWithPeers, needPeer, type PeerName, type RunResult, run, runOk } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { cosign } from './cosign-world.ts';
import {
  createProxiedWorld,
  notPulled,
  type ProxiedWorld,
  type StartedProxy,
  startProxyProcess,
} from './proxy-world.ts';

describe('clients that pull through signet proxy serve', () => {
  let world: ProxiedWorld;
  let proxy: StartedProxy;

  beforeAll(async () => {
    world = await createProxiedWorld();
    proxy = await startProxyProcess(world.policy, ['--upstream', `http://${world.host}`]);
  }, 120_000);

  afterAll(async () => {
    await proxy?.stop('SIGTERM');
    await world?.server.stop();
  });

  const through = (name: PeerName, ...args: readonly string[]): Promise<RunResult> => {
    const home = tempDir();
    return run(needPeer(name), args, { env: { HOME: home, DOCKER_CONFIG: home, XDG_RUNTIME_DIR: home } });
  };

  /** What is signed is pulled, by tag and by digest; nothing else, and the reason is shown. */
  async function pullsAllowedOnly(pull: (image: string) => Promise<RunResult>): Promise<void> {
    for (const image of ['app:1', 'multi:1', 'bound:1', `moved@${world.movedFrom}`])
      expect(await pull(image), image).toMatchObject({ code: 0 });
    for (const [image, reason] of notPulled) {
      const { code, stdout, stderr } = await pull(image);
      expect(code, image).not.toBe(0);
      expect(`${stdout}${stderr}`, image).toMatch(new RegExp(`${reason}|403|denied`, 'i'));
    }
  }

  itWithPeers(['crane'], 'crane', async () => {
    await pullsAllowedOnly((image) =>
      through('crane', 'pull', '--format', 'oci', `${proxy.at}/${image}`, join(tempDir(), 'image')),
    );
    const plain = await through('crane', 'pull', `${proxy.at}/plain:1`, join(tempDir(), 'image.tar'));
    expect(plain.stderr).toContain('denied (NO_SIGNATURE)');
    const digest = await through('crane', 'digest', `${proxy.at}/app:1`);
    expect(digest.stdout.trim()).toBe(await world.digestOf(`${world.host}/app:1`));
    const push = await through('crane', 'tag', `${proxy.at}/app:1`, '2');
    expect(push.stderr).toMatch(/405|UNSUPPORTED/);
    expect((await through('crane', 'ls', `${proxy.at}/bound`)).stdout).toContain('1\n2\n');
  });

  itWithPeers(['oras'], 'oras', async () => {
    await pullsAllowedOnly((image) =>
      through('oras', 'copy', '--from-plain-http', '--to-oci-layout', `${proxy.at}/${image}`, `${tempDir()}:x`),
    );
    // With all that refers to it: proofs pass as they are.
    const folder = tempDir();
    const done = await through(
      'oras',
      'copy',
      '-r',
      '--from-plain-http',
      '--to-oci-layout',
      `${proxy.at}/multi:1`,
      `${folder}:x`,
    );
    expect(done).toMatchObject({ code: 0 });
    expect(readdirSync(join(folder, 'blobs/sha256')).length).toBeGreaterThan(6);
  });

  itWithPeers(['oras'], 'oras pulls a signed artifact', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'notes.txt'), 'hello');
    for (const name of ['notes', 'loose'])
      await runOk(needPeer('oras'), ['push', '--plain-http', `${world.host}/${name}:1`, 'notes.txt:text/plain'], {
        cwd: dir,
      });
    await signReference(`${world.host}/notes:1`, world.key);
    const to = tempDir();
    expect(await through('oras', 'pull', '--plain-http', '-o', to, `${proxy.at}/notes:1`)).toMatchObject({ code: 0 });
    expect(readFileSync(join(to, 'notes.txt'), 'utf8')).toBe('hello');
    expect((await through('oras', 'pull', '--plain-http', '-o', to, `${proxy.at}/loose:1`)).stderr).toContain(
      'NO_SIGNATURE',
    );
  });

  itWithPeers(['skopeo'], 'skopeo', async () => {
    await pullsAllowedOnly((image) =>
      through(
        'skopeo',
        '--insecure-policy',
        'copy',
        '--all',
        '--src-tls-verify=false',
        `docker://${proxy.at}/${image}`,
        `dir:${tempDir()}`,
      ),
    );
  });

  itWithPeers(['helm'], 'helm pulls a signed chart', async () => {
    const dir = tempDir();
    for (const name of ['good', 'bad']) {
      mkdirSync(join(dir, name));
      writeFileSync(join(dir, name, 'Chart.yaml'), `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`);
      await runOk(needPeer('helm'), ['package', name], { cwd: dir });
      await runOk(needPeer('helm'), ['push', '--plain-http', `${name}-1.0.0.tgz`, `oci://${world.host}/charts`], {
        cwd: dir,
      });
    }
    await signReference(`${world.host}/charts/good:1.0.0`, world.key);
    const pull = (name: string): Promise<RunResult> =>
      through('helm', 'pull', '--plain-http', '-d', dir, '--version', '1.0.0', `oci://${proxy.at}/charts/${name}`);
    expect(await pull('good')).toMatchObject({ code: 0 });
    const bad = await pull('bad');
    expect(bad.code).not.toBe(0);
    expect(`${bad.stdout}${bad.stderr}`).toMatch(/denied|NO_SIGNATURE|403/);
  });

  itWithPeers(['cosign'], 'cosign verifies what it gives, by the proofs that come through it', async () => {
    const args = ['verify', '--insecure-ignore-tlog', '--allow-insecure-registry', '--key'];
    expect(await cosign(world.dir, [...args, world.pub, `${proxy.at}/app:1`])).toMatchObject({ code: 0 });
    expect((await cosign(world.dir, [...args, join(world.dir, 'other.pub'), `${proxy.at}/app:1`])).code).not.toBe(0);
    expect((await cosign(world.dir, [...args, world.pub, `${proxy.at}/plain:1`])).stderr).toContain('NO_SIGNATURE');
  });
});
