import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { signet } from '../support/cli.ts';
import { startCountingProxy } from '../support/counting-proxy.ts';
import { tempDir } from '../support/temp.ts';
import { type CliWorld, createCliWorld, jsonLines, makeKey, ok, signReference } from './cli-world.ts';

let world: CliWorld;
let publisher: { readonly key: string };
let policy = '';
beforeAll(async () => {
  world = await createCliWorld();
  publisher = await makeKey(join(world.dir, 'publisher'));
  policy = join(world.dir, 'policy.yaml');
  writeFileSync(
    policy,
    `version: 1
trust: { release: { keys: [k.pub] }, publisher: { keys: [publisher.pub] } }
catalogues: { shop: { collections: "${world.host}/**", signedBy: publisher } }
rules: [{ images: ["${world.host}/**"], require: release, tag: trusted, catalogue: shop }]
`,
  );
});
afterAll(() => world.server.stop('SIGKILL'));

/** A repository in use: two images that are signed, one that is not, one that another has signed. */
async function repository(name: string) {
  const collection = `${world.host}/${name}`;
  const [one, two, , foreign] = await Promise.all(
    ['one', 'two', 'plain', 'foreign'].map((tag) => world.push(`${name}:${tag}`, `${name} ${tag}`)),
  );
  const other = await makeKey(join(tempDir(), 'other'));
  for (const signed of [one, two]) await signReference(signed ?? '', world.key);
  await signReference(foreign ?? '', other.key);
  const state = tempDir();
  const how = ['--adopt', '--policy', policy, '--state', state, '--catalogue-key', publisher.key, '--key', world.key];
  const adopt = (...more: readonly string[]) => signet(['tags', 'init', ...how, ...more, collection]);
  const isTrusted = async (tag: string) =>
    (await signet(['verify', '--policy', policy, '--no-state', `${collection}:${tag}`])).code === 0;
  return { collection, adopt, isTrusted };
}

