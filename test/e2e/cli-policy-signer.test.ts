import { chmodSync, lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { tempDir } from '../support/temp.ts';
import { makeKey, ok } from './cli-world.ts';

const dir = tempDir();
const text = `version: 1
trust:
  release: { keys: [release.pub] } # the team
rules:
  - name: shop
    images: ["registry.example.com/shop/**"]
    require: release
`;
const file = join(dir, 'policy.yaml');
const alice = join(dir, 'alice.pub');

beforeAll(async () => {
  for (const name of ['release', 'alice', 'next']) await makeKey(join(dir, name));
});

function write(content: string = text): void {
  writeFileSync(file, content);
}

describe('signet policy signer', () => {
  it('adds a signer to a policy and a rule, says what it did, and takes him out again', async () => {
    write();
    const added = await ok(['policy', 'signer', 'add', '--key', alice, '--rule', 'shop', 'alice', file]);
    expect(added.stdout).toBe('source alice: new, with alice.pub\nrule shop: asks for alice, too\n');
    expect(readFileSync(file, 'utf8')).toBe(
      text
        .replace('# the team\n', '# the team\n  alice: { keys: [alice.pub] }\n')
        .replace('require: release', 'require: { any: [release, alice] }'),
    );
    await ok(['policy', 'check', '--strict', file]);
    expect((await ok(['policy', 'signer', 'add', '--key', alice, '--rule', 'shop', 'alice', file])).stdout).toBe(
      'there already: nothing was changed\n',
    );
    const removed = await ok(['policy', 'signer', 'remove', 'alice', file]);
    expect(removed.stdout).toBe('rule shop: does not ask for alice any more\nsource alice: removed\n');
    expect(removed.stderr).toMatch(
      /^note: where a key of alice was stolen: refuse: \{ keys: \["sha256:[0-9a-f]{64}"\] \}\n$/,
    );
    await ok(['policy', 'check', '--strict', file]);
  });

  it('changes the keys of one who is there; paths count from the policy', async () => {
    write();
    await ok(['policy', 'signer', 'add', '--key', './next.pub', 'release', 'policy.yaml'], { cwd: dir });
    expect(readFileSync(file, 'utf8')).toBe(text.replace('[release.pub]', '[release.pub, next.pub]'));
    const json = await ok([
      'policy',
      'signer',
      'remove',
      '--key',
      join(dir, 'next.pub'),
      '-o',
      'json',
      'release',
      file,
    ]);
    expect(JSON.parse(json.stdout)).toEqual({
      version: 1,
      file,
      written: true,
      changes: ['source release: next.pub removed'],
      keyIds: [],
    });
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('prints the file with --dry-run, and writes nothing', async () => {
    write();
    const done = await ok(['policy', 'signer', 'add', '--dry-run', '--key', alice, 'alice', file]);
    expect(done.stdout).toContain('  alice: { keys: [alice.pub] }\n');
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('keeps the mode of the file, and a link', async () => {
    write();
    chmodSync(file, 0o640);
    const link = join(dir, 'link.yaml');
    symlinkSync(file, link);
    await ok(['policy', 'signer', 'add', '--key', alice, '--rule', 'shop', 'alice', link]);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(lstatSync(file).mode & 0o777).toBe(0o640);
    expect(readFileSync(file, 'utf8')).toContain('alice');
  });

  it.each<[string, readonly string[], string]>([
    ['a key that is not there', ['add', '--key', 'vanish.pub', 'alice'], 'it would not be a policy that loads'],
    ['a private key', ['add', '--key', 'alice.key', 'alice'], 'it would not be a policy that loads'],
    ['a name that is none', ['add', '--key', 'alice.pub', 'never'], 'it would not be a policy that loads'],
    [
      'a rule that is not there',
      ['add', '--key', 'alice.pub', '--rule', 'vanish', 'alice'],
      'no rule of this file has the name',
    ],
    ['the only one whom a rule asks for', ['remove', 'release'], 'rule shop asks for "release" alone'],
    ['one who is not there', ['remove', 'alice'], 'there is no source of trust "alice"'],
  ])('writes nothing for %s', async (_, args, why) => {
    write();
    const done = await signet(['policy', 'signer', ...args, 'policy.yaml'], { cwd: dir });
    expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining(why) });
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('is for a file', async () => {
    expect(await signet(['policy', 'signer', 'add', '--key', alice, 'alice', '-'])).toMatchObject({ code: 2 });
    expect(await signet(['policy', 'signer', 'add', 'alice', file])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--key'),
    });
  });
});
