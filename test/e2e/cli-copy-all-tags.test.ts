import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRegistryClient } from '@signet/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import type { TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { tempDir } from '../support/temp.ts';
import { type CliWorld, createCliWorld, jsonLines, makeKey, ok, signReference } from './cli-world.ts';

let world: CliWorld;
let elsewhere: TestRegistry;
let publisher: { readonly key: string; readonly pub: string };
let policy = '';
beforeAll(async () => {
  [world, elsewhere] = await Promise.all([createCliWorld(), startEmbeddedRegistry({ referrersApi: false })]);
  publisher = await makeKey(join(world.dir, 'publisher'));
  policy = join(world.dir, 'policy.yaml');
  writeFileSync(
    policy,
    `version: 1
trust: { release: { keys: [k.pub] }, publisher: { keys: [publisher.pub] } }
catalogues: { shop: { collections: "${world.host}/**", mirrors: ["${elsewhere.host}/**"], signedBy: publisher } }
rules: [{ images: ["${world.host}/**", "${elsewhere.host}/**"], require: release, tag: trusted, catalogue: shop }]
`,
  );
});
afterAll(async () => {
  await elsewhere.stop();
  await world.server.stop('SIGKILL');
});

/** A repository with published tags, and where it is copied to. */
async function repository(name: string, ...tags: readonly string[]) {
  const collection = `${world.host}/${name}`;
  const own = ['--policy', policy, '--state', tempDir()];
  await ok(['tags', 'init', collection, ...own, '--catalogue-key', publisher.key]);
  const publish = async (tag: string): Promise<string> => {
    const reference = await world.push(`${name}:${tag}`, `${name} ${tag}`);
    await ok(['sign', '--publish', '--key', world.key, '--catalogue-key', publisher.key, ...own, reference]);
    return await world.digestOf(reference);
  };
  const digests: string[] = [];
  for (const tag of tags) digests.push(await publish(tag));
  return { collection, mirror: `${elsewhere.host}/${name}`, digests, publish };
}

async function tagsOf(host: string, name: string): Promise<readonly string[]> {
  const client = createRegistryClient();
  const tags: string[] = [];
  for await (const tag of client.repository({ registry: host, repository: name }).tags()) tags.push(tag);
  await client.close();
  return tags.filter((tag) => !tag.startsWith('sha256-')).toSorted();
}

const all = (...args: readonly string[]): readonly string[] => ['copy', '--all-tags', ...args];
const verify = ['verify', '--no-state', '--policy'] as const;

describe('copy --all-tags', () => {
  it('brings all tags with their signatures, and the catalogue with what it names, so that the copy verifies', async () => {
    const { collection, mirror, digests } = await repository('whole', 'v1', 'v2');
    await signReference(await world.push('whole:unpublished', 'unpublished'), world.key);
    const moved = await world.digestOf(await world.push('whole:v1', 'whole moved'));
    const done = await ok(all('-o', 'json', collection, mirror));
    const lines = jsonLines(done.stdout);
    expect(lines.map(({ destination }) => destination)).toEqual([
      `${mirror}:unpublished`,
      `${mirror}:v1`,
      `${mirror}:v2`,
      `${mirror}@${digests[0]}`,
      `${mirror}:signet-tags`,
    ]);
    expect(lines[1]).toMatchObject({ digest: moved, tags: ['v1'] });
    expect(await tagsOf(elsewhere.host, 'whole')).toEqual(['signet-tags', 'unpublished', 'v1', 'v2']);
    // By the catalogue, v1 is what was signed, whatever the tag of the registry names.
    for (const [at, tag] of ['v1', 'v2'].entries()) {
      const report = JSON.parse((await ok([...verify, policy, '-o', 'json', `${mirror}:${tag}`])).stdout);
      expect(report).toMatchObject({ verdict: 'verified', digest: digests[at] });
    }
    await ok(['verify', '--key', world.pub, `${mirror}:unpublished`]);
    const again = jsonLines((await ok(all('-o', 'json', collection, mirror))).stdout);
    expect(again.every(({ copied }) => copied === 0)).toBe(true);
  });

  it('works without a catalogue, and with a layout at either end', async () => {
    for (const tag of ['a', 'b']) await signReference(await world.push(`plain:${tag}`, `plain ${tag}`), world.key);
    const layout = `oci:${join(tempDir(), 'layout')}`;
    const out = await ok(all(`${world.host}/plain`, layout));
    expect(out.stdout.match(/^copied/gm)).toHaveLength(2);
    await ok(all(layout, `${elsewhere.host}/plain`));
    expect(await tagsOf(elsewhere.host, 'plain')).toEqual(['a', 'b']);
    await ok(['verify', '--key', world.pub, `${layout}:a`, `${elsewhere.host}/plain:b`]);
  });

  it('copies nothing where the catalogue may not be, and tells it', async () => {
    const { collection, mirror, publish } = await repository('newer', 'v1');
    await ok(all(collection, mirror));
    const older = `oci:${join(tempDir(), 'layout')}`;
    await ok(all(collection, older));
    await publish('v2');
    await ok(all(collection, mirror));
    await world.push('newer:v3', 'not yet there');
    expect(await signet(all(older, mirror))).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('CATALOGUE_NEWER'),
    });
  });

  it('leaves the catalogue where an image did not come, copies the others, and says so', async () => {
    const strict = await startEmbeddedRegistry({ immutableTags: ['*/taken:v1', '*:v1'] });
    try {
      const { collection, digests } = await repository('taken', 'v1', 'v2');
      await ok(['copy', await world.push('taken-before:v1', 'before'), `${strict.host}/taken:v1`]);
      const done = await signet(all(collection, `${strict.host}/taken`));
      expect(done).toMatchObject({ code: expect.any(Number), stderr: expect.stringContaining(`${collection}:v1`) });
      expect(done.code).not.toBe(0);
      expect(done.stderr).toContain('the catalogue of signed tags was not copied');
      expect(done.stdout).toContain(`${strict.host}/taken:v2@${digests[1]}`);
      expect(await tagsOf(strict.host, 'taken')).toEqual(['v1', 'v2']);
    } finally {
      await strict.stop();
    }
  });

  it('tells what the catalogue names and the registry has not, and copies the rest', async () => {
    const { collection, mirror, digests } = await repository('gone', 'v1', 'v2');
    const client = createRegistryClient();
    const store = client.repository({ registry: world.host, repository: 'gone' });
    await store.delete((await store.resolve(digests[0] ?? '')).descriptor);
    await client.close();
    const done = await ok(all(collection, mirror));
    expect(done.stderr).toContain(`note: the catalogue names ${collection}@${digests[0]}, which is not there`);
    await ok([...verify, policy, `${mirror}:v2`]);
  });

  it.each([
    ['a tag of the source', ['a/b:1', 'a/c'], 'without tag and digest'],
    ['a tag of the destination', ['a/b', 'a/c:1'], 'without tag and digest'],
    ['a digest', [`a/b@sha256:${'0'.repeat(64)}`, 'a/c'], 'without tag and digest'],
  ])('refuses %s', async (_, names, why) => {
    const args = names.map((name) => `${world.host}/${name}`);
    expect(await signet(all(...args))).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(why) });
  });

  it('does not take a repository that is not there for an empty one', async () => {
    const done = await signet(all(`${world.host}/nothing`, `${elsewhere.host}/nothing`));
    expect(done).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('NOT_FOUND') });
  });
});
