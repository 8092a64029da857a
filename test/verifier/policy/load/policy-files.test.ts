import { describe, expect, it } from 'vitest';
import { policyLimits } from '../../../../packages/verifier/src/policy/load/limits.ts';
import { isAddress, pathFrom } from '../../../../packages/verifier/src/policy/load/policy-files.ts';
import { lint, problemsOf } from './policy-data.ts';

const rule = (host: string, name?: string): string =>
  `rules: [{ ${name === undefined ? '' : `name: ${name}, `}images: ["${host}/**"], mode: skip }]\n`;

describe('files that a policy extends', () => {
  it('are joined: sources, rules, renames and refusals', async () => {
    const files = {
      'base/base.yaml': `version: 1\nextends: more.yaml\ntrust: { r: { keys: [../a.pub] } }\nrename: [{ from: m.io, to: x.io }]\n${rule('y.io')}`,
      'base/more.yaml': `version: 1\nrefuse: { digests: ["sha256:${'0'.repeat(64)}"] }\n${rule('z.io', 'zed')}`,
    };
    const text = 'version: 1\nextends: [base/base.yaml]\nrules: [{ images: ["x.io/**"], require: r }]\n';
    const { policy, problems } = await lint(text, { files });
    expect(problems).toEqual([]);
    expect(policy?.ruleList.map(({ name, place }) => `${name} ${place?.file}`)).toEqual([
      'rules[0] policy.yaml',
      'rules[0] of base/base.yaml base/base.yaml',
      'zed base/more.yaml',
    ]);
    expect(policy?.renames).toHaveLength(1);
    expect(policy?.refuse.digests.size).toBe(1);
  });

  it('are read once each, however many ways lead there', async () => {
    const files = {
      'a.yaml': 'version: 1\nextends: c.yaml',
      'b.yaml': 'version: 1\nextends: ./c.yaml',
      'c.yaml': `version: 1\n${rule('x.io', 'c')}`,
    };
    const { policy } = await lint('version: 1\nextends: [a.yaml, b.yaml]', { files });
    expect(policy?.ruleList.map(({ name }) => name)).toEqual(['c']);
  });

  it('say what becomes of other images: the file itself, else the last that says so', async () => {
    const files = {
      'deny.yaml': 'version: 1\ndefault: deny',
      'allow.yaml': 'version: 1\ndefault: allow',
      'silent.yaml': 'version: 1',
      'through.yaml': 'version: 1\nextends: allow.yaml',
    };
    const fallback = async (text: string) => (await lint(`version: 1\n${text}`, { files })).policy?.fallback;
    expect(await fallback('')).toBe('deny');
    expect(await fallback('extends: allow.yaml')).toBe('allow');
    expect(await fallback('extends: allow.yaml\ndefault: deny')).toBe('deny');
    expect(await fallback('extends: [allow.yaml, deny.yaml]')).toBe('deny');
    expect(await fallback('extends: [deny.yaml, allow.yaml, silent.yaml]')).toBe('allow');
    expect(await fallback('extends: [deny.yaml, through.yaml]')).toBe('allow');
  });

  it('have variables of their own', async () => {
    const files = { 'base.yaml': 'version: 1\nrules: [{ images: ["x.io/${S}"], mode: skip }]' };
    expect(
      await problemsOf(`version: 1\nextends: base.yaml\nvariables: { S: { env: S } }\n${rule('${S}.io')}`, {
        files,
        env: { S: 'a' },
      }),
    ).toEqual([
      expect.stringContaining('error POLICY_INVALID base.yaml:2:20 the variable "S" is not declared in this file'),
    ]);
  });

  it.each([
    [
      'twice',
      { 'base.yaml': 'version: 1\ntrust: { r: { keys: [a.pub] } }' },
      'version: 1\nextends: base.yaml\ntrust: { r: { keys: [b.pub] } }',
      'base.yaml:2:10 the source "r" is there already: policy.yaml:3:10',
    ],
    [
      'twice',
      { 'base.yaml': `version: 1\n${rule('y.io', 'one')}` },
      `version: 1\nextends: base.yaml\n${rule('x.io', 'one')}`,
      'base.yaml:2:17 a rule "one" is there already: policy.yaml:3:17',
    ],
    [
      'twice',
      { 'base.yaml': 'version: 1\nrename: [{ from: m.io, to: y.io }]' },
      'version: 1\nextends: base.yaml\nrename: [{ from: "M.io:443", to: x.io }]',
      'base.yaml:2:18 images from "m.io" are renamed already: policy.yaml:3:18',
    ],
    [
      'with rules that tie',
      { 'base.yaml': `version: 1\n${rule('x.io', 'b')}` },
      `version: 1\nextends: base.yaml\n${rule('x.io', 'a')}`,
      'base.yaml:2:29 "x.io/**" and "x.io/**" (policy.yaml:3:29, rule "a") say equally much and have images in common: which of their rules decides is not clear [make one of them say more, or put both into one rule]',
    ],
  ])('are refused where something stands %s', async (_what, files, text, fault) => {
    const errors = (await problemsOf(text, { files })).filter((line) => line.startsWith('error'));
    expect(errors).toEqual([`error POLICY_INVALID ${fault}`]);
  });

  it.each([
    ['extends: gone.yaml', '2:10 no such file: gone.yaml'],
    ['extends: [ok.yaml, gone.yaml]', '2:20 no such file: gone.yaml'],
    ['extends: policy.yaml', '2:10 the file extends itself: policy.yaml → policy.yaml'],
    ['extends: loop.yaml', 'loop.yaml:2:10 the file extends itself: policy.yaml → loop.yaml → policy.yaml'],
    ['extends: https://example.com/p.yaml', '2:10 a policy extends files, not addresses'],
    ['extends: broken.yaml', 'broken.yaml:1:1 "version" is missing'],
  ])('%s is refused', async (line, fault) => {
    const files = {
      'ok.yaml': 'version: 1',
      'loop.yaml': 'version: 1\nextends: x/../policy.yaml',
      'broken.yaml': 'rules: []',
    };
    expect(await problemsOf(`version: 1\n${line}`, { files })).toEqual([`error POLICY_INVALID ${fault}`]);
  });

  it('are bounded in depth, number and bytes', async () => {
    const chain = (length: number): Record<string, string> =>
      Object.fromEntries(
        Array.from({ length }, (_, n) => [
          `f${n}.yaml`,
          `version: 1\n${n + 1 < length ? `extends: f${n + 1}.yaml` : rule('x.io')}`,
        ]),
      );
    const start = 'version: 1\nextends: f0.yaml';
    expect(await problemsOf(start, { files: chain(policyLimits.maxExtendsDepth) })).toEqual([]);
    expect(await problemsOf(start, { files: chain(policyLimits.maxExtendsDepth + 1) })).toEqual([
      'error POLICY_INVALID f7.yaml:2:10 "extends" leads deeper than 8 files',
    ]);
    const wide = Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`w${n}.yaml`, 'version: 1']));
    expect(
      await problemsOf(`version: 1\n${rule('x.io')}extends: [${Object.keys(wide).slice(1).join()}]`, { files: wide }),
    ).toEqual([]);
    expect(await problemsOf(`version: 1\nextends: [${Object.keys(wide).join()}]`, { files: wide })).toEqual([
      expect.stringMatching(/^error POLICY_INVALID 2:\d+ the policy is made of more than 32 files$/),
    ]);
    const large = Object.fromEntries(
      Array.from({ length: 5 }, (_, n) => [`l${n}.yaml`, `version: 1\n${'#'.repeat(900_000)}`]),
    );
    expect(await problemsOf(`version: 1\nextends: [${Object.keys(large).join()}]`, { files: large })).toEqual([
      'error POLICY_INVALID 2:43 the files have more than 4194304 bytes together',
    ]);
  });
});

