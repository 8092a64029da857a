import { describe, expect, it } from 'vitest';
import { lint, problemsOf } from './policy-data.ts';

const policy = (require: string): string =>
  `version: 1\ntrust: { release: { keys: [a.pub] }, other: { keys: [b.pub] } }\nrules:\n  - images: ["x.io/**"]\n    require: ${require}\n`;
const required = async (require: string) => (await lint(policy(require))).policy?.ruleList[0]?.require;
const errorsOf = async (require: string) =>
  (await problemsOf(policy(require))).filter((line) => line.startsWith('error'));

describe('require', () => {
  const release = { kind: 'source', source: { name: 'release' } };
  const other = { kind: 'source', source: { name: 'other' } };
  it.each([
    ['release', release],
    ['{ any: [release, other] }', { kind: 'any', of: [release, other] }],
    ['{ all: [release] }', { kind: 'all', of: [release] }],
    ['{ of: [release, other], atLeast: 2 }', { kind: 'atLeast', count: 2, of: [release, other] }],
    [
      '{ all: [{ any: [release, other] }, other] }',
      { kind: 'all', of: [{ kind: 'any', of: [release, other] }, other] },
    ],
    ['never', { kind: 'any', of: [] }],
  ])('%s is built', async (require, expected) => {
    expect(await required(require)).toMatchObject(expected);
  });

  const forms = 'one of these is expected: any: […], all: […], atLeast: … with of: […]';
  it.each([
    ['relase', '5:14 there is no source of trust "relase" [did you mean "release"?]'],
    ['xyz', '5:14 there is no source of trust "xyz" [there are: release, other]'],
    ['{ any: [release, { all: [othr] }] }', '5:39 there is no source of trust "othr" [did you mean "other"?]'],
    ['{}', `5:14 ${forms}`],
    ['{ any: [release], all: [other] }', `5:14 ${forms}`],
    ['{ atLeast: 2 }', `5:14 ${forms}`],
    ['{ of: [release] }', `5:14 ${forms}`],
    ['{ atLeast: 1, of: [release], any: [other] }', `5:14 ${forms}`],
    ['{ atLeast: 3, of: [release, other] }', '5:25 3 of 2 branches can never be met'],
  ])('%s is refused', async (require, fault) => {
    expect(await errorsOf(require)).toEqual([`error POLICY_INVALID ${fault}`]);
  });

  it('without sources says where they are named', async () => {
    expect(await problemsOf('version: 1\nrules: [{ images: ["x.io/**"], require: r }]')).toEqual([
      'error POLICY_INVALID 2:41 there is no source of trust "r" [name sources of trust under "trust"]',
    ]);
  });

  it('of ten sources and more names ten', async () => {
    const trust = Array.from({ length: 12 }, (_, n) => `  source${n}: { keys: [a.pub] }\n`).join('');
    const text = `version: 1\ntrust:\n${trust}rules: [{ images: ["x.io/**"], require: r }]\n`;
    const [error] = (await problemsOf(text)).filter((line) => line.startsWith('error'));
    expect(error).toMatch(/\[there are: source0, .*, source9\]$/);
  });

  it('is at most eight levels deep', async () => {
    const nested = (levels: number): string => `${'{ any: ['.repeat(levels)}release${'] }'.repeat(levels)}`;
    expect(await errorsOf(nested(7))).toEqual([]);
    expect(await errorsOf(nested(8))).toEqual([
      `error POLICY_INVALID 5:${14 + 8 * '{ any: ['.length} "require" is nested deeper than 8 levels`,
    ]);
  });

  it('has at most 64 branches, itself counted', async () => {
    const wide = (branches: number): string =>
      `{ any: [${Array.from({ length: branches }, () => 'release').join(', ')}] }`;
    expect(await errorsOf(wide(63))).toEqual([]);
    expect(await errorsOf(wide(64))).toEqual([
      `error POLICY_INVALID 5:${22 + 63 * 'release, '.length} "require" has more than 64 branches`,
    ]);
    const both = `{ all: [${wide(32)}, ${wide(32)}] }`;
    expect(await errorsOf(both)).toEqual([expect.stringContaining('"require" has more than 64 branches')]);
  });
});
