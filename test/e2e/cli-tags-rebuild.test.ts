import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { type CliWorld, createCliWorld, makeKey, ok } from './cli-world.ts';

let world: CliWorld;
beforeAll(async () => {
  world = await createCliWorld();
  for (const name of ['publisher', 'stolen']) {
    await makeKey(`${world.dir}/${name}`);
    const images = [`${world.host}/shop/**`];
    const policy = {
      version: 1,
      trust: { release: { keys: ['k.pub'] }, publisher: { keys: [`${name}.pub`] } },
      catalogues: { shop: { collections: images[0], signedBy: 'publisher' } },
      rules: [{ images, require: 'release', tag: 'trusted', catalogue: 'shop' }],
    };
    writeFileSync(`${world.dir}/${name}.json`, JSON.stringify(policy));
  }
});
afterAll(() => world.server.stop('SIGKILL'));

/** Whose key the policy knows, and what he remembers. */
const by = (name: string): readonly string[] => [
  ...['--policy', `${world.dir}/${name}.json`, '--catalogue-key', `${world.dir}/${name}.key`],
  ...['--state', `${world.dir}/state-${name}`],
];
const listed = async (repository: string) =>
  JSON.parse(
    (await signet(['tags', 'list', '--policy', `${world.dir}/publisher.json`, '-o', 'json', repository])).stdout,
  );
/** `v1` and `v2` in the catalogue of the key that was stolen, `v2` removed again; `v3` signed and never published. */
async function begin(name: string): Promise<string> {
  const repository = `${world.host}/${name}`;
  await ok(['tags', 'init', ...by('stolen'), repository]);
  const images = [await world.push(`${name}:v1`), await world.push(`${name}:v2`), await world.push(`${name}:v3`)];
  await ok(['sign', '--key', world.key, '--publish', '--keep-history', ...by('stolen'), ...images.slice(0, 2)]);
  await ok(['tags', 'remove', '--key', world.key, ...by('stolen'), `${repository}:v2`]);
  await ok(['sign', '--key', world.key, ...images.slice(2)]);
  return repository;
}

describe('tags rebuild', () => {
  const rebuild = (repository: string, ...more: readonly string[]): readonly string[] => [
    ...['tags', 'rebuild', ...by('publisher'), ...more],
    repository,
  ];

  it('makes the catalogue of a key that was stolen anew: tags prove themselves, removals are taken over', async () => {
    const repository = await begin('shop/one');
    expect(await signet(['tags', 'refresh', ...by('publisher'), repository])).toMatchObject({ code: 1 });
    expect(await signet(rebuild(repository))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/removed {2}v2 [\s\S]*error\[USAGE\]/),
    });
    const { stdout } = await ok(rebuild(repository, '--unproven', 'keep'));
    expect(stdout).toMatch(/made from {2}[2-9] catalogues, and the statements on 3 images\n/);
    const { tags, removed } = await listed(repository);
    expect(tags).toMatchObject([
      { tag: 'v1', verdict: 'verified' },
      { tag: 'v3', verdict: 'verified' },
    ]);
    expect(removed).toMatchObject([{ tag: 'v2' }]);
  });

  it('shows what it would be made from with --dry-run, without a key, and writes nothing', async () => {
    const repository = await begin('shop/dry');
    const asked = ['--policy', `${world.dir}/publisher.json`, '--no-state', '--dry-run'];
    const { stdout } = await ok(['tags', 'rebuild', ...asked, repository]);
    expect(stdout).toMatch(
      /^would be made anew {2}\S+\n {2}from {2}[2-9] catalogues, and the statements on 3 images\n/,
    );
    expect(stdout).toMatch(/ {2}v1 {2}sha256:\w+ {2}.*\n/);
    expect(stdout).toMatch(/ {2}removed {2}v2 {2}.*has to be confirmed\)\n/);
    const json = JSON.parse((await ok(['tags', 'rebuild', ...asked, '-o', 'json', repository])).stdout);
    expect(json).toMatchObject({ dryRun: true, tags: [{ tag: 'v1' }, { tag: 'v2' }], removed: [{ tag: 'v2' }] });
    expect((await signet(['tags', 'list', ...asked.slice(0, 2), repository])).code).toBe(1);
  });

  it('takes nothing over that proves nothing, nor looks at images, where that is wanted; from elsewhere', async () => {
    const repository = await begin('shop/two');
    const mirror = `${world.host}/mirror/two`;
    await ok(['copy', `${repository}:signet-tags`, `${mirror}:signet-tags`]);
    const elsewhere = ['--collection', repository, '--key', world.pub, '--state', `${world.dir}/elsewhere`];
    const key = ['--catalogue-key', `${world.dir}/publisher.key`];
    const flags = [...elsewhere, ...key, '--from', mirror, '--no-images', '--unproven', 'drop', '-o', 'json'];
    const made = JSON.parse((await ok(['tags', 'rebuild', ...flags, `${world.host}/new/two`])).stdout);
    expect(made).toMatchObject({ outcome: 'published', collection: repository, from: { catalogues: 1, images: 0 } });
    const trust = ['--publisher', `${world.dir}/publisher.pub`, '--key', world.pub, '--collection', repository];
    const { stdout } = await ok(['tags', 'list', ...trust, '-o', 'json', `${world.host}/new/two`]);
    expect(JSON.parse(stdout)).toMatchObject({ tags: [{ tag: 'v1' }], removed: [] });
  });
});
