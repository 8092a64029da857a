import { describe, expect, it } from 'vitest';
import { convert, formatsIn, lossesOf, refusal, ruleNamed, written } from '../convert.ts';
import { answers } from '../decision.ts';

const pem = (letter: string): string => `-----BEGIN PUBLIC KEY-----\n${letter.repeat(4)}\n-----END PUBLIC KEY-----`;
const keys = (letters = 'A'): object => ({
  keys: { publicKeys: [...letters].map(pem).join('\n'), rekor: { ignoreTlog: true, url: 'u' } },
});
const set = (...entries: readonly object[]): object => ({ entries });

interface Verify {
  readonly imageReferences?: readonly string[];
  readonly [field: string]: unknown;
}

function policy(verify: Verify | readonly Verify[], rule: object = {}, spec: object = {}): object {
  const verifyImages = [verify]
    .flat()
    .map((each) => ({ failureAction: 'Enforce', imageReferences: ['ghcr.io/*'], ...each }));
  const rules = [{ name: 'r', match: { any: [] }, verifyImages, ...rule }];
  return { apiVersion: 'kyverno.io/v1', kind: 'ClusterPolicy', metadata: { name: 'p' }, spec: { rules, ...spec } };
}

const asked = (verify: Verify, image = 'ghcr.io/a/b:1'): string => answers('kyverno', policy(verify))(image);

describe('image references of verifyImages', () => {
  const signed = '{"any":["r"]}';
  // Source of the patterns: kyverno/website, docs/policy-types/cluster-policy/verify-images/{overview,sigstore}.md and
  // kyverno ext/wildcard; compared with REGISTRY/PATH:TAG or @DIGEST as pkg/utils/image writes it.
  it.each([
    ['ghcr.io/kyverno/test-verify-image*', 'ghcr.io/kyverno/test-verify-image:signed', signed],
    ['ghcr.io/kyverno/test-verify-image*', 'ghcr.io/kyverno/test-verify-image-rollback:v1', signed],
    ['ghcr.io/kyverno/test-verify-image*', 'ghcr.io/kyverno/test-verify-image/sub:v1', signed],
    ['ghcr.io/kyverno/test-verify-image*', 'ghcr.io/kyverno/other:signed', 'admit'],
    ['ghcr.io/kyverno/test-verify-image:*', 'ghcr.io/kyverno/test-verify-image:signed', signed],
    ['ghcr.io/kyverno/test-verify-image:*', 'ghcr.io/kyverno/test-verify-image-rollback:v1', 'admit'],
    ['ghcr.io/kyverno/test-verify-image:*', `ghcr.io/kyverno/test-verify-image@sha256:${'0'.repeat(64)}`, 'admit'],
    ['ghcr.io/*', 'ghcr.io/a:1', signed],
    ['ghcr.io/*', 'ghcr.io/a/b/c:1', signed],
    ['ghcr.io/*', `ghcr.io/a/b@sha256:${'0'.repeat(64)}`, signed],
    ['ghcr.io/*', 'quay.io/a:1', 'admit'],
    ['*', 'quay.io/a:1', signed],
    ['*', 'busybox', signed],
    ['docker.io/*', 'busybox', signed],
    ['myregistry.com/app-image:v1', 'myregistry.com/app-image:v1', signed],
    ['myregistry.com/app-image:v1', 'myregistry.com/app-image:v2', 'admit'],
    ['registry.io/org/app*', 'registry.io/org/app1:v1', signed],
    ['registry.example.com/production/*', 'registry.example.com/production/a/b:1', signed],
    ['*/team/*', 'quay.io/team/a:1', signed],
    ['*:latest', 'quay.io/a/b', signed],
    ['*:latest', 'quay.io/a/b:1', 'admit'],
    // A reference is compared with its registry: these match nothing there.
    ['busybox*', 'busybox', 'admit'],
    ['ghcr.io/a', 'ghcr.io/a:1', 'admit'],
  ])('%s, asked for %s: %s', (reference, image, expected) => {
    expect(asked({ imageReferences: [reference], attestors: [set(keys())] }, image)).toBe(expected);
  });

  it('? has no equal: wider, never satisfied, and named', () => {
    const source = policy({ imageReferences: ['ghcr.io/a?b/*'], attestors: [set(keys())] });
    expect(answers('kyverno', source)('ghcr.io/axb/c:1')).toBe('deny');
    expect(lossesOf('kyverno', source).join()).toContain('glob ghcr.io/a?b/* denied');
  });

  // Source: sigstore.md, "Skipping Image References".
  it('skipImageReferences are let through, unless another rule speaks of them', () => {
    const skipping = { skipImageReferences: ['ghcr.io/trusted/*'], attestors: [set(keys())] };
    const ask = answers('kyverno', policy(skipping));
    expect(ask('ghcr.io/other/a:1')).toBe(signed);
    expect(ask('ghcr.io/trusted/a:1')).toBe('admit');
    const both = answers('kyverno', policy([skipping, { attestors: [set(keys('B'))] }]));
    expect(both('ghcr.io/trusted/a:1')).toBe('{"any":["r-2"]}');
    expect(both('ghcr.io/other/a:1')).toBe('{"all":["r-1","r-2"]}');
  });
});

