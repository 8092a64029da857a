import { readFileSync, writeFileSync } from 'node:fs';
import { parseReceipt } from '@signet/signed-tags';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { type CliWorld, createCliWorld, jsonLines, makeKey, ok } from './cli-world.ts';

let world: CliWorld;
let publisher: { readonly key: string; readonly pub: string };
let other: { readonly key: string; readonly pub: string };
let policy: string;
beforeAll(async () => {
  world = await createCliWorld();
  publisher = await makeKey(`${world.dir}/publisher`);
  other = await makeKey(`${world.dir}/other`);
  policy = `${world.dir}/policy.json`;
  const rule = (images: string, require: object | string) => ({
    images: [`${world.host}/${images}`],
    require,
    tag: 'trusted',
    catalogue: 'shop',
  });
  writeFileSync(
    policy,
    JSON.stringify({
      version: 1,
      trust: {
        release: { keys: ['k.pub'] },
        security: { keys: ['other.pub'] },
        publisher: { keys: ['publisher.pub'] },
      },
      catalogues: { shop: { collections: `${world.host}/shop/**`, signedBy: 'publisher' } },
      rules: [rule('shop/**', 'release'), rule('shop/two', { all: ['release', 'security'] })],
    }),
  );
});
afterAll(() => world.server.stop('SIGKILL'));

const state = (): readonly string[] => ['--policy', policy, '--state', `${world.dir}/state`];
const writing = (): readonly string[] => [...state(), '--catalogue-key', publisher.key];
/** A repository with a catalogue. */
async function begin(name: string): Promise<string> {
  await ok(['tags', 'init', ...writing(), `${world.host}/${name}`]);
  return `${world.host}/${name}`;
}
const publish = (reference: string, ...more: readonly string[]): readonly string[] => [
  ...['sign', '--key', world.key, '--publish', ...writing(), ...more],
  reference,
];
const stage = (reference: string, ...more: readonly string[]): readonly string[] => [
  ...['sign', '--key', world.key, '--stage', ...state(), ...more],
  reference,
];
/** What the catalogue says of a tag. */
async function tagOf(repository: string, tag: string) {
  const { stdout } = await signet(['tags', 'inspect', '--policy', policy, '-o', 'json', `${repository}:${tag}`]);
  return stdout === '' ? undefined : JSON.parse(stdout).tags[0];
}

