import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { tempDir } from '../support/temp.ts';
import { makeKey } from './cli-world.ts';

const dir = tempDir();
let key: string;

beforeAll(async () => {
  const own = await makeKey(join(dir, 'own'));
  const ci = await makeKey(join(dir, 'ci'));
  key = own.key;
  copyFileSync(own.pub, join(dir, 'a-copy-of-own.pub'));
  copyFileSync(ci.pub, join(dir, 'ci-key.pub'));
  writeFileSync(join(dir, 'secret'), 'a-shared-secret-of-the-registry\n');
  const trust = 'trust: { ci: { keys: [ci-key.pub] }, both: { keys: [ci-key.pub, a-copy-of-own.pub] } }';
  const rules = [
    '{ images: ["r.example/team/**"], require: ci }',
    '{ name: mixed, images: ["r.example/mixed/**"], require: both }',
    '{ name: nested, images: ["r.example/nested/*/app"], require: { atLeast: 2, of: [ci, { any: [both] }] } }',
    '{ images: ["r.example/free/**"], mode: skip }',
  ];
  writeFileSync(
    join(dir, 'policy.yaml'),
    `version: 1\n${trust}\nrules:\n${rules.map((each) => `  - ${each}\n`).join('')}`,
  );
});

const start = (...args: readonly string[]) =>
  signet(['push-signer', '--policy', join(dir, 'policy.yaml'), '--key', key, '--port', '0', ...args]);
const secret = () => ['--webhook-secret-file', join(dir, 'secret')];

describe('signet push-signer does not start', () => {
  it.each<readonly [string, readonly string[], RegExp]>([
    [
      'with a rule that counts its own signatures',
      ['r.example/mixed/app'],
      /rule mixed counts signatures of the key that signs/,
    ],
    [
      'with one somewhere in a tree of requirements',
      ['r.example/team/**', 'r.example/nested/**'],
      /rule nested counts/,
    ],
    ['with a list that reaches such a rule', ['r.example/**'], /counts signatures of the key/],
    ['where no rule is', ['r.example/team/**', 'other.example/**'], /no rule .* verifies anything in other\.example/],
    ['where a rule exempts', ['r.example/free/**'], /no rule .* verifies anything in r\.example\/free/],
    ['with tags in its list', ['r.example/team/app:1'], /a repository has no tag/],
    ['without a list', [], /nothing is signed that is not listed/],
    ['with what is no pattern', ['r.example/***'], /not an image pattern/],
  ])('%s', async (_what, repositories, message) => {
    const done = await start(...secret(), ...repositories.flatMap((each) => ['--repository', each]));
    expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
  });

  it('without a secret, a key, or a policy', async () => {
    const list = ['--repository', 'r.example/team/**'];
    expect(await start(...list)).toMatchObject({ code: 2, stderr: expect.stringContaining('--webhook-secret-file') });
    const noKey = ['push-signer', '--policy', join(dir, 'policy.yaml'), ...secret(), ...list];
    expect(await signet(noKey)).toMatchObject({ code: 2, stderr: expect.stringContaining('--key FILE') });
    const noPolicy = ['push-signer', '--key', key, ...secret(), ...list];
    expect(await signet(noPolicy)).toMatchObject({ code: 2, stderr: expect.stringContaining('--policy FILE') });
  });
});
