import { describe, expect, it } from 'vitest';
import {
  type Check,
  type CheckName,
  createFinding,
  type Finding,
  type Identity,
  signerId,
} from '../../packages/verifier/src/finding.ts';
import { proof } from './evidence-data.ts';

const { proven: says, checks: _, ...parts } = proof('alice');
const proving: readonly CheckName[] = ['integrity', 'authenticity', 'payload', 'subject'];
const check = (name: CheckName, result: Check['result'] = 'pass'): Check => ({
  name,
  result,
  code: 'OK',
  message: '',
  rule: 'test',
});
const all = proving.map((name) => check(name));
const make = (checks: readonly Check[], what: Finding['proven'] | undefined = says) =>
  createFinding({ ...parts, checks }, what).proven;

describe('createFinding', () => {
  it('proves what it says where every proving check passed', () => {
    expect(make(all)).toEqual(says);
    expect(make([...all, check('transparency', 'skip'), check('expiry', 'fail')])).toEqual(says);
  });

  it.each(proving)('proves nothing without %s', (name) => {
    expect(make(all.filter((each) => each.name !== name))).toBeUndefined();
  });

  it.each(proving.flatMap((name) => (['fail', 'unknown', 'skip'] as const).map((result) => [name, result] as const)))(
    'proves nothing where %s is %s',
    (name, result) => {
      expect(make(all.map((each) => (each.name === name ? check(name, result) : each)))).toBeUndefined();
      expect(make([...all, check(name, result)])).toBeUndefined();
    },
  );

  it('keeps texts from outside short, whoever wrote them', () => {
    const long = 'x'.repeat(100_000);
    const checks = all.map((each) => ({ ...each, message: long }));
    const finding = createFinding({ ...parts, checks, claims: { hint: long, keyId: 'short' } }, says);
    expect(finding.checks.map(({ message }) => message)).toEqual(all.map(() => `${'x'.repeat(1_000)}…`));
    expect(finding.claims).toEqual({ hint: `${'x'.repeat(200)}…`, keyId: 'short' });
    expect(finding.proven).toEqual(says);
  });

  it('proves nothing where nothing is said', () => {
    expect(createFinding({ ...parts, checks: all }, undefined).proven).toBeUndefined();
  });
});

describe('signerId', () => {
  it('differs for identities that differ, however their texts are cut', () => {
    const identities: readonly Identity[] = [
      { kind: 'key', keyId: 'a' },
      { kind: 'x509', anchor: 'a', subject: 'b' },
      { kind: 'x509', anchor: 'a","b', subject: '' },
      { kind: 'x509', anchor: '', subject: 'a","b' },
      { kind: 'keyless', issuer: 'a', subject: 'b' },
      { kind: 'keyless', issuer: 'a:b', subject: '' },
      { kind: 'key', keyId: '["a","b"]' },
    ];
    expect(new Set(identities.map(signerId)).size).toBe(identities.length);
  });
});
