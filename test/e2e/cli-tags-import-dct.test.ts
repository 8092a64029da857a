import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  certified,
  dayMs,
  keepIn,
  makeTrust,
  makeKey as makeTrustKey,
  type TestKey,
  type TestTrust,
} from '../dct/trust-repository.ts';
import { signet } from '../support/cli.ts';
import { type HostileRegistry, startHostileRegistry } from '../support/hostile-registry.ts';
import type { RunResult } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { type CliWorld, createCliWorld, makeKey, ok } from './cli-world.ts';

const [alice, bob] = [makeTrustKey('alice'), makeTrustKey('bob')];
let world: CliWorld;
let repository: string;
/** Digest and length of each pushed tag. */
let images: Record<'one' | 'two' | 'moved', { readonly digest: string; readonly length: number }>;
let root: TestKey;

beforeAll(async () => {
  world = await createCliWorld();
  repository = `${world.host}/team/app`;
  const pushed = async (tag: string) => {
    const reference = await world.push(`team/app:${tag}`, tag);
    const { root: image } = JSON.parse((await ok(['tree', reference, '-o', 'json'])).stdout);
    return { digest: image.digest as string, length: image.size as number };
  };
  images = { one: await pushed('one'), two: await pushed('two'), moved: await pushed('moved') };
  await world.push('team/app:moved', 'by somebody else');
  root = await rootKey();
});
afterAll(() => world.server.stop('SIGKILL'));

const rootKey = (): Promise<TestKey> =>
  certified(makeTrustKey('root'), { commonName: repository, notAfterMs: Date.now() + 1000 * dayMs });

/** The repository as two signers left it: gives the client's trust folder. */
async function keep(trust: TestTrust = {}): Promise<string> {
  const folder = tempDir();
  const targets = { one: images.one, two: images.two };
  const all: TestTrust = {
    atMs: Date.now(),
    root: [root],
    delegations: [
      { name: 'targets/releases', keys: [alice, bob], targets },
      { name: 'targets/alice', keys: [alice], targets },
      { name: 'targets/bob', keys: [bob], targets: { two: images.two } },
    ],
    ...trust,
  };
  keepIn(folder, repository, await makeTrust(all));
  return folder;
}

const importDct = (...args: readonly string[]): Promise<RunResult> =>
  signet(['tags', 'import-dct', ...args, repository]);
const told = (result: RunResult): readonly (readonly string[])[] =>
  JSON.parse(result.stdout).tags.map(({ tag, outcome }: { tag: string; outcome: string }) => [tag, outcome]);

