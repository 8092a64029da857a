import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { type CliWorld, createCliWorld, jsonLines, makeKey, ok } from './cli-world.ts';

let world: CliWorld;
let other: { readonly key: string; readonly pub: string };
let policy: string;
beforeAll(async () => {
  world = await createCliWorld();
  await makeKey(`${world.dir}/publisher`);
  other = await makeKey(`${world.dir}/other`);
  policy = `${world.dir}/policy.json`;
  const images = [`${world.host}/shop/**`];
  writeFileSync(
    policy,
    JSON.stringify({
      version: 1,
      trust: { release: { keys: ['k.pub', 'other.pub'] }, publisher: { keys: ['publisher.pub'] } },
      catalogues: { shop: { collections: images[0], signedBy: 'publisher' } },
      rules: [{ images, require: 'release', tag: 'trusted', catalogue: 'shop' }],
    }),
  );
});
afterAll(() => world.server.stop('SIGKILL'));

const writing = (): readonly string[] => [
  ...['--policy', policy, '--catalogue-key', `${world.dir}/publisher.key`],
  ...['--state', `${world.dir}/state`],
];
const publish = (key: string, image: string, ...more: readonly string[]): readonly string[] => [
  ...['sign', '--key', key, '--publish', ...writing(), ...more],
  image,
];

describe('tags log', () => {
  const log = (...args: readonly string[]): readonly string[] => ['tags', 'log', '--policy', policy, ...args];

  it('tells who made which tag what, newest first, and how far back that is known', async () => {
    const repository = `${world.host}/shop/api`;
    await ok(['tags', 'init', ...writing(), repository]);
    const old = await world.push('shop/api:v1', 'one');
    const first = await world.digestOf(old);
    await ok(publish(world.key, old, '--keep-history'));
    const second = await world.digestOf(await world.push('shop/api:v1', 'two'));
    await ok(publish(other.key, old, '--keep-history'));
    await ok(['tags', 'remove', '--key', world.key, '--keep-history', ...writing(), `${repository}:v1`]);
    const { stdout } = await ok(log('-o', 'json', repository));
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({
      version: 1,
      complete: false,
      catalogues: 3,
      events: [
        { kind: 'removed', tag: 'v1' },
        { kind: 'signed', tag: 'v1', digest: second, sources: ['release'] },
        { kind: 'signed', tag: 'v1', digest: first },
      ],
    });
    const text = (await ok(log(repository))).stdout;
    expect(text).toContain('3 events in 3 catalogues');
    expect(text).toMatch(/complete since .*; of before only what catalogues still say/);
    const mine = JSON.parse((await ok(log('-o', 'json', '--by', other.pub, repository))).stdout);
    expect(mine.events).toMatchObject([{ digest: second }]);
    const late = JSON.parse((await ok(log('-o', 'json', '--since', told.events[0].at, repository))).stdout);
    expect(late.events).toMatchObject([{ kind: 'removed' }]);
  });

  it('is complete where every catalogue was kept, and passes over what nobody who may has signed', async () => {
    const repository = `${world.host}/shop/kept`;
    await ok(['tags', 'init', '--keep-history', ...writing(), repository]);
    await ok(publish(world.key, await world.push('shop/kept:v1'), '--keep-history'));
    await ok(['copy', `${repository}:v1`, `${repository}:signet-tags.h.01JDX0000000000000000000ZZ`]);
    const { stdout } = await ok(log(repository));
    expect(stdout).toContain('complete: every catalogue that there was is kept');
    expect(stdout).toMatch(/passed over {2}signet-tags\.h\.01JDX0000000000000000000ZZ: /);
  });

  it('says no where there is no catalogue, and does not take any time', async () => {
    expect(await signet(log(`${world.host}/shop/none`))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('error[CATALOGUE_MISSING]'),
    });
    expect(await signet(log('--since', 'yesterday', `${world.host}/shop/none`))).toMatchObject({ code: 2 });
  });
});

describe('tags refresh --all', () => {
  const refresh = (...args: readonly string[]): readonly string[] => ['tags', 'refresh', ...writing(), ...args];

  it('signs all catalogues of a namespace anew, and writes when they expire', async () => {
    const names = ['shop/team/one', 'shop/team/two'].map((name) => `${world.host}/${name}`);
    for (const name of names) await ok(['tags', 'init', ...writing(), name]);
    await world.push('shop/teammate:v1');
    const file = `${world.dir}/signet.prom`;
    const { stdout } = await ok(refresh('--all', `${world.host}/shop/team`, '--metrics-file', file, '-o', 'json'));
    expect(jsonLines(stdout).map(({ collection }) => collection)).toEqual(names);
    const metrics = readFileSync(file, 'utf8');
    for (const [at, name] of names.entries()) {
      const { catalogue } = jsonLines(stdout)[at] as { readonly catalogue: { readonly expires: string } };
      const seconds = Math.floor(Date.parse(catalogue.expires) / 1000);
      expect(metrics).toContain(`\nsignet_catalogue_expiry_seconds{collection="${name}"} ${seconds}\n`);
      expect(metrics).toContain(`\nsignet_catalogue_refreshed{collection="${name}"} 1\n`);
    }
  });

  it('says which could not be, also in the metrics', async () => {
    await world.push('shop/bare/one:v1');
    const file = `${world.dir}/bare.prom`;
    const done = await signet(refresh('--all', `${world.host}/shop/bare`, '--metrics-file', file));
    expect(done).toMatchObject({ code: 1, stderr: expect.stringContaining('error[HEAD_MISSING]') });
    expect(readFileSync(file, 'utf8')).toContain(
      `signet_catalogue_refreshed{collection="${world.host}/shop/bare/one"} 0\n`,
    );
  });

  it.each<readonly [string, () => readonly string[]]>([
    ['there is nothing', () => refresh('--all', `${world.host}/shop/empty`)],
    ['repositories are named beside', () => refresh('--all', `${world.host}/shop/team`, `${world.host}/shop/api`)],
    ['nothing is named', () => refresh()],
    [
      'there is no policy',
      () => [
        ...['tags', 'refresh', '--catalogue-key', `${world.dir}/publisher.key`, '--key', world.pub, '--all'],
        `${world.host}/shop/team`,
      ],
    ],
  ])('is refused where %s', async (_what, args) => {
    expect(await signet(args())).toMatchObject({ code: 2, stderr: expect.stringContaining('error[USAGE]') });
  });
});
