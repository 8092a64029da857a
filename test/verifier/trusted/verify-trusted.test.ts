import { type Digest, parseReference, RegistryError, type Resolved, type Source } from '@signet/oci';
import {
  type Decision,
  decide,
  type Policy,
  type PolicyVerification,
  type Report,
  type Rule,
  rulingOf,
  type TagFacts,
  type TrustedAnswer,
  type TrustedQuestion,
  type TrustedTags,
  verifyByPolicy,
} from '@signet/verifier';
import { beforeEach, describe, expect, it } from 'vitest';
import { atMs, evidenceOf, otherImage, proof, rule, source } from '../evidence-data.ts';
import { createImages, type Images } from '../images.ts';
import { policyOf, trusting } from '../policies.ts';
import { catalogueOf } from '../policy/catalogue-data.ts';
import { testKey } from '../signatures.ts';

const [alice, mallory] = [testKey('p256'), testKey('p256')];
const facts: TagFacts = {
  collection: 'registry.example/shop/api',
  catalogue: 'shop',
  source: 'registry',
  issuedMs: 1,
  expiresMs: 2,
  atMs: 0,
};
/** What the statements in a catalogue come to. */
const met: Decision = decide(rulingOf(rule(source('alice')), atMs), evidenceOf(), [proof('alice')]);
let images: Images;
let asked: TrustedQuestion[];

beforeEach(() => {
  images = createImages();
  asked = [];
});

/** Says always the same. */
function saying(answer: TrustedAnswer): TrustedTags {
  return {
    ask: async (question) => {
      asked.push(question);
      return answer;
    },
  };
}

const trusted = ({ descriptor }: Resolved, changes: Partial<TagFacts> = {}): TrustedTags =>
  saying({ kind: 'trusted', digest: descriptor.digest, descriptor, decision: met, facts: { ...facts, ...changes } });

/** A policy with one rule of `tag: trusted`. */
function policy(changes: Partial<Rule> = {}, more: Partial<Policy> = {}): Policy {
  return policyOf(alice, { '*': { tag: 'trusted', catalogue: catalogueOf(), ...changes } }, more);
}

async function verdictOf(
  text: string,
  using: Partial<PolicyVerification> & { readonly source?: Source } = {},
): Promise<Report & { readonly answer: string }> {
  const { source: from = images.store, ...rest } = using;
  const report = await verifyByPolicy(parseReference(text), {
    policy: policy(),
    open: async () => from,
    atMs,
    ...rest,
  });
  return { ...report, answer: `${report.verdict} ${report.code} ${report.allowed ? 'allowed' : 'stopped'}` };
}

/** The store, with what is asked of it. */
function counted(): { readonly source: Source; readonly requests: string[] } {
  const requests: string[] = [];
  const { store } = images;
  const source: Source = {
    ...store,
    resolve: (name, options) => {
      requests.push(`resolve ${name}`);
      return store.resolve(name, options);
    },
    referrers: (subject, options) => {
      requests.push(`referrers ${subject.digest}`);
      return store.referrers(subject, options);
    },
  };
  return { source, requests };
}

const api = 'registry.example/shop/api';

