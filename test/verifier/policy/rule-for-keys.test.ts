import { type KeyRuleOptions, type Requirement, ruleForKeys, sourcesOf, trustOf } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { trusts } from '../../../packages/verifier/src/policy/source.ts';
import { by, keyOf, rule, source } from '../evidence-data.ts';

const [alice, bob] = [keyOf('alice'), keyOf('bob')];

describe('ruleForKeys', () => {
  it('one of the keys, unless more are asked for', () => {
    expect(ruleForKeys({ keys: [alice, bob] })).toMatchObject({
      mode: 'enforce',
      tag: 'any',
      annotations: {},
      require: { kind: 'any', of: [{ source: { keys: [alice] } }, { source: { keys: [bob] } }] },
    });
    expect(ruleForKeys({ keys: [alice, bob], atLeast: 2 }).require).toMatchObject({ kind: 'atLeast', count: 2 });
  });

  it('takes over what is asked of the signature', () => {
    const asked = { tagBound: true, annotations: { env: 'prod' } };
    expect(ruleForKeys({ keys: [alice], ...asked })).toMatchObject({ tag: 'bound', annotations: { env: 'prod' } });
  });

  it.each<[string, Partial<KeyRuleOptions>, string]>([
    ['no key', { keys: [] }, 'POLICY_INVALID'],
    ['more signers than keys', { atLeast: 2 }, 'POLICY_INVALID'],
    ['the same key twice for two signers', { keys: [alice, keyOf('alice')], atLeast: 2 }, 'POLICY_INVALID'],
    ['no signer', { atLeast: 0 }, 'POLICY_INVALID'],
    ['half a signer', { atLeast: 0.5 }, 'POLICY_INVALID'],
    ['a log entry', { requireTlog: true }, 'POLICY_UNSUPPORTED'],
  ])('%s: %s', (_, options, code) => {
    expect(() => ruleForKeys({ keys: [alice], ...options })).toThrow(
      expect.objectContaining({ name: 'PolicyError', code }),
    );
  });
});

describe('what a rule trusts', () => {
  const [one, two] = [source('alice'), source('bob')];
  const tree: Requirement = {
    kind: 'all',
    of: [
      { kind: 'any', of: [one, two] },
      { kind: 'atLeast', count: 1, of: [one] },
    ],
  };

  it('every source of the tree once, every key once', () => {
    expect(sourcesOf(tree).map(({ name }) => name)).toEqual(['alice', 'bob']);
    expect(trustOf(by(rule(tree))).keys.map(({ id }) => id)).toEqual([alice.id, bob.id]);
  });

  it('a source trusts its own keys, and keys alone', () => {
    expect(trusts(one.source, { kind: 'key', keyId: alice.id })).toBe(true);
    expect(trusts(one.source, { kind: 'key', keyId: bob.id })).toBe(false);
    expect(trusts(one.source, { kind: 'key', keyId: '' })).toBe(false);
    expect(trusts(one.source, { kind: 'x509', anchor: alice.id, subject: alice.id })).toBe(false);
    expect(trusts(one.source, { kind: 'keyless', issuer: alice.id, subject: alice.id })).toBe(false);
  });
});
