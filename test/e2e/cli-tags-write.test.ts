import { existsSync, writeFileSync } from 'node:fs';
import { isDigest } from '@signet/oci';
import { encodeReceipt } from '@signet/signed-tags';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { type CliWorld, createCliWorld, jsonLines, makeKey, ok } from './cli-world.ts';

let world: CliWorld;
let publisher: { readonly key: string; readonly pub: string };
beforeAll(async () => {
  world = await createCliWorld();
  publisher = await makeKey(`${world.dir}/publisher`);
});
afterAll(() => world.server.stop('SIGKILL'));

/** Who publishes, and what he remembers. */
const writing = (state = 'state'): readonly string[] => [
  '--catalogue-key',
  publisher.key,
  '--key',
  world.pub,
  '--state',
  `${world.dir}/${state}`,
];
const init = (name: string, ...more: readonly string[]): readonly string[] => [
  'tags',
  'init',
  ...writing(),
  ...more,
  `${world.host}/${name}`,
];

describe('tags init', () => {
  it('writes a catalogue without tags, and says what to keep and what the policy has to say', async () => {
    const { stdout } = await ok(init('shop/one'));
    expect(stdout).toContain(`published  ${world.host}/shop/one\n`);
    expect(stdout).toContain(publisher.key);
    expect(stdout).toContain(`${world.dir}/state/`);
    const policy = `${world.dir}/pasted.yaml`;
    writeFileSync(policy, `version: 1\n${stdout.slice(stdout.indexOf('trust:\n'))}`);
    await ok(['policy', 'check', policy]);
    const { stdout: listed } = await ok(['tags', 'list', '--policy', policy, `${world.host}/shop/one`]);
    expect(listed).toContain('0 tags, 0 removed, 0 digests revoked');
  });

  it('tells a program the same: its policy is a policy', async () => {
    const { stdout } = await ok([...init('shop/two'), '-o', 'json']);
    const begun = JSON.parse(stdout);
    expect(begun).toMatchObject({
      version: 1,
      collection: `${world.host}/shop/two`,
      outcome: 'published',
      written: true,
      keep: { catalogueKeys: [publisher.key], state: expect.stringContaining(world.dir) },
    });
    expect(existsSync(begun.keep.state)).toBe(true);
    const policy = `${world.dir}/pasted.json`;
    writeFileSync(policy, JSON.stringify({ version: 1, ...begun.policy }));
    const { stdout: again } = await ok([
      ...['tags', 'publish', '--policy', policy, '--catalogue-key', publisher.key, '--state', `${world.dir}/state`],
      `${world.host}/shop/two`,
    ]);
    expect(again).toContain('nothing to do');
  });

  it('only looks with --dry-run', async () => {
    const { stdout } = await ok(init('shop/look', '--dry-run'));
    expect(stdout).toContain(`can be begun  ${world.host}/shop/look\n`);
    expect(
      await signet(['tags', 'list', '--publisher', publisher.pub, '--key', world.pub, `${world.host}/shop/look`]),
    ).toMatchObject({ code: 1, stderr: expect.stringContaining('error[CATALOGUE_MISSING]') });
  });

  it('refuses where something is there, or remembered', async () => {
    const exists = { code: 2, stdout: '', stderr: expect.stringContaining('error[CATALOGUE_EXISTS]') };
    await ok(init('shop/three'));
    expect(await signet(init('shop/three', '--state', `${world.dir}/other`))).toMatchObject(exists);
    expect(await signet(init('shop/three', '--dry-run'))).toMatchObject(exists);
    await ok(init('shop/four', '--state', `${world.dir}/kept`));
    const remembered = ['--collection', `${world.host}/shop/four`, '--state', `${world.dir}/kept`];
    expect(await signet(init('shop/five', ...remembered))).toMatchObject({
      ...exists,
      stderr: expect.stringContaining('something is remembered here'),
    });
  });

  it.each([
    ['no key of the catalogue', () => ['--key', world.pub]],
    ['no key of tags', () => ['--catalogue-key', publisher.key]],
    ['a name of a catalogue without a policy', () => [...writing(), '--catalogue', 'shop']],
    ['policy and key', () => [...writing(), '--policy', 'policy.yaml']],
  ])('wants to be told: %s', async (_what, flags) => {
    expect(await signet(['tags', 'init', ...flags(), `${world.host}/shop/none`])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('error[USAGE]'),
    });
  });
});

describe('tags refresh', () => {
  const refresh = (...more: readonly string[]): readonly string[] => ['tags', 'refresh', ...writing(), ...more];

  it('signs catalogues anew, and tells which could not be', async () => {
    await ok(init('fresh/one'));
    await ok(init('fresh/two'));
    const repositories = ['one', 'none', 'two'].map((name) => `${world.host}/fresh/${name}`);
    const done = await signet(refresh('-o', 'json', ...repositories));
    expect(done).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`error[HEAD_MISSING]: ${world.host}/fresh/none`),
    });
    expect(jsonLines(done.stdout)).toMatchObject([
      { collection: repositories[0], outcome: 'published', written: true },
      { collection: repositories[2], outcome: 'published', written: true },
    ]);
    expect(done.stderr).toContain('without --policy');
  });

  it('writes nothing with --dry-run', async () => {
    await ok(init('fresh/dry'));
    const { stdout } = await ok([...refresh('--dry-run'), '-o', 'json', `${world.host}/fresh/dry`]);
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, well: true, pending: [], catalogue: { tags: 0 } });
  });

  it('does not go on from a catalogue that may be an old one', async () => {
    await ok(init('fresh/cold'));
    const repository = `${world.host}/fresh/cold`;
    const cold = refresh('--state', `${world.dir}/nothing`, repository);
    expect(await signet(cold)).toMatchObject({ code: 2, stderr: expect.stringContaining('error[WRITER_COLD]') });
    expect((await ok([...cold, '--cold'])).stderr).toContain('remark  nothing was remembered');
  });

  it('is let by a receipt that is not newer, of this collection', async () => {
    await ok(init('fresh/receipt'));
    const [repository, file] = [`${world.host}/fresh/receipt`, `${world.dir}/receipt.json`];
    const refreshAfter = (collection: string, issuedMs: number) => {
      const digest = `sha256:${'1'.repeat(64)}`;
      if (!isDigest(digest)) throw new RangeError(digest);
      writeFileSync(file, encodeReceipt({ collection, tag: 'v1', digest, atMs: issuedMs, issuedMs }));
      return signet(refresh('--no-state', '--after', file, repository));
    };
    expect(await refreshAfter(repository, Date.now() + 60_000)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('error[HEAD_TOO_OLD]'),
    });
    expect(await refreshAfter(`${repository}/other`, 1000)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the receipt is that of'),
    });
    expect(await refreshAfter(repository, Date.now() - 60_000)).toMatchObject({ code: 0 });
  });

  it('is refused the key that the policy does not name', async () => {
    await ok(init('fresh/foreign'));
    const other = await makeKey(`${world.dir}/foreign`);
    const { stdout } = await ok([...init('fresh/foreign-2'), '-o', 'json']);
    const policy = `${world.dir}/foreign.json`;
    writeFileSync(policy, JSON.stringify({ version: 1, ...JSON.parse(stdout).policy }));
    const flags = ['--policy', policy, '--catalogue-key', other.key, '--state', `${world.dir}/state`];
    expect(await signet(['tags', 'refresh', ...flags, `${world.host}/fresh/foreign-2`])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('error[SIGNER_NOT_TRUSTED]'),
    });
  });
});
