import { type Digest, digestOf, parseReference, RegistryError, type Source } from '@signet/oci';
import {
  noRefusals,
  type Policy,
  type PolicyVerification,
  type Report,
  type Rule,
  verifyByPolicy,
} from '@signet/verifier';
import { beforeEach, describe, expect, it } from 'vitest';
import { atMs } from './evidence-data.ts';
import { createImages, type Images } from './images.ts';
import { policyOf, type Rules, trusting } from './policies.ts';
import { catalogueOf } from './policy/catalogue-data.ts';
import { type TestKey, testKey } from './signatures.ts';

const [alice, bob, mallory] = [testKey('p256'), testKey('ed25519'), testKey('p256')];
const refName = 'org.opencontainers.image.ref.name';
/** A rule a pattern, named for it, that trusts alice. */
const policy = (rules: Rules, changes: Partial<Policy> = {}): Policy => policyOf(alice, rules, changes);
let images: Images;
let opened: number;

beforeEach(() => {
  images = createImages();
  opened = 0;
});

async function verdictOf(
  text: string,
  by: Policy,
  using: Partial<PolicyVerification> = {},
): Promise<Report & { readonly answer: string }> {
  const open = async (): Promise<Source> => {
    opened += 1;
    return images.store;
  };
  const report = await verifyByPolicy(parseReference(text), { policy: by, open, atMs, ...using });
  return { ...report, answer: `${report.verdict} ${report.code} ${report.allowed ? 'allowed' : 'stopped'}` };
}