describe('tags import-dct', () => {
  it('shows what would be signed, for whom and by whom it was signed, without a key', async () => {
    const result = await importDct('--dir', await keep(), '--dry-run');
    expect(result).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^note: the root is trusted on first use: .*\n$/),
    });
    expect(result.stdout).toContain(`${repository}  2 tags in Docker Content Trust, `);
    expect(result.stdout).toContain(`  root  version 1, key ${root.id}: trusted on first use\n`);
    expect(result.stdout).toContain(`  one  ${images.one.digest}  accepted  by alice\n`);
    expect(result.stdout).toContain(`  two  ${images.two.digest}  accepted  by alice, bob\n`);
    expect(await signet(['verify', '--key', world.pub, `${repository}:one`])).toMatchObject({ code: 1 });
  });

  it('signs each image for its tag, and not again the next time', async () => {
    const dir = await keep();
    const first = await importDct('--dir', dir, '--key', world.key, '-o', 'json');
    expect([first.code, told(first)]).toEqual([
      0,
      [
        ['one', 'signed'],
        ['two', 'signed'],
      ],
    ]);
    for (const tag of ['one', 'two']) await ok(['verify', '--key', world.pub, '--tag-bound', `${repository}:${tag}`]);
    const again = await importDct('--dir', dir, '--key', world.key, '-o', 'json');
    expect([again.code, told(again)]).toEqual([
      0,
      [
        ['one', 'signed-before'],
        ['two', 'signed-before'],
      ],
    ]);
    expect(JSON.parse(again.stdout).tags[0]).toMatchObject({
      digest: images.one.digest,
      role: 'targets/releases',
      keyIds: [alice.id, bob.id].sort(),
      signers: [{ role: 'targets/alice', keyIds: [alice.id] }],
      signature: expect.stringMatching(/^sha256:/),
    });
  });

  it('signs nothing where the registry has another image, or none, and says no', async () => {
    const targets = { one: images.one, moved: images.moved, gone: images.one, two: { ...images.two, length: 1 } };
    const delegations = [{ name: 'targets/releases', keys: [alice], targets }];
    const dir = await keep({ delegations });
    const result = await importDct('--dir', dir, '--key', world.key, '-o', 'json');
    expect([result.code, told(result)]).toEqual([
      1,
      [
        ['gone', 'missing'],
        ['moved', 'differs'],
        ['one', 'signed-before'],
        ['two', 'differs'],
      ],
    ]);
    const { stdout } = await importDct('--dir', dir, '--dry-run', '--quiet');
    expect(stdout).toMatch(
      /^ {2}gone {3}sha256:\w+ {2}not in the registry {2}by releases\n {2}moved {2}sha256:\w+ {2}differs: the registry has /,
    );
  });

  it('takes what one signer signed', async () => {
    const dir = await keep();
    expect(told(await importDct('--dir', dir, '--dry-run', '--role', 'bob', '-o', 'json'))).toEqual([
      ['two', 'accepted'],
    ]);
    expect(told(await importDct('--dir', dir, '--dry-run', '--role', 'targets/alice', '-o', 'json'))).toHaveLength(2);
    expect(await importDct('--dir', dir, '--dry-run', '--role', 'targets')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('no tag to import'),
    });
    expect(await importDct('--dir', dir, '--dry-run', '--role', 'carol')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there are: targets, releases, alice, bob'),
    });
  });

  it('tells what else is to be known, and quotes nothing as it is', async () => {
    const dir = await keep({
      targets: { one: images.two, '\u001b[31m': images.one },
      delegations: [
        { name: 'targets/releases', keys: [alice], targets: { one: images.one } },
        { name: 'targets/alice', keys: [alice], targets: { rc: images.two } },
        { name: 'targets/bob', keys: [bob], targets: {} },
      ],
      signers: { 'targets/bob': [alice] },
      expires: { timestamp: Date.now() - dayMs },
    });
    const { code, stderr, stdout } = await importDct(
      '--dir',
      dir,
      '--dry-run',
      '--allow-expired',
      '--root-key',
      root.id,
    );
    expect(code).toBe(0);
    expect(stdout).toContain('by the key that was named');
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^note: timestamp expired on /),
      expect.stringMatching(/^note: what bob signed does not count: targets\/bob is signed by 0 of the keys/),
      'note: other images were once signed with the repository key for: one (docker pull takes those of releases)',
      'note: rc is not released: signed by alice alone, docker pull does not take it',
      'note: 1 signed names are no tags: left out',
      '',
    ]);
  });

  it.each([
    ['expired data', { expires: { timestamp: 0 } }, [], 1, 'DCT_EXPIRED', '--allow-expired'],
    ['another signature', { signers: { targets: [alice] } }, [], 1, 'DCT_NOT_SIGNED', ''],
    ['another root key', {}, ['--root-key', '0'.repeat(64)], 1, 'DCT_ROOT_NOT_TRUSTED', ''],
    ['a root key that is none', {}, ['--root-key', 'nowhere.pem'], 2, 'FILE_UNREADABLE', ''],
  ] as const)('ends with its code for %s', async (_what, trust, args, code, error, hint) => {
    const result = await importDct('--dir', await keep(trust), '--key', world.key, ...args);
    expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(`error[${error}]: `) });
    expect(result.stderr).toContain(hint);
  });

  it('takes a root key by its certificate, and an incomplete folder where that is allowed', async () => {
    const dir = await keep();
    const file = join(dir, 'root.crt');
    writeFileSync(file, root.certificate ?? '');
    expect(await importDct('--dir', dir, '--dry-run', '--root-key', file)).toMatchObject({ code: 0, stderr: '' });
    const metadata = join(dir, 'tuf', repository, 'metadata');
    writeFileSync(join(metadata, 'timestamp.json'), '{}');
    expect(await importDct('--dir', dir, '--dry-run')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('DCT_MALFORMED'),
    });
    const other = await keep();
    rmSync(join(other, 'tuf', repository, 'metadata/timestamp.json'));
    expect(await importDct('--dir', other, '--dry-run')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('--allow-missing'),
    });
    expect(await importDct('--dir', other, '--dry-run', '--allow-missing')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('note: timestamp.json is not there'),
    });
  });

  it.each([
    [['--dry-run'], 'where the trust data lies was not said'],
    [['--dir', '/x'], 'which key signs was not said'],
    [['--server', 'x', '--dry-run'], 'a trust server is named by its address alone'],
    [['--server', 'http://registry.example.com', '--dry-run'], 'is not asked: it is not https'],
    [['--server', 'https://x', '--dir', '/x', '--root-key', 'x', '--dry-run'], 'both say which root is trusted'],
  ])('is not called with %j', async (args, message) => {
    expect(await importDct(...args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
  });

  it('is for a repository, not for a tag', async () => {
    const result = await signet(['tags', 'import-dct', '--dir', '/x', '--dry-run', `${repository}:one`]);
    expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining('a repository is wanted') });
  });
});