describe('sign --publish', () => {
  it('makes the tag that image, writes nothing when it is repeated, and gives a receipt both times', async () => {
    const repository = await begin('shop/api');
    const image = await world.push('shop/api:v1', 'one');
    const digest = await world.digestOf(image);
    const receipt = `${world.dir}/receipt.json`;
    const { stdout } = await ok(publish(image, '--receipt', receipt));
    expect(stdout).toContain(`signed  ${image}@${digest}`);
    expect(stdout).toContain(`published  ${repository}\n`);
    const first = parseReceipt(readFileSync(receipt));
    expect(first).toMatchObject({ collection: repository, tag: 'v1', digest });
    expect(await tagOf(repository, 'v1')).toMatchObject({
      digest,
      verdict: 'verified',
      statements: [{ counts: true }],
    });
    expect((await ok(publish(image, '--receipt', receipt))).stdout).toContain(`published before  ${image}@${digest}`);
    expect(parseReceipt(readFileSync(receipt))).toEqual(first);
    const [, again] = jsonLines((await ok(publish(image, '--again', '-o', 'json'))).stdout);
    expect(again).toMatchObject({ outcome: 'published', written: true, operations: [{ tag: 'v1', digest }] });
  });

  it('does not let a repeated job of an old build set the tag back, but a wanted rollback', async () => {
    const repository = await begin('shop/back');
    const old = await world.push('shop/back:v1', 'old');
    const oldDigest = await world.digestOf(old);
    await ok(publish(old));
    const newDigest = await world.digestOf(await world.push('shop/back:v1', 'new'));
    await ok(publish(old));
    expect(await tagOf(repository, 'v1')).toMatchObject({ digest: newDigest, was: [{ digest: oldDigest }] });
    await world.push('shop/back:v1', 'old');
    expect(await signet(publish(old))).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/error\[DIGEST_LEFT\].*has gone on[\s\S]*--rollback/),
    });
    expect(await tagOf(repository, 'v1')).toMatchObject({ digest: newDigest });
    expect(await signet(publish(old, '--dry-run'))).toMatchObject({ code: 1 });
    await ok(publish(old, '--rollback'));
    expect(await tagOf(repository, 'v1')).toMatchObject({ digest: oldDigest, was: [{ digest: newDigest }] });
  });

  it('publishes several tags of a repository at once, what fails beside', async () => {
    const repository = await begin('shop/many');
    const images = [await world.push('shop/many:a'), await world.push('shop/many:b')];
    const done = await signet(publish(images[0] ?? '', images[1] ?? '', `${repository}:none`));
    expect(done).toMatchObject({ code: 3, stderr: expect.stringContaining(`error[NOT_FOUND]: ${repository}:none`) });
    const { stdout } = await ok(['tags', 'list', '--policy', policy, '-o', 'json', repository]);
    expect(JSON.parse(stdout).tags.map(({ tag }: { readonly tag: string }) => tag)).toEqual(['a', 'b']);
  });

  it('says "waiting" until all signers of the rule have signed', async () => {
    const repository = await begin('shop/two');
    const image = await world.push('shop/two:v1');
    expect(await signet(publish(image))).toMatchObject({ code: 3, stdout: expect.stringContaining('waiting  ') });
    expect(await tagOf(repository, 'v1')).toBeUndefined();
    await ok(['sign', '--key', other.key, '--publish', ...writing(), image]);
    expect((await tagOf(repository, 'v1')).statements).toHaveLength(2);
  });

  it('shows what it would do with --dry-run, and writes nothing', async () => {
    const repository = await begin('shop/dry');
    const image = await world.push('shop/dry:v1');
    expect((await ok(publish(image, '--dry-run'))).stdout).toContain(`would sign  ${image}@`);
    expect(await tagOf(repository, 'v1')).toBeUndefined();
    await ok(publish(image));
    expect((await ok(publish(image, '--dry-run'))).stdout).toContain('would do nothing');
  });

  it.each(['--publish', '--stage'])(
    'shows that without keys, too, where a policy says whose count: %s',
    async (how) => {
      const repository = await begin(`shop/look${how}`);
      const image = await world.push(`shop/look${how}:v1`);
      const look = (...more: readonly string[]): readonly string[] => ['sign', how, '--dry-run', ...more];
      expect((await ok(look(...state(), image))).stdout).toContain(`would sign  ${image}@`);
      const other = await world.push(`shop/look${how}:v2`, 'other');
      await ok(publish(other));
      const { stdout } = await ok(look(...state(), '-o', 'json', image, other));
      expect(jsonLines(stdout)).toMatchObject([{ would: 'sign' }, { would: 'held' }]);
      expect((await ok(look(...state(), '--key', world.key, other))).stdout).toContain('would do nothing');
      expect((await ok(look(...state(), '--again', other))).stdout).toContain('would sign  ');
      expect(await tagOf(repository, 'v1')).toBeUndefined();
      // What it takes without keys is a policy, and to sign it takes keys.
      const without = ['--cold', '--state', `${world.dir}/state`, image];
      expect(await signet(['sign', '--publish', '--dry-run', ...without])).toMatchObject({ code: 2 });
      expect(await signet(['sign', how, ...state(), image])).toMatchObject({ code: 2 });
      // What nobody could publish is told as well.
      const cold = await signet([
        'sign',
        '--publish',
        '--dry-run',
        '--policy',
        policy,
        '--state',
        `${world.dir}/new`,
        image,
      ]);
      expect(cold.stderr).toContain('WRITER_COLD');
    },
  );

  it('signs nothing where nothing could be published', async () => {
    const image = await world.push('shop/missing:v1');
    expect(await signet(publish(image))).toMatchObject({ code: 1, stderr: expect.stringContaining('HEAD_MISSING') });
    await begin('shop/missing');
    const cold = publish(image, '--state', `${world.dir}/nothing`);
    expect(await signet(cold)).toMatchObject({ code: 2, stderr: expect.stringContaining('error[WRITER_COLD]') });
    const foreign = ['sign', '--key', publisher.key, '--publish', ...writing(), image];
    expect(await signet(foreign)).toMatchObject({ code: 1, stderr: expect.stringContaining('OPERATION_REFUSED') });
    const thief = ['sign', '--key', world.key, '--publish', ...state(), '--catalogue-key', other.key, image];
    expect(await signet(thief)).toMatchObject({ code: 1, stderr: expect.stringContaining('SIGNER_NOT_TRUSTED') });
    const head = image.replace(/:v1$/, ':signet-tags');
    expect(await signet(publish(head))).toMatchObject({ code: 1, stderr: expect.stringContaining('is reserved') });
    for (const each of [image, head]) expect((await ok(['tree', each])).stdout).not.toContain('sigstore');
    expect((await ok([...cold, '--cold'])).stderr).toContain('remark  nothing was remembered');
  });

  it('needs no policy', async () => {
    const [repository, image] = [`${world.host}/free/api`, await world.push('free/api:v1')];
    const flags = ['--catalogue-key', publisher.key, '--key', world.key, '--state', `${world.dir}/free`];
    await ok(['tags', 'init', ...flags, repository]);
    expect((await ok(['sign', '--publish', ...flags, image])).stderr).toContain('without --policy');
    await ok(['tags', 'inspect', '--publisher', publisher.pub, '--key', world.pub, image]);
  });
});