describe('verifyByPolicy', () => {
  it('decides by the most specific rule, and says which', async () => {
    await images.sign(alice, await images.image('app', '1'));
    const by = policy({ 'r.example/**': {}, 'r.example/prod/**': { require: trusting(bob) }, '*': { mode: 'skip' } });
    expect(await verdictOf('r.example/app:1', by)).toMatchObject({
      answer: 'verified VERIFIED allowed',
      rule: 'r.example/**',
      policy: by.revision,
    });
    expect(await verdictOf('r.example/prod/app:1', by)).toMatchObject({
      answer: 'denied NOT_TRUSTED stopped',
      rule: 'r.example/prod/**',
    });
  });

  it('asks nothing where no rule is for the image, and does what the policy says then', async () => {
    const rules = { 'r.example/**': {} };
    expect(await verdictOf('s.example/app:1', policy(rules))).toMatchObject({ answer: 'denied NO_RULE stopped' });
    const lenient = await verdictOf('s.example/app:1', policy(rules, { fallback: 'allow' }));
    expect(lenient).toMatchObject({ answer: 'undecided NOT_CHECKED allowed' });
    expect(lenient.summary).toContain('default: allow');
    const skipped = await verdictOf('r.example/app:1', policy({ '*': { mode: 'skip' } }));
    expect(skipped).toMatchObject({ answer: 'undecided NOT_CHECKED allowed', mode: 'skip' });
    expect(opened).toBe(0);
  });

  it('says nothing of a tag that a catalogue must be asked for, where there is nobody to ask it', async () => {
    await images.sign(alice, await images.image('app', '1'), { [refName]: 'r.example/app:1' });
    const by = policy({ 'r.example/**': { tag: 'trusted', catalogue: catalogueOf() } });
    expect(await verdictOf('r.example/app:1', by)).toMatchObject({ answer: 'undecided UNRESOLVED stopped' });
  });

  it('is not led to a lenient rule by a tag that was written beside the digest', async () => {
    const { descriptor } = await images.image('app', '1');
    await images.image('other', 'dev-1');
    const by = policy({ 'r.example/app': {}, 'r.example/app:dev-*': { mode: 'skip' } });
    const of = (tag: string) => verdictOf(`r.example/app:${tag}@${descriptor.digest}`, by);
    expect(await of('dev-1')).toMatchObject({ answer: 'denied NO_SIGNATURE stopped', rule: 'r.example/app' });
    expect(await of('dev-unknown')).toMatchObject({ answer: 'denied NO_SIGNATURE stopped' });
    await images.image('app', 'dev-2');
    expect(await of('dev-2')).toMatchObject({ answer: 'undecided NOT_CHECKED allowed' });
    expect(await verdictOf('r.example/app:dev-1', by)).toMatchObject({ answer: 'undecided NOT_CHECKED allowed' });
  });

  it('verifies what the tag named when the rule was chosen, wherever the tag goes then', async () => {
    const first = await images.image('first', '1');
    const second = await images.image('second');
    await images.sign(alice, second);
    const by = policy({ [`r.example/app@${first.descriptor.digest}`]: { mode: 'audit' }, 'r.example/app': {} });
    let asked = 0;
    const moving: Source = {
      ...images.store,
      resolve: async (reference, options) => {
        if (reference === '1') asked += 1;
        return reference === '1' && asked > 1 ? second : await images.store.resolve(reference, options);
      },
    };
    const report = await verdictOf('r.example/app:1', by, { open: () => Promise.resolve(moving) });
    expect(report).toMatchObject({ answer: 'denied NO_SIGNATURE allowed', digest: first.descriptor.digest });
    expect(asked).toBe(1);
  });

  it('allows nothing where it cannot be told which rule is for the image', async () => {
    const { descriptor } = await images.image('app', '1');
    const by = policy({ '*:dev-*': { mode: 'skip' } }, { fallback: 'allow' });
    const down: Source = {
      ...images.store,
      resolve: () => Promise.reject(new RegistryError('UNREACHABLE', 'the registry is down')),
    };
    const open = () => Promise.resolve(down);
    const report = await verdictOf(`r.example/app:dev-1@${descriptor.digest}`, by, { open });
    expect(report).toMatchObject({ answer: 'undecided UNRESOLVED stopped', gaps: [{ code: 'UNREACHABLE' }] });
    expect(report.rule).toBeUndefined();
    const late = await verdictOf(`r.example/app:dev-1@${descriptor.digest}`, by, { signal: AbortSignal.abort(), open });
    expect(late).toMatchObject({ answer: 'undecided UNRESOLVED stopped', gaps: [{ what: 'time' }] });
  });

  it('compares the signed reference after the renames', async () => {
    await images.sign(alice, await images.image('app', '1'), { [refName]: 'docker.io/library/app:1' });
    const rules = { 'm.example/**': { tag: 'bound' } } as const;
    const renames = [{ from: 'm.example/hub', to: 'docker.io' }];
    const of = (text: string, by: Policy) => verdictOf(text, by).then(({ answer }) => answer);
    expect(await of('m.example/hub/library/app:1', policy(rules, { renames }))).toBe('verified VERIFIED allowed');
    expect(await of('m.example/hub/library/app:1', policy(rules))).toBe('denied TAG_MISMATCH stopped');
    expect(await of('m.example/hubs/library/app:1', policy(rules, { renames }))).toBe('denied TAG_MISMATCH stopped');
  });

  it('a layout has the name that the caller says, or no rule', async () => {
    await images.sign(alice, await images.image('app', '1'));
    const by = policy({ 'r.example/**': {} });
    expect((await verdictOf('oci:./dir:1', by)).answer).toBe('denied NO_RULE stopped');
    const named = await verdictOf('oci:./dir:1', by, { signedReference: 'r.example/app:1' });
    expect(named.answer).toBe('verified VERIFIED allowed');
  });

  it('needs as many different keys of a source as its threshold says', async () => {
    const image = await images.image('app', '1');
    const { source } = trusting(alice, bob);
    const by = policy({ '*': { require: { kind: 'source', source: { ...source, threshold: 2 } } } });
    const answer = async () => (await verdictOf('r.example/app:1', by)).answer;
    await images.sign(alice, image);
    await images.sign(alice, image, { again: 'yes' });
    expect(await answer()).toBe('denied NOT_TRUSTED stopped');
    await images.sign(bob, image);
    expect(await answer()).toBe('verified VERIFIED allowed');
  });
});

