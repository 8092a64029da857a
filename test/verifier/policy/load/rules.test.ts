import { describe, expect, it } from 'vitest';
import { policyLimits } from '../../../../packages/verifier/src/policy/load/limits.ts';
import { lint, problemsOf } from './policy-data.ts';

const trust = 'trust: { r: { keys: [a.pub] } }\n';
const policy = (rules: string): string => `version: 1\n${trust}rules:\n${rules}`;
const errorsOf = async (rules: string) => (await problemsOf(policy(rules))).filter((line) => line.startsWith('error'));

describe('rules', () => {
  it('have what is written, and defaults for the rest', async () => {
    const { policy: loaded } = await lint(
      policy(
        '  - images: [x.io/a]\n    require: r\n  - { name: two, images: [x.io/b], require: r, reuse: { fresh: 1m }, allowUnpinned: true }\n',
      ),
    );
    expect(loaded?.ruleList).toMatchObject([
      {
        name: 'rules[0]',
        mode: 'enforce',
        tag: 'any',
        annotations: {},
        images: ['x.io/a'],
        place: { line: 4, column: 5 },
      },
      { name: 'two', allowUnpinned: true, reuse: { freshMs: 60_000, staleMs: 0 }, place: { line: 6, column: 5 } },
    ]);
    for (const field of ['platforms', 'maxAgeMs', 'notBeforeMs', 'condition', 'allowUnpinned', 'reuse'])
      expect(loaded?.ruleList[0]).not.toHaveProperty(field);
  });

  const requireHint = '[name the source of trust that must have signed; only mode: skip goes without]';
  const skipped = 'means nothing in a rule with mode: skip, under which nothing is checked';
  const hub = '[on Docker Hub: docker.io/ghc*/x; hosts have a dot: ghc*.*/x]';
  it.each([
    ['  - { images: [x.io/a] }\n', `4:5 "require" is missing ${requireHint}`],
    ['  - { images: [x.io/a], mode: warn }\n', `4:5 "require" is missing ${requireHint}`],
    ['  - { images: [x.io/a], mode: skip, require: r }\n', `4:37 "require" ${skipped}`],
    ['  - { images: [x.io/a], mode: skip, tag: any }\n', `4:37 "tag" ${skipped}`],
    ['  - { images: [x.io/a], mode: skip, platforms: each }\n', `4:37 "platforms" ${skipped}`],
    ['  - { images: [x.io/a], mode: skip, annotations: {} }\n', `4:37 "annotations" ${skipped}`],
    ['  - { images: [x.io/a], mode: skip, maxAge: 1d }\n', `4:37 "maxAge" ${skipped}`],
    ['  - { images: [x.io/a], mode: skip, notBefore: "2026-01-31T00:00:00Z" }\n', `4:37 "notBefore" ${skipped}`],
    ['  - { images: [x.io/a], mode: skip, where: "true" }\n', `4:37 "where" ${skipped}`],
    ['  - { images: [x.io/a], mode: skip, reuse: { fresh: 1m } }\n', `4:37 "reuse" ${skipped}`],
    ['  - { images: [x.io/a], mode: skip, allowUnpinned: true }\n', `4:37 "allowUnpinned" ${skipped}`],
    [
      '  - { images: [x.io/a], require: r, notBefore: "2026-02-30T00:00:00Z" }\n',
      '4:48 there is no such time: "2026-02-30T00:00:00Z"',
    ],
    [
      '  - { name: one, images: [x.io/a], require: r }\n  - { name: one, images: [x.io/b], require: r }\n',
      '5:13 a rule "one" is there already: policy.yaml:4:13',
    ],
    [
      '  - { images: [x.io/a, x.io/B], require: r }\n',
      '4:24 not an image pattern: "x.io/B": "B" is no pattern of a part of a name',
    ],
    [
      '  - { images: ["ghc*/x"], require: r }\n',
      `4:16 not an image pattern: "ghc*/x": "ghc*" is a name on Docker Hub as it stands, and could be meant as a host ${hub}`,
    ],
    [
      '  - { images: [x.io/a], require: r, where: "image.tga == \'x\'" }\n',
      '4:51 image has no field tga [did you mean "tag"?]',
    ],
    [
      '  - images: [x.io/a]\n    require: r\n    where: |\n      image.tag == "x" &&\n        imag.tag == "y"\n',
      '8:9 there is no variable imag [did you mean "image"?]',
    ],
    ['  - { images: [x.io/a], require: r, where: "image.tag" }\n', '4:45 a condition must be a bool, this is a string'],
  ])('%j is refused where it is wrong', async (rules, fault) => {
    expect(await errorsOf(rules)).toEqual([`error POLICY_INVALID ${fault}`]);
  });

  it('with the same pattern twice give a warning', async () => {
    expect(await problemsOf(policy('  - { images: [x.io/a, x.io/a], require: r }\n'))).toEqual([
      'warning POLICY_DOUBTFUL 4:24 the pattern "x.io/a" stands twice in this rule',
    ]);
  });

  it.each([
    ['the same pattern', 'x.io/a', 'x.io/a'],
    ['two spellings of it', 'alpine', 'index.docker.io/library/alpine'],
    ['patterns that say equally much', 'x.io/a*', 'x.io/*b'],
  ])('that tie are refused: %s', async (_what, one, other) => {
    const rules = `  - { name: one, images: ["${one}"], require: r }\n  - { images: ["${other}"], require: r }\n`;
    expect(await errorsOf(rules)).toEqual([
      `error POLICY_INVALID 5:16 "${other}" and "${one}" (policy.yaml:4:27, rule "one") say equally much and have images in common: which of their rules decides is not clear [make one of them say more, or put both into one rule]`,
    ]);
  });

  it('are bounded over all files, and so are their patterns', async () => {
    const some = (name: string, count: number): string =>
      `rules: [${Array.from({ length: count }, (_, n) => `{images: [x.io/${name}${n}], mode: skip}`).join()}]\n`;
    const half = policyLimits.maxRules / 2;
    const files = { 'base.yaml': `version: 1\n${some('b', half + 1)}` };
    expect(await problemsOf(`version: 1\nextends: base.yaml\n${some('a', half)}`, { files })).toEqual([
      expect.stringMatching(/^error POLICY_INVALID base\.yaml:2:\d+ the policy has more than 10000 rules$/),
    ]);
    const images = Array.from({ length: 6_000 }, (_, n) => `x.io/p${n}`).join();
    const both = `  - { images: [${images}], require: r }\n  - { images: [${images.replaceAll('/p', '/q')}], require: r }\n`;
    expect(await errorsOf(both)).toEqual([
      expect.stringMatching(/^error POLICY_INVALID 5:\d+ the policy has more than 10000 patterns$/),
    ]);
  });

  it('without a name are called by their file too, in a file that is extended', async () => {
    const files = { 'base.yaml': 'version: 1\nrules: [{ images: [x.io/b], mode: skip }]\n' };
    const { policy: loaded } = await lint(
      'version: 1\nextends: base.yaml\nrules: [{ images: [x.io/a], mode: skip }]\n',
      { files },
    );
    expect(loaded?.ruleList.map(({ name }) => name)).toEqual(['rules[0]', 'rules[0] of base.yaml']);
  });
});
