import { describe, expect, it } from 'vitest';
import { checkByRule } from '../../../../packages/verifier/src/decision/checks/by-rule.ts';
import { by, evidenceOf, failure, proof, rule, source } from '../../evidence-data.ts';

const any = rule({ kind: 'any', of: [source('alice')] });
const bound = { ...any, tag: 'bound' } as const;

describe('checkByRule', () => {
  it('adds its checks to what is proven, once, whatever an earlier rule said', () => {
    const first = checkByRule(proof('alice', { signedReference: 'r.example/app:2' }), by(any), evidenceOf());
    const again = checkByRule(first, by(bound), evidenceOf());
    expect(again.checks.filter(({ name }) => name === 'tag')).toMatchObject([{ code: 'TAG_MISMATCH' }]);
    expect(again.checks).toHaveLength(first.checks.length);
  });

  it('leaves alone what is not proven', () => {
    const finding = failure('KEY_NOT_TRUSTED');
    expect(checkByRule(finding, by(bound), evidenceOf())).toBe(finding);
  });
});
