import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import type { TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { type RunResult, run } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { type CliWorld, createCliWorld, makeKey, ok } from './cli-world.ts';

let world: CliWorld;
let elsewhere: TestRegistry;
let publisher: { readonly key: string; readonly pub: string };
let policy = '';
beforeAll(async () => {
  [world, elsewhere] = await Promise.all([createCliWorld(), startEmbeddedRegistry()]);
  publisher = await makeKey(join(world.dir, 'publisher'));
  policy = writePolicy('policy.yaml', `, mirrors: ["${elsewhere.host}/**"]`);
});
afterAll(async () => {
  await elsewhere.stop();
  await world.server.stop('SIGKILL');
});

function writePolicy(name: string, more: string): string {
  const path = join(world.dir, name);
  const images = `images: ["${world.host}/**", "${elsewhere.host}/**"]`;
  writeFileSync(
    path,
    `version: 1
trust: { release: { keys: [k.pub] }, publisher: { keys: [publisher.pub] } }
catalogues: { shop: { collections: "${world.host}/**", signedBy: publisher${more} } }
rules: [{ ${images}, require: release, tag: trusted, catalogue: shop }]
`,
  );
  return path;
}

/** A repository with a published tag, a folder for what is taken out, and a state for each who asks. */
async function repository(name: string) {
  const collection = `${world.host}/${name}`;
  const state = tempDir();
  const own = ['--policy', policy, '--state', state];
  await ok(['tags', 'init', collection, ...own, '--catalogue-key', publisher.key]);
  const publish = async (tag: string): Promise<string> => {
    const reference = await world.push(`${name}:${tag}`, `${name} ${tag}`);
    await ok(['sign', '--publish', '--key', world.key, '--catalogue-key', publisher.key, ...own, reference]);
    return reference;
  };
  await publish('v1');
  return { collection, mirror: `${elsewhere.host}/${name}`, folder: join(tempDir(), 'layout'), publish };
}

const cold = (): readonly string[] => ['--policy', policy, '--no-state'];

describe('signet tags export and import', () => {
  it('carry catalogue, images and signatures to a registry where they verify as a mirror, and only so', async () => {
    const { collection, mirror, folder } = await repository('whole');
    const out = await ok(['tags', 'export', ...cold(), '--images', collection, folder]);
    expect(out.stdout).toMatch(new RegExp(`^exported  ${collection}\n  catalogue  sha256:[0-9a-f]{64}, 1 tags\n`));
    expect(out.stdout).toContain('  images     1\n');
    const dry = await ok(['tags', 'import', ...cold(), '--dry-run', folder, mirror]);
    expect(dry.stdout).toMatch(/^would be imported {2}/);
    expect((await signet(['verify', ...cold(), `${mirror}:v1`])).code).toBe(1);
    expect((await ok(['tags', 'import', ...cold(), folder, mirror])).stdout).toMatch(/^imported {2}/);
    expect((await ok(['verify', ...cold(), `${mirror}:v1`])).stdout).toContain('verified');
    const strange = writePolicy('no-mirrors.yaml', '');
    expect((await signet(['verify', '--policy', strange, '--no-state', `${mirror}:v1`])).code).not.toBe(0);
    expect((await ok(['tags', 'import', ...cold(), folder, mirror])).stdout).toMatch(/^there already {2}/);
  });

  it('never put an older catalogue over a newer one, nor where a newer one was seen', async () => {
    const { collection, mirror, folder, publish } = await repository('older');
    await ok(['tags', 'export', ...cold(), collection, folder]);
    await publish('v2');
    const over = await signet(['tags', 'import', ...cold(), folder, collection]);
    expect(over).toMatchObject({ code: 1, stderr: expect.stringContaining('CATALOGUE_NEWER') });
    expect((await ok(['resolve', ...cold(), `${collection}:v2`])).stdout).toContain('@sha256:');
    const state = ['--policy', policy, '--state', tempDir()];
    await ok(['resolve', ...state, `${collection}:v2`]);
    expect(await signet(['tags', 'import', ...state, folder, mirror])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('was seen here'),
    });
  });

  it('leave a layout that holds a newer catalogue as it is, and bring a later export over an earlier', async () => {
    const { collection, folder, publish } = await repository('twice');
    await ok(['tags', 'export', ...cold(), collection, folder]);
    await publish('v2');
    const again = await ok(['tags', 'export', ...cold(), '-o', 'json', collection, folder]);
    expect(JSON.parse(again.stdout)).toMatchObject({
      outcome: 'carried',
      tags: 2,
      replaced: { issued: expect.stringMatching(/Z$/) },
      unproven: [],
    });
  });

  it('say which tags do not meet the policy of today, and carry them all the same', async () => {
    const { collection, folder } = await repository('unproven');
    const other = await makeKey(join(world.dir, 'other'));
    const trust = ['--no-state', '--publisher', publisher.pub, '--key', other.pub];
    const out = await ok(['tags', 'export', ...trust, '-q', collection, folder]);
    expect(out.stdout).toMatch(/ {2}denied {5}v1: by the policy of today/);
  });

  it('write nothing when they are only asked', async () => {
    const { collection, folder } = await repository('asked');
    await ok(['tags', 'export', ...cold(), '--dry-run', '--images', collection, folder]);
    expect((await run('ls', [folder])).code).not.toBe(0);
  });

  it.each<[string, () => readonly string[], number, string]>([
    ['a layout that is not there', () => ['import', '/nowhere/at/all', `${world.host}/a`], 3, 'NOT_FOUND'],
    [
      'a repository without a catalogue',
      () => ['export', `${world.host}/none`, join(tempDir(), 'x')],
      1,
      'CATALOGUE_MISSING',
    ],
    ['a tag where a repository is wanted', () => ['export', `${world.host}/a:v1`, 'x'], 2, 'USAGE'],
  ])('refuse %s', async (_, args, code, error) => {
    const [verb = '', ...rest] = args();
    const done: RunResult = await signet(['tags', verb, ...cold(), ...rest]);
    expect(done).toMatchObject({ code, stderr: expect.stringContaining(error) });
  });
});

