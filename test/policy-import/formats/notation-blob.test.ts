import { convertBlobPolicy } from '@signet/policy-import';
import { PolicyError } from '@signet/verifier';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { randomRuns } from '../../support/random-runs.ts';

const trust = { trustStores: ['ca:acme'], trustedIdentities: ['x509.subject: C=US, ST=WA, O=acme'] };
const strict = { name: 'releases', signatureVerification: { level: 'strict' }, ...trust };
const skip = { name: 'unsigned', signatureVerification: { level: 'skip' } };
const everything = { ...strict, name: 'all', globalPolicy: true };
const policyOf = (...trustPolicies: readonly object[]): object => ({ version: '1.0', trustPolicies });
const inputOf = (source: object) => ({ file: 'trustpolicy.blob.json', text: JSON.stringify(source, null, 1) });

function refusalOf(source: object): PolicyError {
  try {
    convertBlobPolicy(inputOf(source));
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
  return expect.fail('it was taken');
}

describe('a trustpolicy.blob.json', () => {
  it('has a rule for each statement, which is found by the name of the statement', () => {
    const { policy, statements, losses } = convertBlobPolicy(inputOf(policyOf(strict, skip, everything)), {
      trustStore: 'store',
    });
    expect(losses).toEqual([]);
    expect(statements.map(({ name, isGlobal }) => [name, isGlobal])).toEqual([
      ['releases', false],
      ['unsigned', false],
      ['all', true],
    ]);
    const { rules, default: fallback, trust: sources } = parse(policy);
    expect(fallback).toBe('deny');
    expect(rules.map(({ images }: { images: readonly string[] }) => images)).toEqual(
      statements.map(({ image }) => [image]),
    );
    expect(rules).toMatchObject([{ require: { any: ['releases'] } }, { mode: 'skip' }, {}]);
    expect(sources.releases.x509).toMatchObject({ ca: ['store/x509/ca/acme'], level: 'strict' });
  });

  it('may have statements of any name', () => {
    const names = ['a b', 'a-b', '"', '../x', 'ü', 'x'.repeat(300)];
    const { policy, statements } = convertBlobPolicy(inputOf(policyOf(...names.map((name) => ({ ...skip, name })))));
    expect(statements.map(({ name }) => name)).toEqual(names);
    expect(parse(policy).rules.flatMap(({ images }: { images: readonly string[] }) => images)).toEqual(
      statements.map(({ image }) => image),
    );
  });

  it('may have members that notation does not know: they change nothing', () => {
    const { losses } = convertBlobPolicy(inputOf(policyOf({ ...strict, registryScopes: ['*'] })));
    expect(losses).toMatchObject([{ construct: 'registryScopes', effect: 'unchanged' }]);
  });

  it('a store that cannot be read satisfies nothing', () => {
    const brokenStores = new Map([['ca:acme', 'it is empty']]);
    const { policy, losses } = convertBlobPolicy(inputOf(policyOf(strict)), { brokenStores });
    expect(parse(policy).rules).toMatchObject([{ require: 'never' }]);
    expect(losses).toMatchObject([{ effect: 'denied', why: 'the trust store ca:acme: it is empty' }]);
  });
});

describe('what notation refuses is refused, with the place', () => {
  it.each<[string, object, string, number]>([
    ['another version', { version: '2.0', trustPolicies: [strict] }, 'only version 1.0', 2],
    ['no version', { trustPolicies: [strict] }, '"version" is missing', 1],
    ['no statements', policyOf(), 'must not be empty', 3],
    ['no name', policyOf({ ...strict, name: '' }), 'must not be empty', 5],
    ['a name twice', policyOf(skip, { ...strict, name: 'unsigned' }), 'there twice', 11],
    ['two global statements', policyOf(everything, { ...everything, name: 'b' }), 'only one statement', 28],
    ['a global one that asks for nothing', policyOf({ ...skip, globalPolicy: true }), 'cannot have the level skip', 9],
    ['global as a text', policyOf({ ...strict, globalPolicy: 'true' }), 'true or false', 15],
    ['an unknown level', policyOf({ ...strict, signatureVerification: { level: 'lax' } }), 'none of strict', 7],
    ['no trust', policyOf({ ...strict, trustStores: [] }), 'both needed', 4],
    ['skip with trust', policyOf({ ...skip, ...trust }), 'takes no trust stores', 10],
    ['an identity without C', policyOf({ ...strict, trustedIdentities: ['x509.subject: O=a'] }), 'C, ST and O', 13],
  ])('%s', (_, source, why, line) => {
    const error = refusalOf(source);
    expect(error.code).toBe('POLICY_INVALID');
    expect(error.message).toContain(why);
    expect(error.place).toMatchObject({ file: 'trustpolicy.blob.json', line });
  });

  it('texts of any kind, by its own error and no other', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          convertBlobPolicy({ file: 'trustpolicy.blob.json', text });
        } catch (error) {
          expect(error).toBeInstanceOf(PolicyError);
        }
      }),
      { numRuns: randomRuns(200) },
    );
  });
});
