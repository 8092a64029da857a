import { describe, expect, it } from 'vitest';
import { convert, formatsIn, lossesOf, refusal, ruleNamed, type WrittenRule, written } from '../convert.ts';
import { answer } from '../decision.ts';

const reject = [{ type: 'reject' }];
const accept = [{ type: 'insecureAcceptAnything' }];
const byKey = { type: 'sigstoreSigned', keyPath: '/etc/pki/release.pub' };
const docker = (scopes: object): object => ({ default: reject, transports: { docker: scopes } });
const scoped = (...requirements: readonly object[]): WrittenRule | undefined =>
  ruleNamed(written('podman', docker({ 'reg.example.com/a': requirements })), 'reg.example.com/a');
const identified = (signedIdentity: object): WrittenRule | undefined => scoped({ ...byKey, signedIdentity });

describe('scopes of policy.json', () => {
  it.each([
    ['reg.example.com/a/b', ['reg.example.com/a/b', 'reg.example.com/a/b/**']],
    ['reg.example.com', ['reg.example.com/**']],
    ['reg.example.com:5000', ['reg.example.com:5000/**']],
    ['reg.example.com/a:v1', ['reg.example.com/a:v1']],
    ['localhost/a', ['localhost/a', 'localhost/a/**']],
    ['*.example.com', ['*.example.com/**', '*.example.com:*/**']],
    ['docker.io/library/busybox', ['docker.io/library/busybox', 'docker.io/library/busybox/**']],
    ['docker.io/busybox', ['docker.io/busybox/**']],
    ['', ['*']],
  ])('%s becomes %j', (scope, images) => {
    expect(written('podman', docker({ [scope]: accept })).rules.find(({ mode }) => mode === 'skip')?.images).toEqual(
      images,
    );
  });

  it.each([
    ['myns/app', 'no host is written'],
    ['index.docker.io/library/a', 'docker.io instead'],
    ['reg.example.com/A', 'no host, repository or reference'],
    ['docker.io/busybox:1', 'no image'],
    ['example*.com', 'no host is written'],
  ])('%s matches nothing in podman: it makes no rule and is named', (scope, why) => {
    const { policy, losses } = convert('podman', docker({ [scope]: accept }));
    expect(policy).not.toContain('mode: skip');
    expect(losses).toMatchObject([
      { construct: `scope ${scope}`, effect: 'unchanged', why: expect.stringContaining(why) },
    ]);
  });

  it('a scope of a host that is docker.io here is never satisfied', () => {
    expect(
      ruleNamed(written('podman', docker({ 'registry-1.docker.io/a/b': accept })), 'registry-1.docker.io/a/b'),
    ).toMatchObject({ require: 'never' });
    expect(lossesOf('podman', docker({ 'registry-1.docker.io/a/b': accept }))).toEqual([
      expect.stringContaining('denied'),
    ]);
  });

  it('one digest is never let through where the repository is not: a tag may name it', () => {
    const digest = `reg.example.com/a@sha256:${'0'.repeat(64)}`;
    const policy = written('podman', docker({ [digest]: accept, 'reg.example.com/a': [byKey] }));
    expect(policy.rules.find(({ images }) => images.includes(digest))).toMatchObject({
      mode: 'enforce',
      require: { any: ['release'] },
    });
  });

  it('of nested wildcards the longer decides, here as there', () => {
    const source = docker({ '*.example.com': [byKey], '*.b.example.com': accept });
    const policy = written('podman', source);
    expect(answer(policy, 'x.b.example.com/app:1')).toBe('admit');
    expect(answer(policy, 'x.c.example.com/app:1')).toBe(JSON.stringify({ any: ['release'] }));
    expect(lossesOf('podman', source).join()).not.toContain('stricter');
  });

  it("the transport's own default stands before the file's, which is named where it decides nothing", () => {
    const source = {
      default: [{ type: 'signedBy', keyType: 'GPGKeys', keyPath: '/a' }],
      transports: { docker: { '': accept } },
    };
    expect(written('podman', source).rules).toMatchObject([{ images: ['*'], mode: 'skip' }]);
    expect(lossesOf('podman', source)).toEqual(
      expect.arrayContaining([expect.stringContaining('signedBy'), expect.stringContaining('default unchanged')]),
    );
  });

  it('other transports have no rules, and are named', () => {
    expect(lossesOf('podman', { default: reject, transports: { dir: { '': accept } } })).toEqual([
      '8 transports.dir stricter',
    ]);
  });
});

