import { describe, expect, it } from 'vitest';
import { convert, formatsIn, lossesOf, refusal, written } from '../convert.ts';
import { answers } from '../decision.ts';

const key = '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----';
const other = '-----BEGIN PUBLIC KEY-----\nBBBB\n-----END PUBLIC KEY-----';
const byKey = { name: 'k', key: { data: key } };
const byOther = { name: 'o', key: { data: other } };
const admitAll = { static: { action: 'pass' } };

function policy(
  globs: string | readonly string[],
  authorities: readonly object[],
  more: object = {},
  name = 'p',
): object {
  const images = [globs].flat().map((glob) => ({ glob }));
  const spec = { images, authorities, ...more };
  return { apiVersion: 'policy.sigstore.dev/v1beta1', kind: 'ClusterImagePolicy', metadata: { name }, spec };
}

const several = (...objects: readonly object[]): string => objects.map((each) => JSON.stringify(each)).join('\n---\n');

describe('globs of a ClusterImagePolicy', () => {
  // Source of the rows: sigstore/policy-controller, pkg/apis/glob/glob_test.go, TestGlobMatch.
  it.each([
    ['foo', 'index.docker.io/library/foo:latest', true],
    ['foo', 'index.docker.io/library/foo:*', true],
    ['foo', 'index.docker.io/library/*', true],
    ['foo', 'index.docker.io/library/*:latest', true],
    ['foo', 'index.docker.io/*/*', true],
    ['foo', 'index.docker.io/**', true],
    ['foo', 'index.docker.**', true],
    ['foo', 'inde**', true],
    ['foo', 'foo**', true],
    ['foo', '**', true],
    ['foo', 'foo', true],
    ['foo', 'foo*', true],
    ['myuser/myapp', 'index.docker.io/myuser/myapp:latest', true],
    ['myuser/myapp', 'index.docker.io/myuser/myapp:*', true],
    ['myuser/myapp', 'index.docker.io/myuser/*', true],
    ['myuser/myapp', 'index.docker.io/myuser/*:latest', true],
    ['myuser/myapp', 'index.docker.io/*/*', true],
    ['myuser/myapp', 'index.docker.io/**', true],
    ['myuser/myapp', 'index.docker.**', true],
    ['myuser/myapp', 'inde**', true],
    ['myuser/myapp', '**', true],
    ['myuser/myapp', 'myuser/myapp', true],
    ['myuser/myapp', 'myuser/myapp*', true],
    ['myuser/myapp', 'myuser/myapp**', true],
    ['ghcr.io/foo/bar', 'ghcr.io/*/*', true],
    ['ghcr.io/foo/bar', 'ghcr.io/**', true],
    ['ghcr.io/foo', 'ghcr.io/*/*', false],
    ['ghcr.io/foo', 'ghcr.io/**', true],
    ['ghcr.io/foo', 'ghc**', true],
    ['ghcr.io/foo', '**', true],
    ['ghcr.io/foo', '*/**', true],
    ['ghcr.io/foo', 'ghcr.io/foo*', true],
    ['ghcr.io/foo', 'ghcr.io/foo**', true],
    ['prefix-ghcr.io/foo', 'ghcr.io/foo', false],
    ['ghcr.io/foo-suffix', 'ghcr.io/foo', false],
    ['ghcrxio/foo', 'ghcr.io/**', false],
    ['foo', '*', true],
    ['myuser/myapp', '*/*', true],
    [`ghcr.io/foo@sha256:${'5'.repeat(64)}`, `ghcr.io/foo@sha256:${'5'.repeat(64)}`, true],
  ])('%s meets %s: %s', (image, glob, expected) => {
    expect(answers('clusterimagepolicy', policy(glob, [admitAll]))(image)).toBe(expected ? 'admit' : 'deny');
  });

  it.each(['.+', '[a-z]*'])('%s is refused, as there', (glob) => {
    expect(refusal('clusterimagepolicy', policy(glob, [admitAll])).message).toContain('not a glob');
  });
});