describe('attestors of verifyImages', () => {
  // Source: overview.md, "attestors.count", and kyverno pkg/engine/internal/utils.go (ExpandStaticKeys).
  it.each<readonly [string, object, string]>([
    ['all entries without count', set(keys(), keys('B')), '{"all":["r","r-2"]}'],
    ['count of them', { count: 1, entries: [keys(), keys('B')] }, '{"any":["r","r-2"]}'],
    ['count 2 of 3', { count: 2, entries: [keys(), keys('B'), keys('C')] }, '{"atLeast":2,"of":["r","r-2","r-3"]}'],
    ['several PEM keys are several entries', set(keys('ABC')), '{"all":["r","r-2","r-3"]}'],
    ['count among them', { count: 1, entries: [keys('AB')] }, '{"any":["r","r-2"]}'],
    ['nested', set({ attestor: { count: 1, entries: [keys(), keys('B')] } }), '{"any":["r","r-2"]}'],
  ])('%s', (_, attestors, expected) => {
    expect(asked({ attestors: [attestors] })).toBe(expected);
  });

  it('all sets must hold', () => {
    expect(asked({ attestors: [set(keys()), set(keys('B'))] })).toBe('{"all":["r","r-2"]}');
  });

  it.each<readonly [string, object]>([
    ['keyless', { keyless: { issuer: 'i', subject: 's', rekor: { url: 'u' } } }],
    ['certificates', { certificates: { cert: 'c' } }],
    ['keys.kms', { keys: { kms: 'awskms://k' } }],
    ['keys.secret', { keys: { secret: { name: 's', namespace: 'n' } } }],
    ['publicKeys', { keys: { publicKeys: 'k8s://ns/secret', rekor: { ignoreTlog: true } } }],
    ['keys', { keys: { publicKeys: pem('A') } }],
    ['keys.rekor', { keys: { publicKeys: pem('A'), rekor: { url: 'u' } } }],
    ['annotations', { ...keys(), annotations: { a: 'b' } }],
  ])('%s is never satisfied, and named', (construct, entry) => {
    expect(asked({ attestors: [set(entry)] })).toBe('deny');
    expect(asked({ attestors: [{ count: 1, entries: [entry, keys('B')] }] })).toBe('{"any":["r"]}');
    expect(convert('kyverno', policy({ attestors: [set(entry)] })).losses).toMatchObject([
      { construct, effect: 'denied' },
    ]);
  });

  // Source: sigstore.md, its first example: `rekor` beside `keys` is not read there, so a log entry is asked for.
  it('rekor in the wrong place is named and changes nothing', () => {
    const entry = { keys: { publicKeys: pem('A') }, rekor: { ignoreTlog: true, url: 'u' } };
    expect(asked({ attestors: [{ count: 1, entries: [entry] }] })).toBe('deny');
    expect(lossesOf('kyverno', policy({ attestors: [set(entry)] })).join()).toContain('rekor unchanged');
  });

  it('the log is left out only where that is allowed', () => {
    const source = policy({ attestors: [set({ keys: { publicKeys: pem('A') } })] });
    expect(answers('kyverno', source, { allowWithoutLog: true })('ghcr.io/a:1')).toBe('{"any":["r"]}');
    expect(lossesOf('kyverno', source, { allowWithoutLog: true }).join()).toContain('laxer');
    expect(convert('kyverno', source).losses[0]?.remedy).toContain('--allow-without-log');
  });

  // Source: overview.md, "Sigstore" and "SigstoreBundle"; pkg/cosign/cosign.go.
  it('signatures count in the form that the type names, also of one key in both', () => {
    const attestors = [set(keys())];
    expect(formatsIn('kyverno', policy({ attestors }))).toEqual(['cosign']);
    expect(formatsIn('kyverno', policy({ attestors, type: 'SigstoreBundle' }))).toEqual(['sigstore']);
    const both = policy([{ attestors }, { attestors, type: 'SigstoreBundle' }]);
    expect(answers('kyverno', both)('ghcr.io/a:1')).toBe('{"all":["r-1","r-2"]}');
    expect(formatsIn('kyverno', both)).toEqual(['cosign', 'sigstore']);
  });
});

