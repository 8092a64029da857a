import { RegistryError } from '@signet/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdmissionError } from '../../../packages/admission/src/index.ts';
import {
  authsFor,
  parsePullSecret,
  parseServiceAccount,
} from '../../../packages/admission/src/pull-secrets/parse-secret.ts';
import { loginEntry, pullSecret, secret, serviceAccount } from '../../support/kube-api.ts';

const password = 'the-password-of-the-registry';
const entry = loginEntry('u', password);
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const config = (text: string) =>
  secret('shop', 'x', 'kubernetes.io/dockerconfigjson', { '.dockerconfigjson': base64(text) });

describe('parsePullSecret', () => {
  it('reads kubernetes.io/dockerconfigjson', () => {
    expect(parsePullSecret(pullSecret('shop', 'x', { 'r.example': entry }))).toEqual({ 'r.example': entry });
  });

  it('reads kubernetes.io/dockercfg, which has the entries alone', () => {
    const text = JSON.stringify({ 'r.example': entry });
    const old = secret('shop', 'x', 'kubernetes.io/dockercfg', { '.dockercfg': base64(text) });
    expect(parsePullSecret(old)).toEqual({ 'r.example': entry });
  });

  it('takes nothing but the logins: a helper that a secret names is no program of the server', () => {
    const text = JSON.stringify({ auths: {}, credsStore: 'evil', credHelpers: { 'r.example': 'evil' } });
    expect(parsePullSecret(config(text))).toEqual({});
  });

  it.each(['Opaque', 'kubernetes.io/tls', '__proto__', 'toString'])('finds no login in a secret of type %s', (type) => {
    const data = { '.dockerconfigjson': base64(JSON.stringify({ auths: { 'r.example': entry } })) };
    expect(parsePullSecret(secret('shop', 'x', type, data))).toEqual({});
  });

  it.each([
    ['another kind', { ...pullSecret('shop', 'x', {}), kind: 'ConfigMap' }, /no Secret/],
    ['no object', 'Secret', /no Secret/],
    ['no data', { ...pullSecret('shop', 'x', {}), data: null }, /in base64/],
    [
      'another key',
      secret('shop', 'x', 'kubernetes.io/dockerconfigjson', { 'config.json': base64('{}') }),
      /in base64/,
    ],
    [
      'what is no base64',
      secret('shop', 'x', 'kubernetes.io/dockerconfigjson', { '.dockerconfigjson': '{}' }),
      /in base64/,
    ],
    ['what is no JSON', config(`{"auths": {"r.example": {"auth": "${password}"`), /no registry configuration/],
    [
      'what is too large',
      config(`{"auths": {"r.example": {"auth": "${'a'.repeat(100_000)}"}}}`),
      /larger than any login/,
    ],
    [
      'logins for too many registries',
      pullSecret('shop', 'x', Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`r${at}.example`, entry]))),
      /more than 100 registries/,
    ],
    ['logins that are a list', config('{"auths": []}'), /no registry configuration/],
  ])('refuses %s, without what is in it', (_what, object, message) => {
    const thrown = (() => {
      try {
        return parsePullSecret(object);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toMatchObject({ code: 'CLUSTER_API_FAILED', message: expect.stringMatching(message) });
    expect((thrown as Error).cause).toBeUndefined();
    expect(String(thrown)).not.toContain(password);
  });

  it('throws its own error alone, whatever a secret holds', () => {
    const types = fc.constantFrom('kubernetes.io/dockerconfigjson', 'kubernetes.io/dockercfg');
    const data = fc.record({ '.dockerconfigjson': fc.base64String(), '.dockercfg': fc.base64String() });
    fc.assert(
      fc.property(types, data, fc.json(), (type, random, json) => {
        for (const each of [random, { '.dockerconfigjson': base64(json), '.dockercfg': base64(json) }]) {
          try {
            authsFor(parsePullSecret({ apiVersion: 'v1', kind: 'Secret', type, data: each }), 'r.example');
          } catch (error) {
            expect(error).toBeInstanceOf(AdmissionError);
            expect(error).not.toBeInstanceOf(RegistryError);
          }
        }
      }),
    );
  });
});

describe('parseServiceAccount', () => {
  it('reads the pull secrets that it names', () => {
    expect(parseServiceAccount(serviceAccount('shop', 'web', 'one', 'two'))).toEqual(['one', 'two']);
    expect(parseServiceAccount({ apiVersion: 'v1', kind: 'ServiceAccount' })).toEqual([]);
  });

  it('refuses another kind', () => {
    expect(() => parseServiceAccount(pullSecret('shop', 'x', {}))).toThrow('no ServiceAccount');
  });
});

describe('authsFor', () => {
  const keysFor = (registry: string, ...keys: readonly string[]): readonly string[] =>
    Object.keys(authsFor(Object.fromEntries(keys.map((key) => [key, entry])), registry));

  it.each([
    ['*.example.com', 'a.example.com', true],
    ['*.example.com', 'a.b.example.com', false],
    ['*.example.com', 'example.com', false],
    ['*.*.example.com', 'a.b.example.com', true],
    ['reg-*.example.com:5000', 'reg-1.example.com:5000', true],
    ['*.example.com', 'a.example.com:5000', false],
    ['https://*.example.com/v1/', 'a.example.com', true],
    ['*.EXAMPLE.com', 'a.example.com', true],
    ['*', 'localhost', true],
    ['*', 'a.example.com', false],
  ])('a star stands for a part of a host: %s for %s: %s', (key, registry, fits) => {
    expect(keysFor(registry, key)).toHaveLength(fits ? 1 : 0);
  });

  it('keeps paths, and what is written out before what a star stands for', () => {
    expect(keysFor('a.example.com', '*.example.com/team', '*.example.com', 'a.example.com')).toEqual([
      'a.example.com',
      'a.example.com/team',
    ]);
  });
});