describe('authorities of a ClusterImagePolicy', () => {
  const asked = (authorities: readonly object[], more: object = {}): string =>
    answers('clusterimagepolicy', policy('ghcr.io/**', authorities, more))('ghcr.io/a/b:1');

  it('one of them suffices', () => {
    expect(asked([byKey])).toBe('{"any":["p-k"]}');
    expect(asked([byKey, byOther])).toBe('{"any":["p-k","p-o"]}');
    expect(asked([byKey, admitAll])).toBe('admit');
    expect(asked([byKey, { static: { action: 'fail' } }])).toBe('{"any":["p-k"]}');
    expect(asked([{ static: { action: 'fail' } }])).toBe('deny');
  });

  // Source: sigstore/policy-controller, pkg/config/testdata/allow-empty-authorities.yaml: without that setting nothing passes.
  it('none admits nothing', () => {
    expect(asked([])).toBe('deny');
  });

  // Source of the fields: pkg/apis/policy/v1beta1/clusterimagepolicy_types.go.
  it.each<readonly [string, object]>([
    ['keyless', { keyless: { url: 'https://fulcio.sigstore.dev', identities: [{ issuer: 'a', subject: 'b' }] } }],
    ['key.kms', { key: { kms: 'gcpkms://projects/p' } }],
    ['key.secretRef', { key: { secretRef: { name: 's' } } }],
    ['ctlog', { ...byKey, ctlog: { url: 'https://rekor.sigstore.dev' } }],
    ['attestations', { ...byKey, attestations: [{ name: 'a', predicateType: 'custom' }] }],
    ['rfc3161timestamp', { ...byKey, rfc3161timestamp: { trustRootRef: 't' } }],
  ])('%s is never satisfied, and named', (construct, authority) => {
    expect(asked([authority])).toBe('deny');
    expect(asked([authority, byOther])).toBe('{"any":["p-o"]}');
    expect(convert('clusterimagepolicy', policy('a.io/**', [authority])).losses).toMatchObject([
      { construct: `authorities[0].${construct}`, effect: 'denied' },
    ]);
  });

  it.each<readonly [string, object]>([
    ['policy', { policy: { type: 'cue', data: 'x' } }],
    ['match', { match: [{ resource: 'pods', version: 'v1' }] }],
  ])('%s is never satisfied, and named', (construct, more) => {
    expect(asked([byKey], more)).toBe('deny');
    expect(lossesOf('clusterimagepolicy', policy('a.io/**', [byKey], more)).join()).toMatch(
      new RegExp(`${construct} denied`),
    );
  });

  it('another hash and another place of signatures make it stricter', () => {
    const authority = { key: { data: key, hashAlgorithm: 'sha512' }, source: [{ oci: 'other.io/sigs' }] };
    expect(asked([authority])).toBe('{"any":["p-0"]}');
    expect(
      lossesOf('clusterimagepolicy', policy('a.io/**', [authority])).every((loss) => loss.endsWith('stricter')),
    ).toBe(true);
  });

  // Source: pkg/apis/policy/v1beta1/clusterimagepolicy_types.go, signatureFormat.
  it('signatures count in the form that the authority names', () => {
    const bundle = { ...byOther, signatureFormat: 'bundle' };
    expect(formatsIn('clusterimagepolicy', policy('a.io/**', [byKey, bundle]))).toEqual(['cosign', 'sigstore']);
  });

  it('mode warn is warn', () => {
    expect(asked([byKey], { mode: 'warn' })).toBe('warn {"any":["p-k"]}');
  });
});

describe('several ClusterImagePolicies', () => {
  // Source: docs.sigstore.dev, "Policy Controller": an image that matches several policies must pass all of them.
  it('all that match must pass', () => {
    const ask = answers(
      'clusterimagepolicy',
      several(policy('ghcr.io/**', [byKey], {}, 'wide'), policy('ghcr.io/team/**', [byOther], {}, 'team')),
    );
    expect(ask('ghcr.io/a:1')).toBe('{"any":["wide-k"]}');
    expect(ask('ghcr.io/team/a:1')).toBe('{"all":["wide-k","team-o"]}');
    expect(ask('quay.io/a:1')).toBe('deny');
  });

  it('one that only warns is left out where others enforce, and named', () => {
    const source = several(
      policy('ghcr.io/**', [byKey], {}, 'wide'),
      policy('ghcr.io/team/**', [byOther], { mode: 'warn' }, 'team'),
    );
    expect(answers('clusterimagepolicy', source)('ghcr.io/team/a:1')).toBe('{"any":["wide-k"]}');
    expect(lossesOf('clusterimagepolicy', source).join()).toContain('team unchanged');
  });

  it('that overlap in part are stricter, never laxer, and named', () => {
    const source = several(
      policy('ghcr.io/*/app', [byKey], {}, 'app'),
      policy('ghcr.io/team/**', [byOther], {}, 'team'),
    );
    const ask = answers('clusterimagepolicy', source);
    expect(ask('ghcr.io/team/app')).toContain('app-k');
    expect(ask('ghcr.io/team/app')).toContain('team-o');
    expect(ask('ghcr.io/x/app')).toBe('{"any":["app-k"]}');
    expect(lossesOf('clusterimagepolicy', source).join()).toContain('stricter');
  });

  // Source: sigstore/policy-controller, pkg/config/testdata/allow-all.yaml, warn-all.yaml, deny-all-explicit.yaml.
  it.each([
    ['allow', 'admit'],
    ['warn', 'admit'],
    ['deny', 'deny'],
  ])('no-match-policy %s: other images %s', (value, expected) => {
    const map = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'config-policy-controller' },
      data: { 'no-match-policy': value },
    };
    expect(answers('clusterimagepolicy', several(map, policy('ghcr.io/**', [byKey])))('quay.io/a:1')).toBe(expected);
  });

  it('lists are opened, and other objects named', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [policy('ghcr.io/**', [byKey]), { kind: 'Secret', metadata: { name: 's' } }],
    };
    expect(written('clusterimagepolicy', list).rules).toHaveLength(1);
    expect(lossesOf('clusterimagepolicy', list).join()).toContain('Secret unchanged');
  });
});

describe('a ClusterImagePolicy that its webhook refuses', () => {
  it.each<readonly [string, object, string]>([
    ['no images', policy([], [byKey]), 'an image is needed'],
    ['two kinds of authority', policy('a.io/**', [{ ...byKey, ...admitAll }]), 'exactly one of key, keyless, static'],
    ['an authority of no kind', policy('a.io/**', [{ name: 'a' }]), 'exactly one of key, keyless, static'],
    ['two keys', policy('a.io/**', [{ key: { data: key, kms: 'x' } }]), 'exactly one of data, secretRef, kms'],
    ['no PEM', policy('a.io/**', [{ key: { data: 'x' } }]), 'no PEM key'],
    ['another mode', policy('a.io/**', [byKey], { mode: 'audit' }), 'none of enforce, warn'],
    ['another static action', policy('a.io/**', [{ static: { action: 'x' } }]), 'none of pass, fail'],
    ['nothing of the kind', { kind: 'Secret', metadata: { name: 's' } }, 'no ClusterImagePolicy'],
  ])('%s', (_, source, why) => {
    expect(refusal('clusterimagepolicy', source).message).toContain(why);
  });
});