describe('rules and policies of Kyverno', () => {
  it.each<readonly [object, object, string]>([
    [{}, {}, 'enforce'],
    [{ failureAction: 'Audit' }, {}, 'audit'],
    [{ failureAction: undefined }, { validationFailureAction: 'Enforce' }, 'enforce'],
    [{ failureAction: undefined }, { validationFailureAction: 'audit' }, 'audit'],
    [{ failureAction: undefined }, {}, 'audit'],
    [
      { failureAction: undefined },
      { validationFailureActionOverrides: [{ action: 'Enforce', namespaces: ['x'] }] },
      'enforce',
    ],
  ])('%j in %j: mode %s', (verify, spec, mode) => {
    const source = policy({ attestors: [set(keys())], ...verify }, {}, spec);
    expect(written('kyverno', source).rules[0]?.mode).toBe(mode);
  });

  it.each(['exclude', 'preconditions', 'context'])('%s holds for all here: stricter, and named', (field) => {
    const source = policy({ attestors: [set(keys())] }, { [field]: { any: [] } });
    expect(answers('kyverno', source)('ghcr.io/a:1')).toBe('{"any":["r"]}');
    expect(lossesOf('kyverno', source).join()).toContain(`${field} stricter`);
  });

  it('annotations hold for every signature', () => {
    expect(
      ruleNamed(written('kyverno', policy({ attestors: [set(keys())], annotations: { team: 'web' } })), 'p/r'),
    ).toMatchObject({ annotations: { team: 'web' } });
  });

  it('a digest that is asked for and not added leaves tags out', () => {
    const rule = ruleNamed(written('kyverno', policy({ attestors: [set(keys())], mutateDigest: false })), 'p/r');
    expect(rule?.where).toBe(`image.tag == ''`);
    const both = policy({ attestors: [set(keys())], mutateDigest: false, verifyDigest: false });
    expect(ruleNamed(written('kyverno', both), 'p/r')?.where).toBeUndefined();
  });

  it.each<readonly [string, object]>([
    ['attestations', { attestations: [{ type: 't' }] }],
    ['type Notary', { type: 'Notary', attestors: [set({ certificates: { cert: 'c' } })] }],
  ])('%s is never satisfied, and named', (construct, verify) => {
    expect(asked({ attestors: [set(keys())], ...verify })).toBe('deny');
    expect(lossesOf('kyverno', policy({ attestors: [set(keys())], ...verify })).join()).toContain(
      `${construct} denied`,
    );
  });

  it.each<readonly [object, string]>([
    [policy({ imageReferences: ['{{ x }}'], attestors: [set(keys())] }), 'variables are not allowed'],
    [policy({ imageReferences: [], attestors: [set(keys())] }), 'imageReferences are needed'],
    [policy({ attestors: [{ count: 3, entries: [keys()] }] }), 'more than there are entries'],
    [policy({ attestors: [set()] }), 'an entry is needed'],
    [policy({ attestors: [set({})] }), 'exactly one of keys'],
    [{ kind: 'ConfigMap', metadata: { name: 'x' } }, 'no rule that verifies images'],
  ])('refused: %j', (source, why) => {
    expect(refusal('kyverno', source).message).toContain(why);
  });
});