describe('tag: trusted', () => {
  it('is what the catalogue says: its digest, its statements, what is to be known of it', async () => {
    const image = await images.image('app', '1');
    const { source: from, requests } = counted();
    const report = await verdictOf(`${api}:1`, { trusted: trusted(image), source: from });
    expect(report).toMatchObject({
      answer: 'verified VERIFIED allowed',
      digest: image.descriptor.digest,
      mediaType: image.descriptor.mediaType,
      tag: 'trusted',
      catalogue: facts,
      sources: met.sources,
      findings: met.findings,
      summary: 'signed by alice',
    });
    expect(report.catalogue).not.toHaveProperty('drift');
    expect(requests).toEqual(['resolve 1']); // no signature of the image is asked for
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      asked: { tag: '1', image: { registry: 'registry.example', repository: 'shop/api' } },
    });
  });

  it('asks the catalogue while it asks for the image', async () => {
    const image = await images.image('app', '1');
    const order: string[] = [];
    const slow: TrustedTags = {
      ask: async (question) => {
        order.push('asked');
        await new Promise((resolve) => setImmediate(resolve));
        order.push('answered');
        return trusted(image).ask(question);
      },
    };
    const from: Source = {
      ...images.store,
      resolve: async (name, options) => {
        order.push(`resolve ${name}`);
        return images.store.resolve(name, options);
      },
    };
    expect(await verdictOf(`${api}:1`, { trusted: slow, source: from })).toMatchObject({ verdict: 'verified' });
    expect(order.toSorted()).toEqual(['answered', 'asked', 'resolve 1']);
    expect(order.at(-1)).toBe('answered');
  });

  it('never falls back to what the registry says', async () => {
    const image = await images.image('app', '1');
    await images.sign(alice, image, { 'org.opencontainers.image.ref.name': `${api}:1` });
    expect(await verdictOf(`${api}:1`)).toMatchObject({ answer: 'undecided UNRESOLVED stopped' });
    const missing = saying({ kind: 'denied', code: 'CATALOGUE_MISSING', message: 'none', facts });
    expect(await verdictOf(`${api}:1`, { trusted: missing })).toMatchObject({
      answer: 'denied CATALOGUE_MISSING stopped',
    });
  });

  it.each([
    ['denied', 'TAG_NOT_SIGNED'],
    ['denied', 'NOT_TRUSTED'],
    ['undecided', 'CLOCK_BEHIND'],
  ] as const)('%s: %s is told in the words of the answer', async (kind, code) => {
    const said = { kind, code, message: 'because', remedy: 'do this', facts } as const;
    const report = await verdictOf(`${api}:1`, { trusted: saying({ ...said, decision: met }) });
    expect(report).toMatchObject({
      answer: `${kind} ${code} stopped`,
      summary: 'because',
      remedy: 'do this',
      catalogue: facts,
    });
    expect(report.findings).toEqual(met.findings);
    expect(report).not.toHaveProperty('digest');
    expect(report).not.toHaveProperty('tag');
  });

  it('has what could not be read among the gaps', async () => {
    const gap = { what: 'manifest', code: 'TIMEOUT', message: 'slow' } as const;
    const said = saying({ kind: 'undecided', code: 'UNRESOLVED', message: 'because', gap, facts });
    expect((await verdictOf(`${api}:1`, { trusted: said })).gaps).toEqual([gap]);
  });
});

describe("the registry's own tag", () => {
  it('that names another image is told, and decides nothing', async () => {
    const image = await images.image('new');
    const old = await images.image('old', '1');
    const { source: from, requests } = counted();
    const report = await verdictOf(`${api}:1`, { trusted: trusted(image), source: from });
    expect(report).toMatchObject({
      answer: 'verified VERIFIED allowed',
      digest: image.descriptor.digest,
      catalogue: { drift: old.descriptor.digest },
    });
    expect(requests).toEqual(['resolve 1', `resolve ${image.descriptor.digest}`]);
  });

  it('that names nothing is no drift', async () => {
    const report = await verdictOf(`${api}:1`, { trusted: trusted(await images.image('new')) });
    expect(report).toMatchObject({ verdict: 'verified' });
    expect(report.catalogue).not.toHaveProperty('drift');
  });

  it('is no drift for what the tag named before', async () => {
    const old = await images.image('old');
    await images.image('new', '1');
    const report = await verdictOf(`${api}:1@${old.descriptor.digest}`, {
      trusted: trusted(old, { superseded: true }),
    });
    expect(report.catalogue).not.toHaveProperty('drift');
  });
});