describe('tags init --adopt', () => {
  it('shows what each tag names by the rule, signs what is accepted, and nothing else', async () => {
    const { collection, adopt, isTrusted } = await repository('shop/used');
    const done = await adopt('--yes');
    expect(done.code, done.stderr).toBe(1);
    expect(done.stdout).toMatch(/ {2}foreign {2}sha256:\w+ {2}denied {2}\S.*\n {2}one {6}sha256:\w+ {2}accepted/);
    expect(done.stdout).toMatch(/ {2}plain {4}sha256:\w+ {2}denied/);
    expect(done.stdout).toMatch(/^published {2}/m);
    expect(await Promise.all(['one', 'two', 'plain', 'foreign'].map(isTrusted))).toEqual([true, true, false, false]);
    const { stdout } = await ok(['tags', 'list', '--policy', policy, '-o', 'json', collection]);
    expect(JSON.parse(stdout).tags.map(({ tag }: { tag: string }) => tag)).toEqual(['one', 'two']);
  });

  it('goes on where it was broken off, and has nothing to do in the end', async () => {
    const { adopt, isTrusted, collection } = await repository('shop/again');
    await adopt('--yes');
    await signReference(`${collection}:plain`, world.key);
    const again = await adopt('--yes');
    expect(again.stderr).toContain('there is a catalogue already');
    expect(await isTrusted('plain')).toBe(true);
    const last = await adopt('--yes', '-o', 'json');
    expect(jsonLines(last.stdout)[0]).toMatchObject({
      tags: [{ tag: 'foreign', adoption: 'denied', verdict: 'denied' }, { tag: 'one', adoption: 'there' }, {}, {}],
    });
  });

  it('does not set a tag back that was moved to an older image, which is signed, since it was adopted', async () => {
    const collection = `${world.host}/shop/back`;
    // Signed by digest alone: no statement, as of those who knew no signed tags.
    const pushSigned = async (text: string): Promise<string> => {
      const digest = await world.digestOf(await world.push('shop/back:one', text));
      await ok(['sign', '--key', world.key, `${collection}@${digest}`]);
      return digest;
    };
    await pushSigned('older');
    const newer = await pushSigned('newer');
    const how = ['--policy', policy, '--state', tempDir(), '--catalogue-key', publisher.key, '--key', world.key];
    const adopt = () => signet(['tags', 'init', '--adopt', '--yes', ...how, collection]);
    const trusted = async () => (await ok(['resolve', '--policy', policy, '--no-state', `${collection}:one`])).stdout;
    expect((await adopt()).code).toBe(0);
    expect(await trusted()).toContain(newer);
    await world.push('shop/back:one', 'older');
    expect(await adopt()).toMatchObject({ code: 1, stdout: expect.stringMatching(/one {2}sha256:\w+ {2}differs/) });
    expect(await trusted()).toContain(newer);
  });

  it('a tag that cannot be read is undecided, and keeps nobody from the others', async () => {
    const { collection } = await repository('shop/unread');
    const proxy = await startCountingProxy(world.host, 0, (path) =>
      path.endsWith('/manifests/two') ? 403 : undefined,
    );
    onTestFinished(() => proxy.stop());
    const there = collection.replace(world.host, proxy.host);
    const own = join(world.dir, 'proxied.yaml');
    writeFileSync(own, readFileSync(policy, 'utf8').replaceAll(`"${world.host}/**"`, `"${proxy.host}/**"`));
    const how = ['--adopt', '--dry-run', '--policy', own, '--no-state', '--plain-http'];
    const done = await signet(['tags', 'init', ...how, '-o', 'json', there]);
    expect(done.code, done.stderr).toBe(1);
    expect(jsonLines(done.stdout)[0]).toMatchObject({
      tags: [
        { tag: 'foreign', adoption: 'denied' },
        { tag: 'one', adoption: 'accepted' },
        { tag: 'plain', adoption: 'denied' },
        { tag: 'two', adoption: 'undecided', verdict: 'undecided' },
      ],
    });
    expect((await signet(['tags', 'init', ...how, there])).stdout).toMatch(/two {6}not read {2}undecided/);
  });

  it('more tags than are judged at a time', async () => {
    const collection = `${world.host}/shop/many`;
    const names = Array.from({ length: 25 }, (_, at) => `v${String(at).padStart(2, '0')}`);
    const digest = await world.digestOf(await world.push(`shop/many:${names[0]}`, 'many'));
    await ok(['sign', '--key', world.key, `${collection}@${digest}`]);
    for (const name of names.slice(1)) await world.push(`shop/many:${name}`, 'many');
    const how = ['--policy', policy, '--state', tempDir(), '--catalogue-key', publisher.key, '--key', world.key];
    await ok(['tags', 'init', '--adopt', '--yes', ...how, collection]);
    const { stdout } = await ok(['tags', 'list', '--policy', policy, '-o', 'json', collection]);
    expect(JSON.parse(stdout).tags.map(({ tag }: { tag: string }) => tag)).toEqual(names);
  });

  it('only looks with --dry-run, without a key, and asks before it signs', async () => {
    const { adopt, isTrusted, collection } = await repository('shop/asked');
    const looked = await signet(['tags', 'init', '--adopt', '--dry-run', '--policy', policy, '--no-state', collection]);
    expect(looked).toMatchObject({ code: 1, stdout: expect.stringContaining('accepted') });
    expect(await adopt()).toMatchObject({ code: 2, stderr: expect.stringContaining('hint: --yes') });
    expect(await isTrusted('one')).toBe(false);
  });

  it.each<[string, readonly string[], string]>([
    ['without a policy', ['--adopt', '--key', 'k'], '--adopt needs --policy'],
    ['without a key', ['--adopt', '--policy', 'p.yaml'], 'one private key'],
    ['with two keys', ['--adopt', '--policy', 'p.yaml', '--key', 'a', '--key', 'b'], 'one private key'],
    ['--yes without it', ['--yes', '--policy', 'p.yaml'], '--yes is given with --adopt'],
  ])('is refused %s', async (_, args, message) => {
    const done = await signet(['tags', 'init', ...args, '--catalogue-key', publisher.key, `${world.host}/shop/none`]);
    expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});