it('what aliases repeat is counted over all files', async () => {
  const base = `version: 1\nrules:\n- { mode: skip, images: [x.io/a], name: &n ${'x'.repeat(500_000)} }\n${'- { name: *n }\n'.repeat(9)}`;
  const files = { 'a.yaml': base, 'b.yaml': base };
  const tooMuch = (line: string): boolean => line.includes('characters in all files');
  expect((await problemsOf('version: 1\nextends: a.yaml', { files })).some(tooMuch)).toBe(false);
  expect((await problemsOf('version: 1\nextends: [a.yaml, b.yaml]', { files })).filter(tooMuch)).toEqual([
    'error POLICY_INVALID b.yaml:9:11 more than 8388608 characters in all files, with what aliases and variables repeat',
  ]);
});

describe('a path in a policy', () => {
  it('is relative to the file that names it', () => {
    expect(pathFrom('a/b/policy.yaml', '../keys/x.pub')).toBe('a/keys/x.pub');
    expect(pathFrom('a/policy.yaml', '/etc/x.pub')).toBe('/etc/x.pub');
    expect(pathFrom('-', 'keys/x.pub')).toBe('keys/x.pub');
  });

  it('is no address', () => {
    expect(['https://x.io/a', 'awskms://x', 'FILE://x'].every(isAddress)).toBe(true);
    expect(['a:b', 'x/https://y', 'c:\\x', './a'].some(isAddress)).toBe(false);
  });
});