describe('the image', () => {
  it('that is not there is not replicated, which may pass', async () => {
    await images.image('old', '1');
    const elsewhere = await createImages().image('new');
    const report = await verdictOf(`${api}:1`, { trusted: trusted(elsewhere) });
    expect(report).toMatchObject({
      answer: 'undecided IMAGE_NOT_REPLICATED stopped',
      digest: elsewhere.descriptor.digest,
    });
    expect(report.remedy).toContain('--wait');
  });

  it('that cannot be looked for is trusted all the same: the catalogue answers, not the registry', async () => {
    const image = await images.image('app', '1');
    const from: Source = { ...images.store, resolve: () => Promise.reject(new RegistryError('UNREACHABLE', 'down')) };
    const report = await verdictOf(`${api}:1`, { trusted: trusted(image, { source: 'cache' }), source: from });
    expect(report).toMatchObject({ answer: 'verified VERIFIED allowed', digest: image.descriptor.digest });
    expect(report.gaps).toMatchObject([{ what: 'manifest', code: 'UNREACHABLE' }]);
  });

  it('by digest alone is read by it', async () => {
    const image = await images.image('app');
    const { source: from, requests } = counted();
    const { digest } = image.descriptor;
    expect(await verdictOf(`${api}@${digest}`, { trusted: trusted(image), source: from })).toMatchObject({
      verdict: 'verified',
      digest,
    });
    expect(requests).toEqual([`resolve ${digest}`]);
  });
});

describe('what the policy refuses', () => {
  const refusing = (digests: readonly Digest[], keys = [mallory]): Policy['refuse'] => ({
    digests: new Set(digests),
    keyIds: new Set(keys.map(({ publicKey }) => publicKey.id)),
    keys: keys.map(({ publicKey }) => publicKey),
  });

  it('is refused by its digest, whatever the catalogue says of it', async () => {
    const image = await images.image('app', '1');
    const { digest } = image.descriptor;
    const by = policy({ mode: 'warn' }, { refuse: refusing([digest]) });
    expect(await verdictOf(`${api}:1`, { policy: by, trusted: trusted(image) })).toMatchObject({
      answer: 'denied REFUSED_DIGEST stopped',
      catalogue: facts,
    });
    const revoked = saying({ kind: 'denied', code: 'DIGEST_REVOKED', message: 'gone', digest, facts });
    expect(await verdictOf(`${api}:1`, { policy: by, trusted: revoked })).toMatchObject({
      answer: 'denied REFUSED_DIGEST stopped',
    });
    const notCurrent = saying({ kind: 'denied', code: 'DIGEST_NOT_CURRENT', message: 'other', facts });
    expect(await verdictOf(`${api}:1@${digest}`, { policy: by, trusted: notCurrent })).toMatchObject({
      answer: 'denied REFUSED_DIGEST stopped',
    });
  });

  it('is refused by an image in it', async () => {
    const child = await images.image('child');
    const index = await images.index([child.descriptor], '1');
    const by = policy({}, { refuse: refusing([child.descriptor.digest]) });
    expect(await verdictOf(`${api}:1`, { policy: by, trusted: trusted(index) })).toMatchObject({
      code: 'REFUSED_DIGEST',
    });
  });

  it('is refused by a signature of a key that is', async () => {
    const image = await images.image('app', '1');
    const by = policy({ mode: 'warn' }, { refuse: refusing([]) });
    expect(await verdictOf(`${api}:1`, { policy: by, trusted: trusted(image) })).toMatchObject({
      answer: 'verified VERIFIED allowed',
    });
    await images.sign(mallory, image);
    const report = await verdictOf(`${api}:1`, { policy: by, trusted: trusted(image) });
    expect(report).toMatchObject({ answer: 'denied REFUSED_KEY stopped' });
    expect(report.findings.length).toBeGreaterThan(met.findings.length);
  });

  it('is refused by a statement of such a key, also under warn', async () => {
    const by = policy({ mode: 'warn' }, { refuse: refusing([]) });
    const said = saying({ kind: 'denied', code: 'REFUSED_KEY', message: 'its statement', decision: met, facts });
    expect(await verdictOf(`${api}:1`, { policy: by, trusted: said })).toMatchObject({
      answer: 'denied REFUSED_KEY stopped',
      summary: 'its statement',
    });
  });

  it('could be what cannot be read: then nothing is decided, and nothing let through', async () => {
    const image = await images.image('app', '1');
    const by = policy({ mode: 'warn' }, { refuse: refusing([otherImage]) });
    const from: Source = { ...images.store, resolve: () => Promise.reject(new RegistryError('UNREACHABLE', 'down')) };
    expect(await verdictOf(`${api}:1`, { policy: by, trusted: trusted(image), source: from })).toMatchObject({
      answer: 'undecided INCOMPLETE stopped',
    });
  });
});