describe('refusals', () => {
  const refusing = (digests: readonly Digest[], keys: readonly TestKey[] = []) => ({
    digests: new Set(digests),
    keys: keys.map(({ publicKey }) => publicKey),
    keyIds: new Set(keys.map(({ publicKey }) => publicKey.id)),
  });

  it.each(['enforce', 'warn', 'audit', 'skip'] as const)('of a digest win in mode %s', async (mode) => {
    const image = await images.image('app', '1');
    await images.sign(alice, image);
    const refused = policy({ '*': { mode } }, { refuse: refusing([image.descriptor.digest]) });
    expect(await verdictOf('r.example/app:1', refused)).toMatchObject({ answer: 'denied REFUSED_DIGEST stopped' });
    const other = policy({ '*': { mode } }, { refuse: refusing([digestOf(Buffer.from('nothing'))]) });
    expect((await verdictOf('r.example/app:1', other)).allowed).toBe(true);
  });

  it('of a digest win where no rule is for the image and the policy allows that', async () => {
    const image = await images.image('app', '1');
    const by = policy({}, { fallback: 'allow', refuse: refusing([image.descriptor.digest]) });
    expect((await verdictOf('r.example/app:1', by)).answer).toBe('denied REFUSED_DIGEST stopped');
    expect((await verdictOf('r.example/app:unknown', by)).answer).toBe('undecided UNRESOLVED stopped');
  });

  it('of an image refuse every index that it is in; of an index every platform of it', async () => {
    const [good, bad] = [await images.image('good'), await images.image('bad')];
    const index = await images.index(
      [
        { ...good.descriptor, platform: { os: 'linux', architecture: 'amd64' } },
        { ...bad.descriptor, platform: { os: 'linux', architecture: 'arm64' } },
      ],
      '1',
    );
    await images.sign(alice, index);
    await images.sign(alice, good);
    const by = (digest: Digest) => policy({ '*': {} }, { refuse: refusing([digest]) });
    const inside = by(bad.descriptor.digest);
    expect((await verdictOf('r.example/app:1', inside)).answer).toBe('denied REFUSED_DIGEST stopped');
    expect((await verdictOf(`r.example/app@${index.descriptor.digest}`, inside)).answer).toBe(
      'denied REFUSED_DIGEST stopped',
    );
    const whole = by(index.descriptor.digest);
    expect((await verdictOf('r.example/app:1', whole, { platform: 'linux/amd64' })).answer).toBe(
      'denied REFUSED_DIGEST stopped',
    );
    const neither = by(digestOf(Buffer.from('nothing')));
    expect((await verdictOf('r.example/app:1', neither)).answer).toBe('verified VERIFIED allowed');
    expect((await verdictOf('r.example/app:1', neither, { platform: 'linux/amd64' })).answer).toBe(
      'verified VERIFIED allowed',
    );
  });

  it('of a key win over good signatures, in whatever order they are found', async () => {
    const image = await images.image('app', '1');
    await images.sign(alice, image);
    const by = (mode: Rule['mode']) => policy({ '*': { mode } }, { refuse: refusing([], [mallory]) });
    expect((await verdictOf('r.example/app:1', by('enforce'))).answer).toBe('verified VERIFIED allowed');
    await images.sign(mallory, image);
    expect((await verdictOf('r.example/app:1', by('enforce'))).answer).toBe('denied REFUSED_KEY stopped');
    expect((await verdictOf('r.example/app:1', by('skip'))).answer).toBe('denied REFUSED_KEY stopped');
  });

  it('of a key that a source trusts win, by the hash alone too', async () => {
    await images.sign(alice, await images.image('app', '1'));
    const refuse = { ...noRefusals, keyIds: new Set([alice.publicKey.id]) };
    expect((await verdictOf('r.example/app:1', policy({ '*': {} }, { refuse }))).answer).toBe(
      'denied REFUSED_KEY stopped',
    );
  });

  it('of a key do not count what another one signed and only names it', async () => {
    const image = await images.image('app', '1');
    await images.sign(alice, image);
    const liar = { ...bob, publicKey: { ...bob.publicKey, hint: mallory.publicKey.hint } };
    await images.sign(liar, image);
    const by = policy({ '*': {} }, { refuse: refusing([], [mallory]) });
    expect((await verdictOf('r.example/app:1', by)).answer).toBe('verified VERIFIED allowed');
  });
});