it('signet copy carries a catalogue too, but never an older one over a newer', async () => {
  const { collection, mirror, publish } = await repository('copied');
  await ok(['copy', `${collection}:v1`, `${mirror}:v1`]);
  await ok(['copy', `${collection}:signet-tags`, mirror]);
  expect((await ok(['verify', ...cold(), `${mirror}:v1`])).stdout).toContain('verified');
  await publish('v2');
  const back = ['copy', `${mirror}:signet-tags`, `${collection}:signet-tags`];
  expect(await signet(back)).toMatchObject({ code: 1, stderr: expect.stringContaining('CATALOGUE_NEWER') });
  await ok(['copy', `${collection}:signet-tags`, mirror]);
  await ok(['copy', `${collection}:v1`, `${mirror}:signet-tags-of-mine`]);
});

it('a place without a network verifies what was brought in, also after it has expired', async () => {
  const { collection, mirror, folder } = await repository('gap');
  await ok(['tags', 'export', ...cold(), '--images', collection, folder]);
  await ok(['tags', 'import', ...cold(), folder, mirror]);
  const bundle = writePolicy(
    'bundle.yaml',
    `, mirrors: ["${elsewhere.host}/**"], freshness: { mode: bundle, maxAge: 30d }`,
  );
  const at = (days: number, file: string) =>
    signet(['verify', '--policy', file, '--no-state', '-o', 'json', `${mirror}:v1`], {
      env: { NODE_OPTIONS: `--import ${daysLater(days)}` },
    });
  expect((await at(10, policy)).stdout).toContain('CATALOGUE_EXPIRED');
  const told = await at(10, bundle);
  expect(JSON.parse(told.stdout)).toMatchObject({ verdict: 'verified', catalogue: { freshness: 'bundle' } });
  expect((await at(31, bundle)).code).toBe(1);
  rmSync(folder, { recursive: true });
});

/** A module that sets the clock of its process forward. */
function daysLater(days: number): string {
  const path = join(tempDir(), 'clock.mjs');
  const text = `const now = Date.now; Date.now = () => now() + ${days} * 86400000;
const RealDate = Date;
globalThis.Date = class extends RealDate { constructor(...args) { super(...(args.length === 0 ? [RealDate.now()] : args)); } };
`;
  writeFileSync(path, text);
  return path;
}