describe('the modes', () => {
  const denied = saying({ kind: 'denied', code: 'ROLLBACK', message: 'older', facts });
  it.each(['warn', 'audit'] as const)('%s lets through, and says that it would not', async (mode) => {
    expect(await verdictOf(`${api}:1`, { policy: policy({ mode }), trusted: denied })).toMatchObject({
      answer: 'denied ROLLBACK allowed',
      mode,
    });
  });

  it('skip asks nobody', async () => {
    const by = policy({ mode: 'skip' });
    expect(await verdictOf(`${api}:1`, { policy: by, trusted: denied })).toMatchObject({
      answer: 'undecided NOT_CHECKED allowed',
    });
    expect(asked).toEqual([]);
  });
});

describe('the platforms of an index', () => {
  const amd64 = { os: 'linux', architecture: 'amd64' };
  const arm64 = { os: 'linux', architecture: 'arm64' };
  const children = async () => {
    const [one, two] = [await images.image('amd64'), await images.image('arm64')];
    const index = await images.index([
      { ...one.descriptor, platform: amd64 },
      { ...two.descriptor, platform: arm64 },
    ]);
    return { one, two, index };
  };

  it('are found in the trusted one, not in what the tag names', async () => {
    const { two, index } = await children();
    await images.index([{ ...(await images.image('evil')).descriptor, platform: arm64 }], '1');
    const report = await verdictOf(`${api}:1`, { trusted: trusted(index), platform: 'linux/arm64' });
    expect(report).toMatchObject({ verdict: 'verified', digest: two.descriptor.digest, platform: 'linux/arm64' });
    expect(report.catalogue?.drift).toBeDefined();
  });

  it('that are not there leave it undecided', async () => {
    const { index } = await children();
    const report = await verdictOf(`${api}:1`, { trusted: trusted(index), platform: 'linux/s390x' });
    expect(report).toMatchObject({ answer: 'undecided UNRESOLVED stopped', gaps: [{ code: 'PLATFORM_NOT_FOUND' }] });
  });

  it('under platforms: each have to satisfy the rule by themselves', async () => {
    const { one, two, index } = await children();
    const by = policy({ platforms: 'each', require: trusting(alice) });
    const of = () => verdictOf(`${api}:1`, { policy: by, trusted: trusted(index) });
    await images.sign(alice, one);
    expect(await of()).toMatchObject({ answer: 'denied NO_SIGNATURE stopped', catalogue: facts, platforms: [{}, {}] });
    await images.sign(alice, two);
    const report = await of();
    expect(report).toMatchObject({
      answer: 'verified VERIFIED allowed',
      digest: index.descriptor.digest,
      tag: 'trusted',
      catalogue: facts,
    });
    expect(report.platforms?.map(({ verdict }) => verdict)).toEqual(['verified', 'verified']);
  });

  it('under platforms: each are none of a single image: its statements are enough', async () => {
    const image = await images.image('app', '1');
    const by = policy({ platforms: 'each' });
    expect(await verdictOf(`${api}:1`, { policy: by, trusted: trusted(image) })).toMatchObject({ verdict: 'verified' });
  });

  it('under platforms: each cannot be told where the index cannot be read', async () => {
    const { index } = await children();
    const from: Source = { ...images.store, resolve: () => Promise.reject(new RegistryError('UNREACHABLE', 'down')) };
    const by = policy({ platforms: 'each' });
    expect(await verdictOf(`${api}:1`, { policy: by, trusted: trusted(index), source: from })).toMatchObject({
      answer: 'undecided INCOMPLETE stopped',
    });
  });
});

describe('a verification that is broken off', () => {
  it('is told to who is asked, and leaves nothing running', async () => {
    const caller = new AbortController();
    const waiting: TrustedTags = {
      ask: ({ signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () =>
            resolve({ kind: 'undecided', code: 'UNRESOLVED', message: String(signal.reason.message), facts }),
          );
          caller.abort();
        }),
    };
    const report = await verdictOf(`${api}:1`, { trusted: waiting, signal: caller.signal });
    expect(report).toMatchObject({ answer: 'undecided UNRESOLVED stopped', summary: 'it was broken off' });
  });
});
