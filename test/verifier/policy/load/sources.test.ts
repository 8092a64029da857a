import { describe, expect, it } from 'vitest';
import { placeText } from '../../../../packages/verifier/src/policy/load/sources.ts';
import { keyFiles, lint, problemsOf } from './policy-data.ts';

const rules = 'rules: [{ images: ["x.io/**"], require: r }]\n';
const policy = (trust: string): string => `version: 1\ntrust:\n${trust}${rules}`;

describe('sources of trust', () => {
  it('have their name, keys, threshold and formats', async () => {
    const { policy: loaded } = await lint(policy('  r: { keys: [a.pub, b.pub], threshold: 2, formats: [sigstore] }\n'));
    expect(loaded?.ruleList[0]?.require).toMatchObject({
      kind: 'source',
      source: {
        name: 'r',
        keys: [{ kind: 'ecdsa-p256' }, { kind: 'ecdsa-p256' }],
        threshold: 2,
        formats: ['sigstore'],
      },
    });
  });

  it.each([
    [
      'more than the keys',
      '  r: { keys: [a.pub], threshold: 2 }\n',
      '3:34 2 different keys must sign, but the source "r" has 1',
    ],
    [
      'more than the different keys',
      '  r: { keys: [a.pub, a.pub, same.pub], threshold: 2 }\n',
      '3:51 2 different keys must sign, but the source "r" has 1',
    ],
    ['a name twice', '  r: { keys: [a.pub] }\n  r: { keys: [b.pub] }\n', '4:3 "r" stands twice, first in line 3'],
  ])('are refused: %s', async (_what, trust, fault) => {
    const files = { 'same.pub': keyFiles['a.pub'] ?? '' };
    expect(await problemsOf(policy(trust), { files })).toEqual([`error POLICY_INVALID ${fault}`]);
  });

  it('with a fault are told once: neither their threshold nor the rules that ask for them', async () => {
    expect(await problemsOf(policy('  r: { keys: [a.pub, gone.pub], threshold: 2 }\n'))).toEqual([
      'error POLICY_INVALID 3:22 no such file: gone.pub',
    ]);
  });

  it('that no rule asks for give a warning', async () => {
    expect(await problemsOf(policy('  r: { keys: [a.pub] }\n  s: { keys: [b.pub] }\n'))).toEqual([
      'warning POLICY_DOUBTFUL 4:3 no rule asks for the source "s"',
    ]);
  });

  it('with a key that is refused give a warning', async () => {
    const text = `${policy('  r: { keys: [a.pub, b.pub] }\n')}refuse: { keys: [b.pub] }\n`;
    expect(await problemsOf(text)).toEqual([
      'warning POLICY_DOUBTFUL 3:3 a key of the source "r" is refused: what it signed is never let through',
    ]);
  });

  it('are at most two thousand in a file', async () => {
    const many = (count: number): string =>
      policy(Array.from({ length: count }, (_, n) => `  ${n === 0 ? 'r' : `s${n}`}: { keys: [a.pub] }\n`).join(''));
    const errors = async (count: number) => (await problemsOf(many(count))).filter((line) => line.startsWith('error'));
    expect(await errors(2_000)).toEqual([]);
    expect(await errors(2_001)).toEqual(['error POLICY_INVALID 3:3 "trust" has more than 2000 entries']);
  });
});

it('a place is written as compilers do', () => {
  expect(placeText({ file: 'a/b.yaml', line: 3, column: 14 })).toBe('a/b.yaml:3:14');
});
