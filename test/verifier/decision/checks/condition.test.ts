import type { Condition, ConditionFacts } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { checkCondition } from '../../../../packages/verifier/src/decision/checks/condition.ts';
import { image, keyOf, proof, rule, source } from '../../evidence-data.ts';

const any = rule({ kind: 'any', of: [source('alice')] });
const asked = {
  reference: 'r.example/app:1',
  tag: '1',
  platform: 'linux/amd64',
  image: { registry: 'r.example', repository: 'app' },
};

function checked(says: Parameters<typeof proof>[1], answer: ReturnType<Condition['evaluate']>, of: object = asked) {
  const seen: ConditionFacts[] = [];
  const condition: Condition = {
    text: 'x',
    evaluate: (facts) => {
      seen.push(facts);
      return answer;
    },
  };
  const finding = proof('alice', says);
  const { proven = expect.fail('proves nothing') } = finding;
  const check = checkCondition({ ...finding, proven }, { ...any, condition }, { ...asked, ...of });
  return { check, facts: seen[0] };
}

describe('checkCondition', () => {
  it.each([
    ['pass', 'OK'],
    ['fail', 'CONDITION_FALSE'],
    ['unknown', 'CONDITION_UNKNOWN'],
  ] as const)('that answers %s: %s', (result, code) => {
    const { check } = checked({}, { result, message: 'why' });
    expect(check).toMatchObject({ name: 'condition', result, code, message: 'why' });
  });

  it('is not asked where the rule has none', () => {
    const finding = proof('alice');
    const { proven = expect.fail('proves nothing') } = finding;
    expect(checkCondition({ ...finding, proven }, any, asked)).toMatchObject({ result: 'skip', code: 'NOT_ASKED' });
  });

  it('sees the image and the signature', () => {
    const says = { signedReference: 'r.example/app:1', annotations: { env: 'prod' }, claimedAtMs: 1, verifiedAtMs: 2 };
    expect(checked(says, { result: 'pass', message: '' }).facts).toEqual({
      image: { registry: 'r.example', repository: 'app', tag: '1', digest: image, platform: 'linux/amd64' },
      signature: {
        format: 'test',
        signer: { kind: 'key', keyId: keyOf('alice').id, issuer: '', subject: '' },
        reference: 'r.example/app:1',
        annotations: { env: 'prod' },
        claimedAtMs: 1,
        verifiedAtMs: 2,
      },
    });
  });

  it('sees empty texts, and no times, where there is nothing', () => {
    const bare = { tag: undefined, platform: undefined, image: undefined };
    const { facts } = checked({}, { result: 'pass', message: '' }, bare);
    expect(facts?.image).toEqual({ registry: '', repository: '', tag: '', digest: image, platform: '' });
    expect(facts?.signature).toMatchObject({ reference: '', annotations: {} });
    expect(Object.keys(facts?.signature ?? {})).not.toContain('verifiedAtMs');
    expect(Object.keys(facts?.signature ?? {})).not.toContain('claimedAtMs');
  });

  it.each([
    [{ kind: 'x509', anchor: 'acme', subject: 'CN=release' } as const, { issuer: 'acme', subject: 'CN=release' }],
    [{ kind: 'keyless', issuer: 'https://idp', subject: 'me@x' } as const, { issuer: 'https://idp', subject: 'me@x' }],
  ])('names a signer of kind $0.kind', (identity, wanted) => {
    const { facts } = checked({ identity }, { result: 'pass', message: '' });
    expect(facts?.signature.signer).toEqual({ kind: identity.kind, keyId: '', ...wanted });
  });
});
