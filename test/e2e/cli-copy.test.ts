import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { itWithPeers, needPeer, runOk } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { type CliWorld, createCliWorld, ok, signReference } from './cli-world.ts';

let world: CliWorld;
let signed: string;
let index: string;
beforeAll(async () => {
  world = await createCliWorld();
  [signed, index] = await Promise.all([world.push('app:1.0'), world.pushIndex('multi:1')]);
  await Promise.all([signed, index].map((reference) => signReference(reference, world.key)));
});
afterAll(() => world.server.stop('SIGKILL'));

/** What a copy says of itself as JSON. */
async function copied(args: readonly string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await ok(['copy', '-o', 'json', ...args])).stdout);
}

describe('copy', () => {
  it('takes the signature along, to another repository and to a layout, and says what it did', async () => {
    const mirror = `${world.host}/mirror/app:1.0`;
    const digest = await world.digestOf(signed);
    const done = await signet(['copy', signed, mirror]);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toMatch(new RegExp(`^copied {2}${mirror}@${digest}\n .*mounted, 1 refer to it\n$`));
    const layout = `oci:${join(tempDir(), 'layout')}:1.0`;
    expect(await copied([mirror, layout])).toMatchObject({ digest, referrers: 1, tags: ['1.0'], ignored: 0 });
    for (const reference of [mirror, layout]) await ok(['verify', '--key', world.pub, reference]);
  });

  it('sends nothing twice', async () => {
    const mirror = `${world.host}/again/app:1.0`;
    await copied([signed, mirror]);
    expect(await copied([signed, mirror])).toMatchObject({ copied: 0, bytes: 0 });
  });

  it('copies an index with its children', async () => {
    const to = `${world.host}/again/multi:1`;
    await copied([index, to]);
    expect((await world.children(to)).map(({ digest }) => digest)).toEqual(
      (await world.children(index)).map(({ digest }) => digest),
    );
  });

  it('leaves the signature behind when asked', async () => {
    const to = `${world.host}/bare/app:1.0`;
    expect(await copied([signed, to, '--no-referrers'])).toMatchObject({ referrers: 0 });
    expect((await signet(['verify', '--key', world.pub, to])).code).toBe(1);
  });

  it('names the copy as the source is named, where no tag is given; by digest, with no tag', async () => {
    const digest = await world.digestOf(signed);
    expect(await copied([signed, `${world.host}/named/app`])).toMatchObject({ tags: ['1.0'] });
    const byDigest = `${world.host}/app@${digest}`;
    expect(await copied([byDigest, `${world.host}/unnamed/app`])).toMatchObject({ tags: [], digest });
    expect((await signet(['verify', '--key', world.pub, `${world.host}/unnamed/app@${digest}`])).code).toBe(0);
    expect(await copied([signed, `${world.host}/pinned/app:x@${digest}`])).toMatchObject({ tags: ['x'] });
  });

  it('refuses a destination whose digest is another', async () => {
    const other = await world.digestOf(index);
    expect(await signet(['copy', signed, `${world.host}/app:x@${other}`])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('error[REFERENCE_INVALID]'),
    });
  });

  it('makes no layout where there is nothing to copy, and ends with 3', async () => {
    const folder = join(tempDir(), 'layout');
    const done = await signet(['copy', `${world.host}/app:missing`, `oci:${folder}:1`]);
    expect(done).toMatchObject({ code: 3, stderr: expect.stringMatching(/^error\[NOT_FOUND\].*\nhint: /) });
    expect(existsSync(folder)).toBe(false);
  });

  it('refuses a folder that is no layout as a source', async () => {
    const done = await signet(['copy', `oci:${tempDir()}:1.0`, `${world.host}/x:1`]);
    expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining('error[LAYOUT_INVALID]') });
  });

  it('says every request and every part with --verbose, and nothing of it with --quiet', async () => {
    const done = await ok(['copy', signed, `${world.host}/verbose/app:1`, '--verbose']);
    expect(done.stderr).toMatch(/^PUT http:\S+ 201 \d+ ms$/m);
    expect(done.stderr).toMatch(/^(copied|mounted) sha256:[0-9a-f]{64} \(\d+ bytes\)$/m);
    expect((await ok(['copy', signed, `${world.host}/verbose/app:2`, '--quiet'])).stderr).toBe('');
  });

  itWithPeers(
    ['docker-registry', 'crane', 'cosign'],
    'moves an image and its signature between registries',
    async () => {
      const docker = await startDockerRegistry();
      try {
        const there = `${docker.host}/app:1.0`;
        await copied([signed, there]);
        expect((await runOk(needPeer('crane'), ['digest', '--insecure', there])).trim()).toBe(
          await world.digestOf(signed),
        );
        await ok(['verify', '--key', world.pub, '--tag-bound', '--signed-reference', signed, there]);
        await runOk(needPeer('cosign'), [
          'verify',
          '--key',
          world.pub,
          '--insecure-ignore-tlog',
          '--allow-http-registry',
          there,
        ]);
        const back = `${world.host}/back/app:1.0`;
        expect(await copied([there, back])).toMatchObject({ referrers: 1 });
        await ok(['verify', '--key', world.pub, back]);
      } finally {
        await docker.stop();
      }
    },
  );
});
