import { describe, expect, it } from 'vitest';
import { lint, problemsOf } from './policy-data.ts';

const use = 'rules: [{ images: ["x.io/${S}/a"], mode: skip }]\n';
const declared = `version: 1\nvariables: { S: { env: STAGE } }\n${use}`;
const withDefault = `version: 1\nvariables: { S: { env: STAGE, default: prod } }\n${use}`;
const imagesOf = async (...args: Parameters<typeof lint>) => (await lint(...args)).policy?.ruleList[0]?.images;

describe('a variable', () => {
  it('has the value of its environment variable, else its default', async () => {
    expect(await imagesOf(declared, { env: { STAGE: 'dev' } })).toEqual(['x.io/dev/a']);
    expect(await imagesOf(withDefault, { env: { STAGE: 'dev' } })).toEqual(['x.io/dev/a']);
    expect(await imagesOf(withDefault)).toEqual(['x.io/prod/a']);
  });

  it.each(['s', 'A-B', ''])('that is not declared, and could not be (%j), is told what one is called', async (name) => {
    expect(await problemsOf(`version: 1\n${use.replace('{S}', `{${name}}`)}`)).toEqual([
      `error POLICY_INVALID 2:20 the variable "${name}" is not declared in this file [the name of a variable is up to 64 upper-case letters, digits and underscores]`,
    ]);
  });

  it('is replaced in keys, annotations, renames and refusals, and nowhere else', async () => {
    const text = [
      'version: 1',
      'variables: { S: { env: S } }',
      'trust: { r: { keys: ["${S}.pub"] } }',
      `refuse: { digests: ["sha256:$\{S}${'0'.repeat(63)}"], keys: ["$\{S}.pub"] }`,
      'rename: [{ from: "x.io/${S}", to: "y.io/${S}" }]',
      'rules: [{ images: ["x.io/**"], require: r, annotations: { a: "<${S}>" }, where: \'image.tag == "${S}"\' }]',
    ];
    const { policy } = await lint(text.join('\n'), { env: { S: 'a' } });
    expect(policy?.renames).toEqual([{ from: 'x.io/a', to: 'y.io/a' }]);
    expect([...(policy?.refuse.digests ?? [])]).toEqual([`sha256:a${'0'.repeat(63)}`]);
    expect(policy?.refuse.keys).toHaveLength(1);
    expect(policy?.ruleList[0]).toMatchObject({
      annotations: { a: '<a>' },
      condition: { text: 'image.tag == "${S}"' },
    });
    expect(await problemsOf('version: 1\nrules: [{ name: "${S}", images: [x.io/a], mode: skip }]')).toEqual([
      expect.stringContaining('2:17 the name of a rule is'),
    ]);
  });

  it('that is not set is an error', async () => {
    expect(await problemsOf(declared)).toEqual([
      'error POLICY_INVALID 2:24 the environment variable STAGE is not set, and the variable "S" has no default',
    ]);
  });

  it('that is not declared is an error, whatever the environment has', async () => {
    expect(await problemsOf(declared.replace('{S}', '{SS}'), { env: { STAGE: 'x', SS: 'y' } })).toEqual([
      'warning POLICY_DOUBTFUL 2:14 nothing uses the variable "S"',
      'error POLICY_INVALID 3:20 the variable "SS" is not declared in this file [did you mean "S"?]',
    ]);
    expect(await problemsOf(`version: 1\n${use}`, { env: { S: 'y' } })).toEqual([
      'error POLICY_INVALID 2:20 the variable "S" is not declared in this file [declare it: variables: { S: { env: S } }]',
    ]);
  });

  it('is not what every object has', async () => {
    expect(await problemsOf(declared.replace('STAGE', 'constructor'))).toEqual([
      expect.stringContaining('the environment variable constructor is not set'),
    ]);
  });

  it.each(['', '*', 'a*', '**', 'a b', '${S}', 'a\n', 'é', '..', '../x', 'a/..', 'x'.repeat(257)])(
    'may not come to be %j',
    async (value) => {
      const fault =
        'STAGE for the variable "S" has a value that is not allowed [values are letters, digits and . _ / : @ -, not empty, without ".."]';
      expect(await problemsOf(declared, { env: { STAGE: value } })).toEqual([`error POLICY_INVALID 2:24 ${fault}`]);
    },
  );

  it.each(['dev', 'a/b', 'A.b-c_d', 'a..b', 'x'.repeat(200)])('may be %s', async (value) => {
    const text = declared
      .replace('x.io/${S}/a', 'x.io/a:v')
      .replace('mode: skip', 'mode: enforce, require: r, annotations: { a: "${S}" }');
    const whole = text.replace('rules:', 'trust: { r: { keys: [a.pub] } }\nrules:');
    expect(await problemsOf(whole, { env: { STAGE: value } })).toEqual([]);
  });

  it('has a default that is held to the same', async () => {
    expect(await problemsOf(withDefault.replace('prod', '"*"'))).toEqual([
      expect.stringContaining(
        'error POLICY_INVALID 2:40 the default of the variable "S" has a value that is not allowed',
      ),
    ]);
  });

  it('may be repeated until its values are too long together, also by aliases', async () => {
    const long = `version: 1\nvariables: { A: { env: A, default: ${'x'.repeat(256)} } }\ntrust:\n  r:\n    keys: [&k "${'${A}'.repeat(16_000)}", *k, *k, *k]\n`;
    const told = await problemsOf(long, { files: { ['x'.repeat(256 * 16_000)]: '' } });
    expect(told.at(-1)).toBe(
      'error POLICY_INVALID 5:15 more than 8388608 characters in all files, with what aliases and variables repeat',
    );
  });

  it('may be one of a thousand', async () => {
    const many = (count: number): string =>
      `version: 1\nvariables:\n${Array.from({ length: count }, (_, n) => `  V${n}: { env: E, default: x }\n`).join('')}`;
    expect((await problemsOf(many(1_000))).filter((line) => line.startsWith('error'))).toEqual([]);
    expect(await problemsOf(many(1_001))).toEqual(['error POLICY_INVALID 3:3 "variables" has more than 1000 entries']);
  });

  it('must be written to its end', async () => {
    expect(await problemsOf(withDefault.replace('${S}', '${S'))).toEqual([
      'warning POLICY_DOUBTFUL 2:14 nothing uses the variable "S"',
      'error POLICY_INVALID 3:20 "${" without its "}"',
    ]);
  });
});
