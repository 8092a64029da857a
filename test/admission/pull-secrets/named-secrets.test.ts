import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isObjectName, namedSecrets } from '../../../packages/admission/src/pull-secrets/named-secrets.ts';

const named = (...names: readonly string[]) => names.map((name) => ({ name }));

describe('namedSecrets', () => {
  it('finds what a pod names, and its service account', () => {
    const spec = { imagePullSecrets: named('one', 'two'), serviceAccountName: 'web' };
    expect(namedSecrets({ kind: 'Pod', spec })).toEqual({ secrets: ['one', 'two'], accounts: ['web'] });
  });

  it.each([
    ['a Deployment', (spec: object) => ({ spec: { template: { spec } } })],
    ['a CronJob', (spec: object) => ({ spec: { jobTemplate: { spec: { template: { spec } } } } })],
    ['a List', (spec: object) => ({ kind: 'List', items: [{ spec: {} }, { spec }] })],
    ['what a custom resource has in its place', (spec: object) => ({ spec: { podTemplate: spec } })],
  ])('finds them in %s', (_what, objectOf) => {
    const object = objectOf({ imagePullSecrets: named('one'), serviceAccountName: 'web' });
    expect(namedSecrets(object)).toEqual({ secrets: ['one'], accounts: ['web'] });
  });

  it('takes the default account where none is named', () => {
    expect(namedSecrets({ spec: {} })).toEqual({ secrets: [], accounts: ['default'] });
    expect(namedSecrets(undefined)).toEqual({ secrets: [], accounts: ['default'] });
  });

  it('takes no name that could be more than one in an address', () => {
    const names = ['../../kube-system/secrets/x', 'a/b', 'a?x', 'A', '', '-a', 'a'.repeat(254), '%2e'];
    const spec = { imagePullSecrets: [...named(...names), { name: 1 }, 'x', null], serviceAccountName: '../x' };
    expect(namedSecrets({ spec })).toEqual({ secrets: [], accounts: ['default'] });
  });

  it('takes so many and no more', () => {
    const items = Array.from({ length: 50 }, (_, at) => ({
      imagePullSecrets: named(`s${at}`),
      serviceAccountName: `a${at}`,
    }));
    const { secrets, accounts } = namedSecrets({ items });
    expect(secrets).toEqual(Array.from({ length: 10 }, (_, at) => `s${at}`));
    expect(accounts).toEqual(['a0', 'a1', 'a2', 'a3']);
  });

  it('ends, whatever it is given', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { secrets, accounts } = namedSecrets(value);
        expect([...secrets, ...accounts].every(isObjectName)).toBe(true);
      }),
    );
  });
});