describe('tags import-dct into a catalogue', () => {
  let policy: string;
  let writing: readonly string[];
  beforeAll(async () => {
    const publisher = await makeKey(join(world.dir, 'publisher'));
    policy = join(world.dir, 'policy.json');
    const rule = { images: [`${world.host}/team/**`], require: 'release', tag: 'trusted', catalogue: 'team' };
    const catalogues = { team: { collections: `${world.host}/team/**`, signedBy: 'publisher' } };
    const trust = { release: { keys: ['k.pub'] }, publisher: { keys: ['publisher.pub'] } };
    writeFileSync(policy, JSON.stringify({ version: 1, trust, catalogues, rules: [rule] }));
    writing = ['--policy', policy, '--state', join(world.dir, 'state'), '--catalogue-key', publisher.key];
    await ok(['tags', 'init', ...writing, repository]);
  });

  it('publishes what is accepted in one go, and nothing of the rest', async () => {
    const targets = { one: images.one, two: images.two, moved: images.moved };
    const dir = await keep({ delegations: [{ name: 'targets/releases', keys: [alice], targets }] });
    const result = await importDct('--dir', dir, '--key', world.key, '--publish', ...writing);
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(
      / {2}moved {2}\S+ {2}differs: .*\n {2}one {4}\S+ {2}accepted {2}by releases\n {2}two {4}/,
    );
    expect(result.stdout.match(/^published {2}/gm)).toHaveLength(1);
    const list = JSON.parse((await ok(['tags', 'list', '--policy', policy, repository, '-o', 'json'])).stdout);
    expect(list.tags.map(({ tag, digest, verdict }: Record<string, string>) => [tag, digest, verdict])).toEqual([
      ['one', images.one.digest, 'verified'],
      ['two', images.two.digest, 'verified'],
    ]);
    const resolved = await ok(['resolve', '--policy', policy, `${repository}:one`]);
    expect(resolved.stdout.trim()).toMatch(new RegExp(`${images.one.digest}$`));
  });

  it('writes nothing where the catalogue says the same, staged too', async () => {
    const result = await importDct('--dir', await keep(), '--key', world.key, '--stage', ...writing.slice(0, 4));
    expect(result.code).toBe(0);
    expect(result.stdout.match(/^published before {2}/gm)).toHaveLength(2);
  });

  it('signs nothing with --dry-run, and knows what goes together', async () => {
    const dir = await keep();
    const looked = await importDct('--dir', dir, '--dry-run', '--publish', ...writing, '-o', 'json');
    expect([looked.code, told(looked).map(([, outcome]) => outcome)]).toEqual([0, ['accepted', 'accepted']]);
    for (const [args, message] of [
      [['--publish', '--stage'], '--publish and --stage were given'],
      [['--policy', policy], '--policy was given: it is for --publish or --stage'],
      [['--stage'], '--stage needs --policy'],
    ] as const)
      expect(await importDct('--dir', dir, '--key', world.key, ...args)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining(message),
      });
  });
});

describe('tags import-dct with a server', () => {
  let server: HostileRegistry;
  let folder: string;
  beforeAll(async () => {
    folder = await keep();
    const metadata = join(folder, 'tuf', repository, 'metadata');
    server = await startHostileRegistry(({ url }, response) => {
      const name = url.replace(`/v2/${repository}/_trust/tuf/`, '').replace(/\.[0-9a-f]{64}\.json$/, '.json');
      response.end(readFileSync(join(metadata, name)));
    });
  });
  afterAll(() => server.stop());

  it('reads from it', async () => {
    const result = await importDct('--server', server.url, '--dry-run', '-o', 'json');
    expect(told(result)).toEqual([
      ['one', 'accepted'],
      ['two', 'accepted'],
    ]);
    expect(JSON.parse(result.stdout)).toMatchObject({
      version: 1,
      repository,
      source: server.url,
      root: { trustedBy: 'firstUse' },
    });
  });

  it("trusts the root of a client's folder beside it, and none but that", async () => {
    expect(await importDct('--server', server.url, '--dir', folder, '--dry-run')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('by the root of the folder'),
    });
    const other = await keep({ root: [await rootKey()] });
    expect(await importDct('--server', server.url, '--dir', other, '--dry-run')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('error[DCT_ROOT_NOT_TRUSTED]'),
    });
  });

  it('could not decide where it does not answer, or the registry does not', async () => {
    const dead = await importDct('--server', 'http://127.0.0.1:1', '--dry-run', '--timeout', '2s');
    expect(dead).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('error[UNREACHABLE]') });
  });
});
