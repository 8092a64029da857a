import { describe, expect, it } from 'vitest';
import { convert, formatsIn, lossesOf, refusal, written } from '../convert.ts';
import { answers } from '../decision.ts';

const pem = (letter: string): string => `-----BEGIN PUBLIC KEY-----\n${letter.repeat(4)}\n-----END PUBLIC KEY-----\n`;
const root = (name: string, letter: string): object => ({ name, key: pem(letter) });
const cosign = (name: string, ...trustRoots: readonly object[]): object => ({ name, type: 'cosign', trustRoots });
const allow = { name: 'allow', type: 'static', approve: true };
const deny = { name: 'deny', type: 'static', approve: false };
const noLog = { verifyInTransparencyLog: false };

interface Rule {
  readonly pattern: string;
  readonly validator?: string;
  readonly with?: object;
}

const values = (validators: readonly object[], policy: readonly Rule[], features: object = {}): object => ({
  application: { validators, policy, features },
});
const keyed = (rule: Rule): Rule => ({ ...rule, with: { ...noLog, ...rule.with } });

describe('which rule of Connaisseur decides', () => {
  // Source: connaisseur docs/basics.md, "Image policy", the example with three rules.
  const example = answers(
    'connaisseur',
    values(
      [cosign('default', root('default', 'A')), cosign('myvalidator', root('default', 'B'), root('mykey', 'C'))],
      [
        { pattern: '*:*' },
        { pattern: 'docker.io/myrepo/*:*', validator: 'myvalidator' },
        { pattern: 'docker.io/myrepo/myimg:*', validator: 'myvalidator', with: { trustRoot: 'mykey' } },
      ].map(keyed),
    ),
  );
  it.each([
    ['docker.io/superrepo/myimg:v1', 'default-default'],
    ['docker.io/myrepo/superimg:v1', 'myvalidator-default'],
    ['docker.io/myrepo/myimg:v1', 'myvalidator-mykey'],
  ])('%s: %s', (image, source) => {
    expect(example(image)).toBe(`{"any":["${source}"]}`);
  });

  // Source: docs/basics.md, "Configuration options" of the image policy, example.
  const options = answers(
    'connaisseur',
    values(
      [cosign('default', root('default', 'A')), cosign('myvalidator', root('mykey', 'B')), allow, deny],
      [
        keyed({ pattern: '*:*' }),
        keyed({ pattern: 'docker.io/myrepo/*:*', validator: 'myvalidator', with: { trustRoot: 'mykey' } }),
        { pattern: 'docker.io/myrepo/deniedimage:*', validator: 'deny' },
        { pattern: 'docker.io/myrepo/allowedimage:v*', validator: 'allow', with: { mode: 'insecureValidateOnly' } },
      ],
    ),
  );
  it.each([
    ['docker.io/myrepo/deniedimage:1', 'deny'],
    ['docker.io/myrepo/allowedimage:v1', 'admit'],
    ['docker.io/myrepo/allowedimage:1', '{"any":["myvalidator-mykey"]}'],
    ['docker.io/myrepo/a:1', '{"any":["myvalidator-mykey"]}'],
    ['quay.io/a:1', '{"any":["default-default"]}'],
  ])('%s: %s', (image, expected) => {
    expect(options(image)).toBe(expected);
  });

  // Source: charts/connaisseur/values.yaml (the rules that come with it).
  const shipped = answers(
    'connaisseur',
    values(
      [allow, deny],
      [
        { pattern: '*:*', validator: 'deny' },
        { pattern: 'registry.k8s.io/*:*', validator: 'allow' },
      ],
    ),
  );
  it.each([
    ['registry.k8s.io/pause:3.9', 'admit'],
    ['registry.k8s.io/coredns/coredns:v1', 'admit'],
    [`registry.k8s.io/pause@sha256:${'0'.repeat(64)}`, 'admit'],
    ['docker.io/library/redis:7', 'deny'],
    ['evil-registry.k8s.io/pause:3.9', 'deny'],
  ])('%s: %s', (image, expected) => {
    expect(shipped(image)).toBe(expected);
  });

  // Source: internal/policy/match_test.go, TestCompare; the first rule says more, or the second where it is named second.
  it.each([
    ['*/*', '*:*', 'first'],
    ['*/*/*', 'docker*/*', 'first'],
    ['*:*', '*', 'first'],
    ['docker*/*', '*/*', 'first'],
    ['docker.io/*', 'docker.i*/s*', 'either'],
    ['*/*', '*:test', 'first'],
  ])('%s says more than %s', (first, second, wins) => {
    const ask = answers(
      'connaisseur',
      values(
        [allow, deny],
        [
          { pattern: first, validator: 'deny' },
          { pattern: second, validator: 'allow' },
        ],
      ),
    );
    expect(ask('docker.io/securesystemsengineering/sample:test'), wins).toBe('deny');
  });

  it('an image that no pattern matches is refused', () => {
    expect(
      answers('connaisseur', values([allow], [{ pattern: 'quay.io/*', validator: 'allow' }]))('docker.io/a/b:1'),
    ).toBe('deny');
  });

  it('a pattern also matches other hosts that end so: said where a wider rule asks for less', () => {
    const ask = answers(
      'connaisseur',
      values(
        [allow, deny],
        [
          { pattern: '*:*', validator: 'allow' },
          { pattern: 'reg.io/x/*:*', validator: 'deny' },
        ],
      ),
    );
    expect(ask('reg.io/x/a:1')).toBe('deny');
    expect(ask('evilreg.io/x/a:1')).toBe('deny');
    expect(ask('reg.io/y/a:1')).toBe('admit');
  });

  it('a digest is never let through where the wider rule refuses: a tag may name it', () => {
    const pattern = `docker.io/library/redis@sha256:${'8'.repeat(64)}`;
    const source = values(
      [allow, deny],
      [
        { pattern: '*:*', validator: 'deny' },
        { pattern, validator: 'allow' },
      ],
    );
    expect(answers('connaisseur', source)(pattern)).toBe('deny');
    expect(lossesOf('connaisseur', source).join()).toContain('stricter');
  });
});

