import { convertPolicy } from '@signet/policy-import';
import { describe, expect, it } from 'vitest';
import { lossesOf, refusal, ruleNamed, written } from '../convert.ts';

const trust = { trustStores: ['ca:acme'], trustedIdentities: ['x509.subject: C=US, ST=WA, O=acme'] };
const skip = (...registryScopes: readonly string[]): object => ({
  name: 'unsigned',
  registryScopes,
  signatureVerification: { level: 'skip' },
});
const signed = (level: string, ...registryScopes: readonly string[]): object => ({
  name: level,
  registryScopes,
  signatureVerification: { level },
  ...trust,
});
const policyOf = (...trustPolicies: readonly object[]): object => ({ version: '1.0', trustPolicies });

describe('a trustpolicy.json', () => {
  it('skip is skip, for exactly its repositories', () => {
    const policy = written('notation', policyOf(skip('reg.example.com/a', 'reg.example.com/b')));
    expect(policy.rules).toEqual([
      { name: 'unsigned', images: ['reg.example.com/a', 'reg.example.com/b'], mode: 'skip' },
    ]);
    expect(policy.default).toBe('deny');
    expect(lossesOf('notation', policyOf(skip('reg.example.com/a')))).toEqual([]);
  });

  it.each(['strict', 'permissive', 'audit'])(
    '%s is a source of certificates with its stores and identities',
    (level) => {
      const source = policyOf(signed(level, '*'));
      const policy = written('notation', source);
      expect(ruleNamed(policy, level)).toMatchObject({ images: ['*'], mode: 'enforce', require: { any: [level] } });
      expect(policy.trust).toEqual({
        [level]: {
          x509: {
            ca: ['truststore/x509/ca/acme'],
            identities: trust.trustedIdentities,
            level,
            allowPrivateServers: true,
          },
        },
      });
      expect(lossesOf('notation', source)).toEqual([]);
    },
  );

  it('overrides, time stamps and other stores are taken over', () => {
    const verification = {
      level: 'strict',
      override: { expiry: 'log', revocation: 'skip' },
      verifyTimestamp: 'afterCertExpiry',
    };
    const trustStores = ['ca:acme', 'signingAuthority:sa', 'tsa:t'];
    const source = policyOf({ ...signed('strict', '*'), signatureVerification: verification, trustStores });
    expect(written('notation', source).trust).toEqual({
      strict: {
        x509: {
          ca: ['truststore/x509/ca/acme'],
          signingAuthority: ['truststore/x509/signingAuthority/sa'],
          tsa: ['truststore/x509/tsa/t'],
          identities: trust.trustedIdentities,
          level: 'strict',
          override: verification.override,
          verifyTimestamp: 'afterCertExpiry',
          allowPrivateServers: true,
        },
      },
    });
  });

  it('stores that cannot be read, and identities of other kinds, satisfy nothing, and are named', () => {
    const source = policyOf(signed('strict', '*'));
    const broken = convertPolicy('notation', [{ file: 'policy', text: JSON.stringify(source) }], {
      brokenStores: new Map([['ca:acme', 'it is empty']]),
    });
    expect(broken.policy).toContain('require: never');
    expect(broken.losses).toMatchObject([{ effect: 'denied', why: 'the trust store ca:acme: it is empty' }]);
    const other = policyOf({ ...signed('strict', '*'), trustedIdentities: ['x509.san:a'] });
    expect(ruleNamed(written('notation', other), 'strict')).toMatchObject({ require: 'never' });
    const stamps = policyOf({ ...signed('strict', '*'), trustStores: ['tsa:t'] });
    expect(ruleNamed(written('notation', stamps), 'strict')).toMatchObject({ require: 'never' });
  });

  it('a host without dot or port is none here: no rule, and named', () => {
    const source = policyOf(skip('local/layout', 'localhost/app'));
    expect(written('notation', source).rules).toMatchObject([{ images: ['localhost/app'], mode: 'skip' }]);
    expect(lossesOf('notation', source)).toEqual(['7 scope local/layout stricter']);
  });

  it('another name of docker.io is never satisfied: its images have scopes of their own', () => {
    const policy = written('notation', policyOf(skip('index.docker.io/library/a', 'reg.example.com/a')));
    expect(policy.rules.find(({ mode }) => mode === 'skip')?.images).toEqual(['reg.example.com/a']);
    expect(policy.rules.find(({ mode }) => mode === 'enforce')).toMatchObject({
      images: ['index.docker.io/library/a'],
      require: 'never',
    });
  });

  it('two spellings of one repository ask for both', () => {
    const policy = written('notation', policyOf(skip('reg.example.com/a'), signed('strict', 'REG.example.com:443/a')));
    const [rule] = policy.rules;
    expect(rule).toMatchObject({
      images: ['reg.example.com/a', 'REG.example.com:443/a'],
      require: { any: ['strict'] },
    });
  });

  it('fields that notation does not read are named', () => {
    const source = policyOf({ ...skip('reg.example.com/a'), comment: 'x' });
    expect(lossesOf('notation', source)).toEqual(['12 comment unchanged']);
  });
});

