import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { tempDir } from '../support/temp.ts';
import { makeKey } from './cli-world.ts';

let pub: string;
beforeAll(async () => {
  pub = (await makeKey(join(tempDir(), 'release'))).pub;
});

const init = (file: string, ...args: readonly string[]) =>
  signet(['policy', 'init', file, '--key', pub, '--images', 'r.example/**', ...args]);

describe('policy init', () => {
  it('writes a file that everybody may read', async () => {
    const file = join(tempDir(), 'policy.yaml');
    expect(await init(file)).toEqual({ code: 0, stdout: `${file}\n`, stderr: '' });
    expect(statSync(file).mode & 0o777).toBe(0o644 & ~process.umask());
    expect(readFileSync(file, 'utf8')).toContain('  - "r.example/**"');
  });

  it('overwrites nothing unless told', async () => {
    const file = join(tempDir(), 'policy.yaml');
    writeFileSync(file, 'mine');
    expect(await init(file)).toMatchObject({ code: 2, stderr: expect.stringContaining('error[FILE_EXISTS]') });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(await init(file, '--force', '--output', 'json')).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toContain('version: 1');
  });

  it('names each pattern and key once, and writes to a file only', async () => {
    const file = join(tempDir(), 'policy.yaml');
    await init(file, '--key', pub, '--images', 'r.example/**');
    const text = readFileSync(file, 'utf8');
    expect(text.match(/"r\.example/g)).toHaveLength(1);
    expect(text.match(/release\.pub/g)).toHaveLength(1);
    expect(await init('-')).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^error\[USAGE\]: /) });
  });

  it('says of a folder in its place that it is one', async () => {
    const done = await init(tempDir());
    expect(done).toMatchObject({ code: 2, stderr: expect.stringMatching(/FILE_UNWRITABLE.*it is a folder\n$/) });
  });

  it('refuses what would not be a policy, and asks nobody where nobody is', async () => {
    const file = join(tempDir(), 'policy.yaml');
    expect(await signet(['policy', 'init', file, '--key', pub])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--images'),
    });
    expect(await init(file, '--images', 'A**')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('error[POLICY_INVALID]'),
    });
    expect(() => statSync(file)).toThrow();
  });
});