describe('requirements of policy.json', () => {
  it('insecureAcceptAnything is skip, reject is never', () => {
    expect(scoped(...accept)).toMatchObject({ mode: 'skip' });
    expect(scoped(...accept)).not.toHaveProperty('require');
    expect(scoped(...reject)).toMatchObject({ mode: 'enforce', require: 'never' });
    expect(scoped(...accept, ...reject)).toMatchObject({ mode: 'enforce', require: 'never' });
  });

  it('several must all hold', () => {
    expect(scoped(byKey, { ...byKey, keyPath: '/other.pub' })).toMatchObject({
      require: { all: ['release', 'other'] },
    });
    expect(scoped(byKey, ...accept)).toMatchObject({ require: { any: ['release'] } });
  });

  it.each([
    [{ type: 'signedBy', keyType: 'GPGKeys', keyPath: '/k.gpg' }, 'signedBy'],
    [{ type: 'signedBaseLayer', baseLayerIdentity: {} }, 'signedBaseLayer'],
    [{ type: 'sigstoreSigned', fulcio: { caPath: '/ca' }, rekorPublicKeyPath: '/r' }, 'sigstoreSigned.fulcio'],
    [{ type: 'sigstoreSigned', pki: { caRootsPath: '/ca' } }, 'sigstoreSigned.pki'],
    [{ ...byKey, rekorPublicKeyPath: '/r' }, 'sigstoreSigned.rekorPublicKeyPath'],
  ])('%j is never satisfied, and named', (requirement, construct) => {
    expect(scoped(requirement)).toMatchObject({ mode: 'enforce', require: 'never' });
    expect(convert('podman', docker({ 'a.io/a': [requirement] })).losses).toMatchObject([
      { construct, effect: 'denied' },
    ]);
  });

  it('the log is left out only where that is allowed, and still named', () => {
    const source = docker({ 'a.io/a': [{ ...byKey, rekorPublicKeyData: 'AAAA' }] });
    expect(ruleNamed(written('podman', source, { allowWithoutLog: true }), 'a.io/a')).toMatchObject({
      require: { any: ['release'] },
    });
    expect(lossesOf('podman', source, { allowWithoutLog: true })).toEqual([expect.stringContaining('laxer')]);
    const [loss] = convert('podman', source).losses;
    expect(loss).toMatchObject({ effect: 'denied', remedy: expect.stringContaining('--allow-without-log') });
    expect(convert('podman', source).policy).toMatch(/^ {2}# lost, .*\(denied\); convert with --allow-without-log /m);
  });

  it('signatures count in the form that containers/image reads, and the file says so', () => {
    const { policy } = convert('podman', docker({ 'a.io/a': [byKey] }));
    expect(policy).toMatch(/^# formats: \[cosign\]: .*\ntrust:\n/m);
    expect(formatsIn('podman', docker({ 'a.io/a': [byKey] }))).toEqual(['cosign']);
    expect(convert('podman', docker({})).policy).not.toContain('formats');
  });

  it('keys are files or texts', () => {
    const pem = '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----';
    const keyData = Buffer.from(`${pem}\n`).toString('base64');
    const trustOf = (requirement: object): unknown =>
      Object.values(written('podman', docker({ 'a.io/a': [requirement] })).trust ?? {});
    expect(trustOf(byKey)).toEqual([{ formats: ['cosign'], keys: ['/etc/pki/release.pub'] }]);
    expect(trustOf({ type: 'sigstoreSigned', keyPaths: ['/a.pub', '/b.pub'] })).toEqual([
      { formats: ['cosign'], keys: ['/a.pub', '/b.pub'] },
    ]);
    expect(trustOf({ type: 'sigstoreSigned', keyData })).toEqual([{ formats: ['cosign'], keys: [`${pem}\n`] }]);
    expect(trustOf({ type: 'sigstoreSigned', keyDatas: [keyData, keyData] })).toEqual([
      { formats: ['cosign'], keys: [`${pem}\n`, `${pem}\n`] },
    ]);
  });
});

describe('signedIdentity of policy.json', () => {
  it('is bound to repository and tag by default', () => {
    const where = `signature.reference.matches('[:@][^/]*$')`;
    expect(scoped(byKey)).toMatchObject({ tag: 'bound', where });
    expect(identified({ type: 'matchRepoDigestOrExact' })).toEqual(scoped(byKey));
  });

  it('matchExact asks for a tag', () => {
    expect(identified({ type: 'matchExact' })).toMatchObject({
      tag: 'bound',
      where: expect.stringContaining(`(image.tag != '')`),
    });
  });

  it('matchRepository and exactRepository leave the tag open', () => {
    expect(identified({ type: 'matchRepository' })?.tag).toBeUndefined();
    expect(identified({ type: 'matchRepository' })?.where).toContain(
      `startsWith(image.registry + '/' + image.repository + ':')`,
    );
    expect(identified({ type: 'exactRepository', dockerRepository: 'busybox' })?.where).toContain(
      `== 'docker.io/library/busybox' ||`,
    );
  });

  it('exactReference asks for one text', () => {
    expect(identified({ type: 'exactReference', dockerReference: 'vendor.io/a:1' })).toMatchObject({
      where: `signature.reference == 'vendor.io/a:1'`,
    });
    expect(
      refusal(
        'podman',
        docker({
          'a.io/a': [{ ...byKey, signedIdentity: { type: 'exactReference', dockerReference: 'vendor.io/a' } }],
        }),
      ).message,
    ).toContain('a tag or a digest is missing');
  });

  const remap = { type: 'remapIdentity', prefix: 'mirror.io/hub', signedPrefix: 'docker.io' };
  const remapped = { ...byKey, signedIdentity: remap };

  it('remapIdentity renames', () => {
    const policy = written('podman', docker({ 'mirror.io/hub': [remapped] }));
    expect(policy.rename).toEqual([{ from: 'mirror.io/hub', to: 'docker.io' }]);
    expect(ruleNamed(policy, 'mirror.io/hub')).toMatchObject({ tag: 'bound', require: { any: ['release'] } });
  });

  it('remapIdentity of another prefix than the scope does nothing', () => {
    expect(written('podman', docker({ 'other.io/hub': [remapped] }))).not.toHaveProperty('rename');
  });

  it('remapIdentity that would hit another rule is never satisfied', () => {
    const source = docker({ 'mirror.io/hub': [remapped], 'mirror.io/hub/own': [byKey] });
    const policy = written('podman', source);
    expect(policy).not.toHaveProperty('rename');
    expect(ruleNamed(policy, 'mirror.io/hub')).toMatchObject({ require: 'never' });
    expect(ruleNamed(policy, 'mirror.io/hub/own')).toMatchObject({ require: { any: ['release'] } });
    expect(lossesOf('podman', source)).toEqual([expect.stringContaining('remapIdentity denied')]);
  });

  it('requirements that differ in it ask for both of every signature', () => {
    const other = { ...byKey, keyPath: '/other.pub', signedIdentity: { type: 'matchRepository' } };
    expect(scoped(byKey, other)).toMatchObject({ tag: 'bound', where: expect.stringContaining(') && (') });
  });
});

describe('a policy.json that containers/image refuses', () => {
  it.each([
    ['{', 'not YAML or JSON', 1],
    ['default: []', 'not JSON', 1],
    ['{"transports": {}}', '"default" is missing', 1],
    ['{"default": []}', 'must not be empty', 1],
    ['{"default": [{"type": "reject"}],\n "more": 1}', 'more is not known', 2],
    ['{"default": [{"type": "reject"}],\n "default": [{"type": "reject"}]}', 'is there twice', 2],
    ['{"default": [{"type": "allow"}]}', 'none of insecureAcceptAnything', 1],
    ['{"default": [{"type": "reject", "x": 1}]}', 'x is not known', 1],
    ['{"default": [{"type": "sigstoreSigned"}]}', 'exactly one of', 1],
    ['{"default": [{"type": "sigstoreSigned", "keyPath": "a", "keyData": "b"}]}', 'exactly one of', 1],
    ['{"default": [{"type": "sigstoreSigned", "keyData": "AAAA"}]}', 'no PEM key', 1],
    ['{"default": [{"type": "sigstoreSigned", "keyData": "*"}]}', 'not base64', 1],
    ['{"default": [{"type": "sigstoreSigned", "fulcio": {}}]}', 'fulcio needs', 1],
    [
      '{"default": [{"type": "sigstoreSigned", "keyPath": "a", "signedIdentity": {"type": "x"}}]}',
      'none of matchRepo',
      1,
    ],
  ])('%s: %s', (text, why, line) => {
    const error = refusal('podman', text);
    expect(error).toMatchObject({ code: 'POLICY_INVALID', place: { file: 'policy', line } });
    expect(error.message).toContain(why);
  });

  it('is one file', () => {
    expect(() => convert('podman', '')).toThrow('the file is empty');
  });
});