describe('sign --stage', () => {
  it('records it, and the publisher publishes', async () => {
    const repository = await begin('shop/staged');
    const image = await world.push('shop/staged:v1');
    expect((await ok(stage(image))).stdout).toContain(`recorded, not yet published  ${repository}\n  journal    `);
    expect(await tagOf(repository, 'v1')).toBeUndefined();
    const { stdout } = await ok(['tags', 'publish', ...state(), '--dry-run', repository]);
    expect(stdout).toMatch(/recorded {3}sign v1 sha256:[0-9a-f]{64}, not yet published/);
    await ok(['tags', 'publish', ...writing(), repository]);
    expect(await tagOf(repository, 'v1')).toMatchObject({ verdict: 'verified' });
    expect((await ok(stage(image))).stdout).toContain('published before');
  });

  it('waits until it is published, and has a receipt then', async () => {
    const repository = await begin('shop/waited');
    const image = await world.push('shop/waited:v1');
    const receipt = `${world.dir}/waited.json`;
    const waiting = signet(stage(image, '--wait', '2m', '--receipt', receipt));
    let { stdout } = await ok(['tags', 'publish', ...writing(), '-o', 'json', repository]);
    while (JSON.parse(stdout).written === false)
      ({ stdout } = await ok(['tags', 'publish', ...writing(), '-o', 'json', repository]));
    expect(await waiting).toMatchObject({ code: 0, stdout: expect.stringContaining(`published  ${repository}`) });
    expect(parseReceipt(readFileSync(receipt))).toMatchObject({ tag: 'v1', digest: await world.digestOf(image) });
  });

  it('ends undecided where nobody publishes in time', async () => {
    await begin('shop/late');
    const image = await world.push('shop/late:v1');
    expect(await signet(stage(image, '--wait', '100ms'))).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('recorded, not yet published'),
    });
  });
});

describe('what makes no sense together', () => {
  it.each<readonly [string, readonly string[]]>([
    ['publish and stage', ['--publish', '--stage']],
    ["cosign's form", ['--publish', '--format', 'cosign']],
    ['no tag', ['--publish', '--no-tag']],
    ['another name', ['--publish', '--signed-reference', 'registry.example.com/a:b']],
    ['signing elsewhere', ['--publish', '--payload-out', 'file']],
    ['waiting for oneself', ['--publish', '--wait', '1s']],
    ['staging without a policy', ['--stage']],
    ['a receipt of what is recorded', ['--stage', '--policy', 'p', '--receipt', 'r']],
    ['staging with the key of the catalogue', ['--stage', '--policy', 'p', '--catalogue-key', 'k']],
    ['a receipt without either', ['--receipt', 'r']],
    ['a catalogue key without either', ['--catalogue-key', 'k']],
    ['a digest without a tag', ['--publish', '--catalogue-key', 'k', `a.example/b@sha256:${'0'.repeat(64)}`]],
  ])('is refused: %s', async (_what, flags) => {
    const reference = flags.some((flag) => flag.includes('@')) ? [] : ['registry.example.com/a:b'];
    expect(await signet(['sign', '--key', world.key, ...flags, ...reference])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('error[USAGE]'),
    });
  });
});
