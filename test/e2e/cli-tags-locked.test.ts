import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRegistryClient } from '@signet/oci';
import { HEAD_TAG } from '@signet/signed-tags';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pushRunnable } from '../interop/policy-world.ts';
import { signet } from '../support/cli.ts';
import type { TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { tempDir } from '../support/temp.ts';
import { makeKey, ok } from './cli-world.ts';

const client = createRegistryClient();
const dir = tempDir('signet-locked-');
let registry: TestRegistry;

beforeAll(async () => {
  // Whatever is pushed below shop/ stays as it is.
  registry = await startEmbeddedRegistry({ immutableTags: ['shop/*:*'] });
  for (const name of ['release', 'publisher']) await makeKey(join(dir, name));
});
afterAll(async () => {
  await client.close();
  await registry.stop();
});

/** A repository with two images, and how one works with it by a policy that says (or not) that its catalogue lies elsewhere. */
async function repository(name: string, location?: string) {
  const image = `${registry.host}/shop/${name}`;
  const catalogue = { collections: `${registry.host}/shop/**`, ...(location === undefined ? {} : { location }) };
  const policy = join(dir, `${name}.json`);
  writeFileSync(
    policy,
    JSON.stringify({
      version: 1,
      trust: { release: { keys: ['release.pub'] }, publisher: { keys: ['publisher.pub'] } },
      catalogues: { shop: { ...catalogue, signedBy: 'publisher' } },
      rules: [{ images: [`${registry.host}/shop/**`], require: 'release', tag: 'trusted', catalogue: 'shop' }],
    }),
  );
  for (const tag of ['1.0', '2.0']) await pushRunnable(client, registry.host, `shop/${name}:${tag}`);
  const asking = ['--policy', policy, '--state', join(dir, 'state')];
  const writing = [...asking, '--catalogue-key', join(dir, 'publisher.key')];
  await ok(['tags', 'init', ...writing, image]);
  return {
    sign: (tag: string) =>
      signet(['sign', '--key', join(dir, 'release.key'), '--publish', ...writing, `${image}:${tag}`]),
    verify: (tag: string) => signet(['verify', ...asking, '-o', 'json', `${image}:${tag}`]),
  };
}

describe('a repository whose tags cannot be moved', () => {
  it('has its catalogue where the policy says, in another repository', async () => {
    const { sign, verify } = await repository('elsewhere', `${registry.host}/trust/**`);
    for (const tag of ['1.0', '2.0']) expect(await sign(tag)).toMatchObject({ code: 0 });
    for (const tag of ['1.0', '2.0']) {
      const { code, stdout } = await verify(tag);
      expect([code, JSON.parse(stdout).code]).toEqual([0, 'VERIFIED']);
    }
    const own: string[] = [];
    for await (const tag of client.repository({ registry: registry.host, repository: 'shop/elsewhere' }).tags())
      own.push(tag);
    expect(own.toSorted()).toEqual(['1.0', '2.0']);
    const there = client.repository({ registry: registry.host, repository: 'trust/elsewhere' });
    await expect(there.resolve(HEAD_TAG)).resolves.toBeDefined();
  });

  it('cannot have it beside its images: what was not published is not acknowledged', async () => {
    const { sign, verify } = await repository('beside');
    const done = await sign('1.0');
    expect(done).toMatchObject({ code: 3, stdout: expect.stringContaining('recorded, not yet published') });
    expect(done.stderr).toContain(`the tag ${HEAD_TAG} is immutable`);
    expect(done.stderr).toContain("the policy's catalogue says with location in which other repository it lies");
    const { code, stdout } = await verify('1.0');
    expect([code, JSON.parse(stdout).code]).toEqual([1, 'TAG_NOT_SIGNED']);
  });
});