describe('platforms: each', () => {
  const each = () => policy({ '*': { platforms: 'each' } });
  const at = (architecture: string) => ({ os: 'linux', architecture });

  it('asks for a signature of every image of the index, not of the index', async () => {
    const [one, other] = [await images.image('amd'), await images.image('arm')];
    const children = [
      { ...one.descriptor, platform: at('amd64') },
      { ...other.descriptor, platform: at('arm64') },
    ];
    const index = await images.index(children, '1');
    await images.sign(alice, index);
    await images.sign(alice, one);
    const half = await verdictOf('r.example/app:1', each());
    expect(half).toMatchObject({ answer: 'denied NO_SIGNATURE stopped', digest: index.descriptor.digest });
    expect(half.summary).toMatch(/^linux\/arm64: /);
    expect(half.platforms?.map(({ platform, verdict }) => `${platform} ${verdict}`)).toEqual([
      'linux/amd64 verified',
      'linux/arm64 denied',
    ]);
    await images.sign(alice, other);
    expect((await verdictOf('r.example/app:1', each())).answer).toBe('verified VERIFIED allowed');
    expect((await verdictOf(`r.example/app@${index.descriptor.digest}`, each())).verdict).toBe('verified');
    expect((await verdictOf('r.example/app:1', each(), { platform: 'linux/arm64' })).platforms).toBeUndefined();
  });

  it('leaves out attestations that stand beside the images, and verifies what has no images itself', async () => {
    const [one, attestation] = [await images.image('amd'), await images.image('attestation')];
    await images.sign(alice, one);
    const beside = { ...attestation.descriptor, platform: { os: 'unknown', architecture: 'unknown' } };
    await images.index([{ ...one.descriptor, platform: at('amd64') }, beside], '1');
    expect((await verdictOf('r.example/app:1', each())).answer).toBe('verified VERIFIED allowed');
    const empty = await images.index([beside], 'empty');
    expect((await verdictOf('r.example/app:empty', each())).answer).toBe('denied NO_SIGNATURE stopped');
    await images.sign(alice, empty);
    expect((await verdictOf('r.example/app:empty', each())).answer).toBe('verified VERIFIED allowed');
  });

  it('looks at no more platforms than it says', async () => {
    const one = await images.image('amd');
    await images.sign(alice, one);
    const children = Array.from({ length: 65 }, (_, at) => ({ ...one.descriptor, annotations: { n: `${at}` } }));
    await images.index(children, '1');
    expect(await verdictOf('r.example/app:1', each())).toMatchObject({
      answer: 'undecided INCOMPLETE stopped',
      gaps: [{ code: 'LIMIT_REACHED' }],
    });
  });

  it('is undecided for what the registry does not have', async () => {
    expect((await verdictOf('r.example/app:1', each())).answer).toBe('undecided UNRESOLVED stopped');
  });

  it('is refused with its index', async () => {
    const one = await images.image('amd');
    await images.sign(alice, one);
    const index = await images.index([{ ...one.descriptor, platform: at('amd64') }], '1');
    const refuse = { ...noRefusals, digests: new Set([index.descriptor.digest]) };
    const by = policy({ '*': { platforms: 'each' } }, { refuse });
    expect((await verdictOf('r.example/app:1', by)).answer).toBe('denied REFUSED_DIGEST stopped');
  });
});