describe('a trustpolicy.json that notation refuses', () => {
  const strict = signed('strict', 'reg.example.com/a');
  it.each<readonly [string, object, string]>([
    ['another version', { ...policyOf(strict), version: '2.0' }, 'only version 1.0'],
    ['no statements', policyOf(), 'must not be empty'],
    ['a name twice', policyOf(skip('reg.example.com/a'), skip('reg.example.com/b')), 'there twice'],
    ['a scope twice', policyOf(skip('reg.example.com/a'), strict), 'there twice'],
    ['no scope', policyOf(skip()), 'must not be empty'],
    ['* beside others', policyOf(signed('strict', '*', 'reg.example.com/a')), '* stands alone'],
    ['* in a scope', policyOf(skip('reg.example.com/*')), 'not HOST/REPOSITORY'],
    ['a scope with a tag', policyOf(skip('reg.example.com/a:1')), 'not HOST/REPOSITORY'],
    ['a scope without repository', policyOf(skip('reg.example.com')), 'not HOST/REPOSITORY'],
    ['an unknown level', policyOf(signed('lax', '*')), 'none of strict'],
    ['skip with trust', policyOf({ ...skip('reg.example.com/a'), ...trust }), 'takes no trust stores'],
    ['no trust', policyOf({ ...strict, trustStores: [] }), 'both needed'],
    ['an unknown kind of store', policyOf({ ...strict, trustStores: ['pgp:a'] }), 'TYPE:NAME'],
    ['an identity without C', policyOf({ ...strict, trustedIdentities: ['x509.subject: ST=WA, O=a'] }), 'C, ST and O'],
    [
      '* beside identities',
      policyOf({ ...strict, trustedIdentities: ['*', 'x509.subject: C=US, ST=WA, O=a'] }),
      '* stands alone',
    ],
    [
      'integrity overridden',
      policyOf({ ...strict, signatureVerification: { level: 'strict', override: { integrity: 'log' } } }),
      'cannot be overridden',
    ],
    [
      'expiry skipped',
      policyOf({ ...strict, signatureVerification: { level: 'strict', override: { expiry: 'skip' } } }),
      'none of enforce, log',
    ],
    [
      'skip overridden',
      policyOf({ ...skip('a.io/a'), signatureVerification: { level: 'skip', override: { expiry: 'log' } } }),
      'cannot be overridden',
    ],
    ['files', policyOf({ ...strict, globalPolicy: true }), 'policy for files'],
  ])('%s', (_, source, why) => {
    const error = refusal('notation', source);
    expect(error.code).toBe('POLICY_INVALID');
    expect(error.message).toContain(why);
  });
});
