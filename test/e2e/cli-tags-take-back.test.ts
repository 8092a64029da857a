import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { type CliWorld, createCliWorld, makeKey, ok } from './cli-world.ts';

let world: CliWorld;
let publisher: { readonly key: string; readonly pub: string };
let policy: string;
beforeAll(async () => {
  world = await createCliWorld();
  publisher = await makeKey(`${world.dir}/publisher`);
  policy = `${world.dir}/policy.json`;
  writeFileSync(policy, policyText({}));
});
afterAll(() => world.server.stop('SIGKILL'));

/** `rule`: what the rule says beside. */
function policyText(rule: object): string {
  const images = [`${world.host}/shop/**`];
  return JSON.stringify({
    version: 1,
    trust: { release: { keys: ['k.pub'] }, publisher: { keys: ['publisher.pub'] } },
    catalogues: { shop: { collections: images[0], signedBy: 'publisher' } },
    rules: [{ images, require: 'release', tag: 'trusted', catalogue: 'shop', ...rule }],
  });
}
const state = (): readonly string[] => ['--policy', policy, '--state', `${world.dir}/state`];
const writing = (): readonly string[] => [...state(), '--catalogue-key', publisher.key];
/** A repository with a catalogue that holds `v1`. */
async function begin(name: string): Promise<{ readonly repository: string; readonly digest: string }> {
  const repository = `${world.host}/${name}`;
  await ok(['tags', 'init', ...writing(), repository]);
  const image = await world.push(`${name}:v1`);
  await ok(['sign', '--key', world.key, '--publish', ...writing(), image]);
  return { repository, digest: await world.digestOf(image) };
}
const listed = async (repository: string) =>
  JSON.parse((await signet(['tags', 'list', '--policy', policy, '-o', 'json', repository])).stdout);
const status = (...repositories: readonly string[]) => signet(['tags', 'status', '--policy', policy, ...repositories]);

describe('tags remove', () => {
  const remove = (reference: string, ...more: readonly string[]): readonly string[] => [
    ...['tags', 'remove', '--key', world.key, ...writing(), ...more],
    reference,
  ];

  it('takes a tag out, once; signing it anew brings it back only as a wanted rollback', async () => {
    const { repository } = await begin('shop/one');
    expect((await ok(remove(`${repository}:v1`, '--dry-run'))).stdout).toContain('would be done');
    expect((await ok(remove(`${repository}:v1`))).stdout).toMatch(/removed {2}v1 {2}published/);
    expect(await listed(repository)).toMatchObject({ tags: [], removed: [{ tag: 'v1' }] });
    expect((await ok(remove(`${repository}:v1`))).stdout).toContain('nothing to do');
    const sign = ['sign', '--key', world.key, '--publish', ...writing(), `${repository}:v1`];
    expect(await signet(sign)).toMatchObject({ code: 1, stderr: expect.stringContaining('error[DIGEST_LEFT]') });
    await ok([...sign, '--rollback']);
    expect((await listed(repository)).tags).toHaveLength(1);
  });

  it('is refused for what is not there, and to whom the policy does not know', async () => {
    const { repository } = await begin('shop/refused');
    const denied = (code: string) => ({ code: 1, stdout: '', stderr: expect.stringContaining(`error[${code}]`) });
    expect(await signet(remove(`${repository}:v9`))).toMatchObject(denied('TAG_NOT_SIGNED'));
    expect(await signet(remove(`${repository}:v1`, '--key', publisher.key))).toMatchObject(denied('OPERATION_REFUSED'));
    expect(await signet(remove(repository))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('error[USAGE]'),
    });
  });
});

describe('tags revoke', () => {
  it('denies a digest for good, whoever signs it', async () => {
    const { repository, digest } = await begin('shop/revoked');
    const revoke = (...more: readonly string[]): readonly string[] => [
      ...['tags', 'revoke', '--key', world.key, ...state(), ...more, `${repository}@${digest}`],
    ];
    expect(await signet(revoke('--stage'))).toMatchObject({ code: 2, stderr: expect.stringContaining('--reason') });
    const why = ['--reason', 'CVE-2026-1\u001b'];
    expect((await ok(revoke('--stage', ...why))).stdout).toContain('recorded, not yet published');
    expect(await status(repository)).toMatchObject({ code: 1, stdout: expect.stringContaining(`revoke ${digest}`) });
    await ok(['tags', 'publish', ...writing(), repository]);
    expect((await listed(repository)).revoked).toMatchObject([{ digest, reason: 'CVE-2026-1\u001b' }]);
    expect((await ok(revoke('--stage', ...why))).stdout).toContain('nothing to do');
    const sign = ['sign', '--key', world.key, '--publish', ...writing(), '--again', `${repository}:v1`];
    expect(await signet(sign)).toMatchObject({ code: 1, stderr: expect.stringContaining('is revoked') });
  });

  it('wants a reason that is not long, and a digest', async () => {
    for (const [reason, reference] of [
      ['x'.repeat(81), `a.example/b@sha256:${'0'.repeat(64)}`],
      ['why', 'a.example/b:v1'],
    ] as const)
      expect(await signet(['tags', 'revoke', '--key', 'k', '--reason', reason, reference])).toMatchObject({ code: 2 });
  });
});

describe('tags status', () => {
  it('is well, or says what is to be done', async () => {
    const { repository } = await begin('shop/status');
    expect(await status(repository)).toMatchObject({ code: 0, stdout: expect.stringContaining('  well\n') });
    const none = `${world.host}/shop/none`;
    expect(await status(repository, none)).toMatchObject({ code: 1, stdout: expect.stringContaining('none: nothing') });
  });

  it('tells of tags that the policy denies', async () => {
    const { repository } = await begin('shop/denied');
    const other = `${world.dir}/other.json`;
    writeFileSync(other, policyText({ require: 'publisher' }));
    const denied = ['tags', 'status', '--policy', other, repository];
    expect(await signet(denied)).toMatchObject({ code: 1, stdout: expect.stringContaining('v1: its statements') });
  });

  it('does not take keys beside a policy', async () => {
    expect(await signet(['tags', 'status', '--policy', policy, '--key', world.pub, 'a.example/b'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('error[USAGE]'),
    });
  });
});

describe('tags gc', () => {
  it('leaves what is young, and has nothing to hold it against without a catalogue', async () => {
    const { repository } = await begin('shop/gc');
    const { stdout } = await ok(['tags', 'gc', '--policy', policy, '-o', 'json', repository]);
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, removed: 0 });
    expect((await ok(['tags', 'gc', '--policy', policy, '--dry-run', repository])).stdout).toMatch(
      /^0 journal entries would be removed /,
    );
    expect(await signet(['tags', 'gc', '--policy', policy, `${world.host}/shop/none`])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('error[HEAD_MISSING]'),
    });
  });
});