describe('what a validator asks', () => {
  const maintainers = cosign('multicosigner', root('alice', 'A'), root('bob', 'B'), root('charlie', 'C'));
  const [alice, bob, charlie] = ['alice', 'bob', 'charlie'].map((name) => `multicosigner-${name}`);
  // Source: docs/validators/sigstore_cosign.md, "Multi-signature verification".
  it.each<readonly [object, object | undefined]>([
    [{ trustRoot: '*' }, { all: [alice, bob, charlie] }],
    [
      { trustRoot: '*', threshold: 2 },
      { atLeast: 2, of: [alice, bob, charlie] },
    ],
    [{ trustRoot: '*', required: ['alice', 'bob'] }, { all: [alice, bob] }],
    [
      { trustRoot: '*', threshold: 3, required: ['alice', 'bob'] },
      { all: [alice, bob, { all: [alice, bob, charlie] }] },
    ],
    [{ trustRoot: '*', threshold: 1 }, { any: [alice, bob, charlie] }],
    [{ trustRoot: 'bob' }, { any: [bob] }],
  ])('%j: %j', (options, expected) => {
    const source = values([maintainers], [keyed({ pattern: '*:*', validator: 'multicosigner', with: options })]);
    expect(written('connaisseur', source).rules[0]?.require).toEqual(expected);
  });

  it.each<readonly [string, object, object]>([
    ['validator v (notaryv1)', { name: 'v', type: 'notaryv1', trustRoots: [] }, noLog],
    ['validator v (notation)', { name: 'v', type: 'notation', trustRoots: [] }, noLog],
    ['trust root v-default', cosign('v', { name: 'default', keyless: { issuer: 'i', subject: 's' } }), noLog],
    ['trust root v-default', cosign('v', { name: 'default', key: 'k8s://connaisseur/cosignkeys' }), noLog],
    ['with.verifyInTransparencyLog', cosign('v', root('default', 'A')), {}],
  ])('%s is never satisfied, and named', (construct, validator, options) => {
    const source = values([validator], [{ pattern: '*:*', validator: 'v', with: options }]);
    expect(answers('connaisseur', source)('a.io/b:1')).toBe('deny');
    expect(convert('connaisseur', source).losses).toMatchObject([{ construct, effect: 'denied' }]);
  });

  it('the log is left out only where that is allowed', () => {
    const source = values([cosign('v', root('default', 'A'))], [{ pattern: '*:*', validator: 'v' }]);
    expect(answers('connaisseur', source, { allowWithoutLog: true })('a.io/b:1')).toBe('{"any":["v-default"]}');
    expect(lossesOf('connaisseur', source, { allowWithoutLog: true }).join()).toContain('laxer');
    expect(convert('connaisseur', source).losses[0]?.remedy).toContain('--allow-without-log');
    // Source: internal/validator/cosignvalidator/cosign_validator.go: cosign's older form alone is asked for.
    expect(formatsIn('connaisseur', source, { allowWithoutLog: true })).toEqual(['cosign']);
  });

  // Source: docs/features/detection_mode.md, namespaced_validation.md.
  it('detectionMode is warn; namespaces are not known', () => {
    const rules = [keyed({ pattern: '*:*', validator: 'v' })];
    const source = values([cosign('v', root('default', 'A'))], rules, {
      detectionMode: true,
      namespacedValidation: { mode: 'validate' },
    });
    expect(answers('connaisseur', source)('a.io/b:1')).toBe('warn {"any":["v-default"]}');
    expect(lossesOf('connaisseur', source).join()).toContain('namespacedValidation stricter');
  });

  it.each<readonly [string, object, string]>([
    ['an unknown validator', values([allow], [{ pattern: '*', validator: 'x' }]), 'no validator "x"'],
    [
      'an unknown trust root',
      values([cosign('v', root('a', 'A'))], [{ pattern: '*', validator: 'v' }]),
      'no trust root "default"',
    ],
    ['a validator twice', values([allow, allow], [{ pattern: '*', validator: 'allow' }]), 'there twice'],
    ['an unknown type', values([{ name: 'v', type: 'x' }], [{ pattern: '*', validator: 'v' }]), 'none of static'],
    ['no rules', values([allow], []), 'a rule is needed'],
    ['no validators', { application: { policy: [] } }, '"validators" is missing'],
  ])('%s is refused', (_, source, why) => {
    expect(refusal('connaisseur', source).message).toContain(why);
  });
});