describe('an ImageValidatingPolicy', () => {
  const signatures = (list: string, end = '.all(e, e > 0)'): string =>
    `images.containers.map(image, verifyImageSignatures(image, [${list}]))${end}`;
  const attestor = (name: string, letter: string): object => ({
    name,
    cosign: { key: { data: pem(letter) }, ctlog: { insecureIgnoreTlog: true } },
  });
  const ivp = (more: object): object => ({
    apiVersion: 'policies.kyverno.io/v1',
    kind: 'ImageValidatingPolicy',
    metadata: { name: 'p' },
    spec: {
      matchImageReferences: [{ glob: 'ghcr.io/*' }],
      attestors: [attestor('a', 'A'), attestor('b', 'B')],
      validations: [{ expression: signatures('attestors.a') }],
      ...more,
    },
  });

  // Source: kyverno/website, docs/policy-types/image-validating-policy.mdx, "Image Verification Library".
  it.each([
    [signatures('attestors.a'), '{"any":["a"]}'],
    [signatures('attestors.a, attestors.b'), '{"any":["a","b"]}'],
    [signatures('attestors.a, attestors.b', '.all(e, e > 1)'), '{"all":["a","b"]}'],
    [signatures('attestors.a,attestors.b', '.all(x, x >= 2)'), '{"all":["a","b"]}'],
    [signatures('attestors.a, attestors.c'), 'deny'],
    [signatures('attestors.a', '.all(e, e >= 0)'), 'deny'],
    [signatures('attestors.a', '.exists(e, e > 0)'), 'deny'],
    [
      'images.containers.map(image, verifyAttestationSignatures(image, attestations.sbom, [attestors.a])).all(e, e > 0)',
      'deny',
    ],
    [
      `images.containers.map(image, extractPayload(image, attestations.sbom).bomFormat == 'CycloneDX').all(e, e)`,
      'deny',
    ],
  ])('%s: %s', (expression, expected) => {
    const ask = answers('kyverno', ivp({ validations: [{ expression }] }));
    expect(ask('ghcr.io/a/b:1')).toBe(expected);
    expect(ask('quay.io/a:1')).toBe('admit');
  });

  it('several validations must all hold', () => {
    const validations = [{ expression: signatures('attestors.a') }, { expression: signatures('attestors.b') }];
    expect(answers('kyverno', ivp({ validations }))('ghcr.io/a:1')).toBe('{"all":["a","b"]}');
  });

  it.each([
    ['Deny', '{"any":["a"]}'],
    ['Warn', 'warn {"any":["a"]}'],
    ['Audit', 'audit {"any":["a"]}'],
  ])('validationActions %s', (action, expected) => {
    expect(answers('kyverno', ivp({ validationActions: [action] }))('ghcr.io/a:1')).toBe(expected);
  });

  it('an expression over references may speak of any image: never satisfied, and named', () => {
    const source = ivp({ matchImageReferences: [{ expression: `image.registry == 'ghcr.io'` }] });
    expect(answers('kyverno', source)('quay.io/a:1')).toBe('deny');
    expect(lossesOf('kyverno', source).join()).toContain('denied');
  });

  it.each<readonly [string, object]>([
    ['notary', { name: 'a', notary: { certs: { value: 'c' } } }],
    ['keyless', { name: 'a', cosign: { keyless: { identities: [] } } }],
    ['key', { name: 'a', cosign: { key: { kms: 'gcpkms://k' } } }],
    ['ctlog', { name: 'a', cosign: { key: { data: pem('A') } } }],
  ])('an attestor with %s is never satisfied, and named', (construct, made) => {
    const source = ivp({ attestors: [made] });
    expect(answers('kyverno', source)('ghcr.io/a:1')).toBe('deny');
    expect(lossesOf('kyverno', source).join()).toContain(`attestor a.${construct} denied`);
  });
});
