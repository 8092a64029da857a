import { parsePublicKeys } from '@signet/core';
import { digestOf, parseRegistryReference } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { PolicyError } from '../../../../packages/verifier/src/errors.ts';
import { loadPolicy } from '../../../../packages/verifier/src/policy/load/index.ts';
import { keyFiles, lint, NotThere, problemsOf, readerOf, told } from './policy-data.ts';

const whole = `
version: 1
variables:
  STAGE: { env: SIGNET_STAGE, default: prod }
trust:
  release: { keys: [a.pub, b.pub], threshold: 2 }
  other:
    keys: [c.pub]
    formats: [cosign]
refuse:
  digests: ["${digestOf(Buffer.from('bad'))}"]
  keys: ["sha256:${'0'.repeat(64)}"]
rename:
  - { from: "Mirror.example.com:443/hub", to: docker.io }
rules:
  - name: prod
    images: ["registry.example.com/\${STAGE}/**"]
    mode: warn
    require: { any: [release, { atLeast: 1, of: [other] }] }
    tag: bound
    platforms: each
    annotations: { team: web }
    maxAge: 30d
    notBefore: 2026-01-01T00:00:00Z
    where: 'signature.annotations["team"] == "web"'
  - images: ["registry.example.com/dev/**"]
    mode: skip
default: allow
`;

describe('a policy', () => {
  it('is loaded with all that it says', async () => {
    const { policy, problems } = await lint(whole);
    expect(problems.map(told)).toEqual([
      expect.stringMatching(/^warning POLICY_DOUBTFUL 23:13 "maxAge" asks for a proven time, and no signature/),
      expect.stringMatching(/^warning POLICY_DOUBTFUL 24:16 "notBefore" asks for a proven time/),
    ]);
    const [rule, skip] = policy?.ruleList ?? [];
    expect(rule).toMatchObject({
      name: 'prod',
      mode: 'warn',
      tag: 'bound',
      platforms: 'each',
      annotations: { team: 'web' },
      maxAgeMs: 30 * 86_400_000,
      notBeforeMs: 1_767_225_600_000,
      condition: { text: 'signature.annotations["team"] == "web"' },
      images: ['registry.example.com/prod/**'],
      place: { file: 'policy.yaml', line: 16, column: 5 },
    });
    const ids = await Promise.all(
      Object.values(keyFiles).map(async (pem) => (await parsePublicKeys(Buffer.from(pem)))[0]?.id),
    );
    expect(rule?.require).toMatchObject({
      kind: 'any',
      of: [
        { kind: 'source', source: { name: 'release', threshold: 2, keys: [{ id: ids[0] }, { id: ids[1] }] } },
        {
          kind: 'atLeast',
          count: 1,
          of: [{ kind: 'source', source: { name: 'other', formats: ['cosign'], keys: [{ id: ids[2] }] } }],
        },
      ],
    });
    expect(skip).toMatchObject({ name: 'rules[1]', mode: 'skip', require: { kind: 'any', of: [] } });
    expect(policy?.fallback).toBe('allow');
    expect(policy?.renames).toEqual([{ from: 'mirror.example.com/hub', to: 'docker.io' }]);
    expect([...(policy?.refuse.digests ?? [])]).toEqual([digestOf(Buffer.from('bad'))]);
    expect([...(policy?.refuse.keyIds ?? [])]).toEqual(['0'.repeat(64)]);
    expect(policy?.revision).toMatch(/^[0-9a-f]{64}$/);
    const asked = parseRegistryReference('REGISTRY.example.com:443/prod/web:1');
    expect(policy?.rules.choose(asked)).toMatchObject({ kind: 'chosen', by: { target: { name: 'prod' } } });
  });

  it('is the same in JSON', async () => {
    const json = JSON.stringify({
      version: 1,
      trust: { release: { keys: ['a.pub'] } },
      rules: [{ images: ['registry.example.com/**'], require: 'release' }],
    });
    const { policy, problems } = await lint(json);
    expect(problems).toEqual([]);
    expect(policy?.ruleList).toMatchObject([{ name: 'rules[0]', mode: 'enforce', tag: 'any' }]);
    expect(policy?.fallback).toBe('deny');
  });

  it('with faults is not loaded: the first is thrown, the others are its cause', async () => {
    const text = 'version: 1\nmood: bad\ndefault: maybe\n';
    const reader = readerOf({ 'policy.yaml': text });
    const error = await loadPolicy('policy.yaml', { reader, env: {} }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PolicyError);
    expect(error).toMatchObject({
      code: 'POLICY_INVALID',
      message: 'policy.yaml:2:1: unknown field "mood" (and 1 more)',
      cause: { errors: [{ code: 'POLICY_INVALID', place: { line: 3, column: 10 } }] },
    });
  });

  it('that is not there is what the reader says', async () => {
    await expect(loadPolicy('policy.yaml', { reader: readerOf({}), env: {} })).rejects.toThrow(NotThere);
  });
});

describe('the revision', () => {
  const text = `version: 1
variables: { S: { env: S, default: x } }
trust: { r: { keys: [a.pub] } }
rules: [{ images: ["x.io/\${S}/**"], require: r }]
`;
  const revision = async (...args: Parameters<typeof lint>): Promise<string | undefined> =>
    (await lint(...args)).policy?.revision;

  it('changes with the text, a variable and a key, and with nothing else', async () => {
    const first = await revision(text);
    expect(first).toBeDefined();
    expect(await revision(text, { env: { OTHER: 'y' } })).toBe(first);
    expect(await revision(`${text}# more\n`)).not.toBe(first);
    expect(await revision(text, { env: { S: 'y' } })).not.toBe(first);
    expect(await revision(text, { files: { 'a.pub': keyFiles['b.pub'] ?? '' } })).not.toBe(first);
  });
});

describe('warnings', () => {
  it('tell what nothing uses, and leave the policy usable', async () => {
    const text = 'version: 1\nvariables: { S: { env: S, default: x } }\ntrust:\n  r: { keys: [a.pub] }\n';
    const { policy } = await lint(text);
    expect(policy).toBeDefined();
    expect(await problemsOf(text)).toEqual([
      'warning POLICY_DOUBTFUL 1:1 the policy has no rules: "default" decides alone',
      'warning POLICY_DOUBTFUL 2:14 nothing uses the variable "S"',
      'warning POLICY_DOUBTFUL 4:3 no rule asks for the source "r"',
    ]);
  });
});

describe('require: never', () => {
  const policy = (require: string): string =>
    `version: 1\ntrust: { release: { keys: [a.pub] } }\nrules:\n  - { images: ["a.io/**"], require: ${require} }\n`;

  it.each([
    ['never', { kind: 'any', of: [] }],
    ['{ any: [never] }', { kind: 'any', of: [{ kind: 'any', of: [] }] }],
    ['{ any: [never, release] }', { kind: 'any', of: [{ kind: 'any', of: [] }, { kind: 'source' }] }],
  ])('%s asks for what no signature satisfies', async (require, expected) => {
    const { policy: loaded, problems } = await lint(policy(require));
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(loaded?.ruleList[0]?.require).toMatchObject(expected);
  });

  it('no source is called so', async () => {
    const told = await problemsOf('version: 1\ntrust: { never: { keys: [a.pub] } }\nrules: []\n');
    expect(told.join()).toContain('and not "never"');
  });
});
