import { describe, expect, it } from 'vitest';
import { lint, problemsOf } from './policy-data.ts';

const trust = 'trust: { r: { keys: [a.pub] } }\n';

describe('the shape of a policy', () => {
  it.each([
    ['trust: {}', '1:1 "version" is missing'],
    ['version: "1"', '1:10 the version is not the text "1" [write: version: 1]'],
    ['version:', '1:9 the version is not nothing [write: version: 1]'],
    ['version: 0', '1:10 the version is not the number 0 [write: version: 1]'],
    ['hello', '1:1 a map (name: value) is expected here, not the text "hello"'],
    ['[]', '1:1 a map (name: value) is expected here, not a list'],
    ['version: 1\nrule: []', '2:1 unknown field "rule" [did you mean "rules"?]'],
    [
      'version: 1\nxyz: []',
      '2:1 unknown field "xyz" [fields here: $schema, version, extends, variables, trust, refuse, rename, catalogues, rules, default]',
    ],
    ['version: 1\ndefault: Deny', '2:10 "Deny" is none of deny, allow [did you mean "deny"?]'],
    ['version: 1\ndefault: true', '2:10 the boolean true is none of deny, allow'],
    ['version: 1\nrefuse: []', '2:9 a map (name: value) is expected here, not a list'],
    ['version: 1\nvariables: []', '2:12 a map (name: value) is expected here, not a list'],
    ['version: 1\nrules: {}', '2:8 a list is expected here, not a map'],
    ['version: 1\nrules: [null]', '2:9 a map (name: value) is expected here, not nothing'],
    [
      'version: 1\nrules: [{ images: "x.io/a", mode: skip }]',
      '2:19 a list is expected here, not the text "x.io/a" [put it in brackets: ["x.io/a"]]',
    ],
    ['version: 1\nrules: [{ images: [], mode: skip }]', '2:19 "images" is an empty list'],
    ['version: 1\nrules: [{ mode: skip }]', '2:9 "images" is missing'],
    ['version: 1\nrules: [{ images: [""], mode: skip }]', '2:20 a pattern is empty'],
    [
      'version: 1\nrules: [{ images: [1], mode: skip }]',
      '2:20 text is expected here, not the number 1 [put it in quotes: "1"]',
    ],
    [
      'version: 1\nrules: [{ images: [x.io/a], mode: enforced }]',
      '2:35 "enforced" is none of enforce, warn, audit, skip [did you mean "enforce"?]',
    ],
    [
      'version: 1\nrules: [{ name: 1.10, images: [x.io/a], mode: skip }]',
      '2:17 text is expected here, not the number 1.10 [put it in quotes: "1.10"]',
    ],
    [
      'version: 1\nrules: [{ name: "a[0]", images: [x.io/a], mode: skip }]',
      '2:17 the name of a rule is up to 80 letters, digits, spaces, dots, dashes, underscores and slashes',
    ],
    [
      `version: 1\n${trust}rules: [{ images: [x.io/a], require: [r] }]`,
      '3:38 a map (name: value) is expected here, not a list [say how many: any: […], all: […], or atLeast: … with of: […]]',
    ],
    [
      `version: 1\n${trust}rules: [{ images: [x.io/a], require: 1 }]`,
      '3:38 text or a map (name: value) is expected here, not the number 1 [put it in quotes: "1"]',
    ],
    [
      `version: 1\n${trust}rules: [{ images: [x.io/a], require: { anyy: [r] } }]`,
      '3:40 unknown field "anyy" [did you mean "any"?]',
    ],
    [`version: 1\n${trust}rules: [{ images: [x.io/a], require: { any: [] } }]`, '3:45 "any" is an empty list'],
    [
      `version: 1\n${trust}rules: [{ images: [x.io/a], require: { atLeast: 0, of: [r] } }]`,
      '3:49 "atLeast" is less than 1',
    ],
    [
      `version: 1\n${trust}rules: [{ images: [x.io/a], require: { atLeast: 1.5, of: [r] } }]`,
      '3:49 "atLeast" is no whole number',
    ],
    [
      `version: 1\n${trust}rules: [{ images: [x.io/a], require: { atLeast: "2", of: [r] } }]`,
      '3:49 a number is expected here, not the text "2" [write the number without quotes]',
    ],
    [
      `version: 1\n${trust}rules: [{ images: [x.io/a], require: r, annotations: { a: 1 } }]`,
      '3:59 text is expected here, not the number 1 [put it in quotes: "1"]',
    ],
    [
      `version: 1\n${trust}rules: [{ images: [x.io/a], require: r, annotations: { a b: x } }]`,
      '3:56 "a b": the name of an annotation is up to 256 ASCII characters without spaces',
    ],
    [
      `version: 1\n${trust}rules: [{ images: [x.io/a], require: r, maxAge: 30 }]`,
      '3:49 text is expected here, not the number 30 [say of what: 30d, 30h]',
    ],
    [
      `version: 1\n${trust}rules: [{ images: [x.io/a], require: r, maxAge: 3w }]`,
      '3:49 a duration is a number and one of s, m, h, d, such as 72h',
    ],
    [
      `version: 1\n${trust}rules: [{ images: [x.io/a], require: r, notBefore: 2026-01-01 }]`,
      '3:52 a time is written like 2026-01-31T00:00:00Z',
    ],
    ['version: 1\ntrust: { r: { keys: [] } }', '2:21 "keys" is an empty list'],
    [
      'version: 1\ntrust: { r: { keys: a.pub } }',
      '2:21 a list is expected here, not the text "a.pub" [put it in brackets: ["a.pub"]]',
    ],
    ['version: 1\ntrust: { r: { kyes: [a.pub] } }', '2:15 unknown field "kyes" [did you mean "keys"?]'],
    ['version: 1\ntrust: { r: { keys: [a.pub], threshold: 0 } }', '2:41 "threshold" is less than 1'],
    ['version: 1\ntrust: { r: { keys: [a.pub], formats: [] } }', '2:39 "formats" is an empty list'],
    [
      'version: 1\ntrust: { r: { keys: [a.pub], formats: [sigstor] } }',
      '2:40 "sigstor" is none of sigstore, cosign, notary [did you mean "sigstore"?]',
    ],
    [
      'version: 1\ntrust: { r/x: { keys: [a.pub] } }',
      '2:10 "r/x": the name of a source is up to 64 letters, digits, dots, dashes and underscores, and not "never"',
    ],
    [
      'version: 1\nvariables: { stage: { env: S } }',
      '2:14 "stage": the name of a variable is up to 64 upper-case letters, digits and underscores',
    ],
    [
      'version: 1\nvariables: { S: { env: "A=B" } }',
      '2:24 the name of an environment variable is letters, digits and underscores',
    ],
    ['version: 1\nvariables: { S: S }', '2:17 a map (name: value) is expected here, not the text "S"'],
    ['version: 1\nrefuse: { digests: [5] }', '2:21 text is expected here, not the number 5 [put it in quotes: "5"]'],
    ['version: 1\nrename: [{ from: x.io }]', '2:10 "to" is missing'],
    ['version: 1\nextends: 1', '2:10 text or a list is expected here, not the number 1 [put it in quotes: "1"]'],
  ])('%j is refused where it is wrong', async (text, fault) => {
    expect(await problemsOf(text)).toEqual([`error POLICY_INVALID ${fault}`]);
  });

  it.each([
    ['version: 2', '1:10 version 2 of the policy language is not known: this is version 1'],
    [
      `version: ${'9'.repeat(400)}`,
      `1:10 version ${'9'.repeat(40)}… of the policy language is not known: this is version 1`,
    ],
    [
      'version: 1\ntrust: { a: { sigstore: {} } }',
      '2:15 sources of keyless identities (sigstore) are not supported yet',
    ],
    [
      `version: 1\n${trust}rules: [{ images: [x.io/a], require: r, attestations: [] }]`,
      '3:41 attestations are not supported yet',
    ],
  ])('%j is told to come', async (text, fault) => {
    expect(await problemsOf(text)).toEqual([`error POLICY_UNSUPPORTED ${fault}`]);
  });

  it('is right: nothing is told', async () => {
    const text = `version: 1\n$schema: x\n${trust}rules: [{ images: [x.io/a], require: r, tag: any, platforms: index }]\ndefault: deny\n`;
    expect(await problemsOf(text)).toEqual([]);
  });

  it.each([
    ['rules: [{}', 10_000, ', {}', ']', '2:8 "rules" has more than 10000 items'],
    ['rules: [{ mode: skip, images: [a', 10_000, ', 1', '] }]', '2:31 "images" has more than 10000 items'],
    ['trust: { r: { keys: [1', 1_000, ', 1', '] } }', '2:21 "keys" has more than 1000 items'],
    ['rename: [1', 1_000, ', 1', ']', '2:9 "rename" has more than 1000 items'],
    ['refuse: { digests: [1', 10_000, ', 1', '] }', '2:20 "digests" has more than 10000 items'],
    [`${trust}rules: [{ images: [a], require: { any: [1`, 64, ', 1', '] } }]', '3:40 "any" has more than 64 items'],
    ['extends: [1', 32, ', 1', ']', '2:10 "extends" has more than 32 items'],
  ])('%s…: a list that is too long is told before its items are looked at', async (start, times, more, end, fault) => {
    const told = (count: number) => problemsOf(`version: 1\n${start}${more.repeat(count)}${end}\n`);
    expect(await told(times)).toEqual([`error POLICY_INVALID ${fault}`]);
    expect(await told(times - 1)).not.toContainEqual(expect.stringContaining('has more than'));
  });

  it('looks at nothing more once a hundred faults are told', async () => {
    const rules = Array.from({ length: 5_000 }, () => '{ imagess: 1, requir: 2 }').join();
    expect(await problemsOf(`version: 1\nrules: [${rules}]`)).toHaveLength(100);
  });

  it('shows all its faults at once', async () => {
    const { problems, policy } = await lint('version: 2\nfoo: 1\nbar: 2\nrules: [{ a: 1, b: 2 }]\n');
    expect(policy).toBeUndefined();
    expect(problems.map(({ place: { line, column } }) => `${line}:${column}`)).toEqual([
      '1:10',
      '2:1',
      '3:1',
      '4:11',
      '4:17',
    ]);
  });
});
