import { type Digest, fallbackTag, listReferrers, RegistryError, type Resolved, type Source } from '@signet/oci';
import { parseImagePattern } from '@signet/verifier';
import { pino } from 'pino';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  createJudge,
  createPushSigner,
  type ImageToSign,
  type PushSignerOptions,
  type PushWatcher,
  rulesMetBy,
  unruled,
} from '../../../packages/admission/src/index.ts';
import { createImages, type Images } from '../../verifier/images.ts';
import { policyOf, type Rules } from '../../verifier/policies.ts';
import { testKey } from '../../verifier/signatures.ts';

const [ci, own] = [testKey('p256'), testKey('p256')];
let images: Images;
let signed: ImageToSign[];
let results: string[];
let sent: Record<string, unknown>[];
let log: Record<string, unknown>[];

beforeEach(() => {
  images = createImages();
  [signed, results, sent, log] = [[], [], [], []];
});

const rules: Rules = {
  'r.example/team/**': { name: 'team' },
  'r.example/bound/**': { tag: 'bound' },
  'r.example/free/**': { mode: 'skip' },
};

function signerBy(changes: Partial<PushSignerOptions> = {}, source: Source = images.store): PushWatcher {
  const signer = createPushSigner({
    judge: createJudge({ policy: policyOf(ci, rules), open: () => source }),
    repositories: ['r.example/team/**', 'r.example/bound/app', 'r.example/free/**'].map(parseImagePattern),
    async sign(image) {
      signed.push(image);
      return 'signed';
    },
    logger: pino({ base: null }, { write: (line) => void log.push(JSON.parse(line)) }),
    notifier: { send: (message) => void sent.push({ ...message }), close: async () => {} },
    onResult: (result) => results.push(result),
    settleMs: 0,
    retryMs: [],
    ...changes,
  });
  onTestFinished(() => signer.close());
  return signer;
}

const push = (
  signer: PushWatcher,
  target: { readonly tag?: string; readonly digest?: Digest },
  repository = 'team/app',
) => signer.take('acr', { action: 'push', registry: 'r.example', repository, ...target });
const ended = () => vi.waitFor(() => expect(results.length).toBeGreaterThan(0));

async function signatureOf(image: Resolved): Promise<Digest> {
  const [signature] = await listReferrers(images.store, image.descriptor);
  return signature?.digest ?? expect.fail('it has none');
}

describe('createPushSigner', () => {
  it('signs what the tag names, after the policy verified it, and tells of it', async () => {
    const image = await images.image('app', '1');
    await images.sign(ci, image);
    expect(push(signerBy(), { tag: '1' })).toBe('queued');
    await ended();
    const { digest } = image.descriptor;
    expect(signed).toMatchObject([{ reference: { registry: 'r.example', repository: 'team/app', tag: '1', digest } }]);
    expect(results).toEqual(['signed']);
    expect(log).toMatchObject([{ level: 30, msg: 'signed', image: 'r.example/team/app:1', result: 'signed', digest }]);
    expect(sent).toMatchObject([{ version: 1, event: 'signature', result: 'signed', digest, rule: 'team' }]);
  });

  it('does not believe the digest of an event', async () => {
    await images.sign(ci, await images.image('good', '1'));
    const evil = await images.image('evil');
    push(signerBy(), { tag: '1', digest: evil.descriptor.digest });
    await ended();
    expect(signed.map(({ reference }) => reference.digest)).not.toContain(evil.descriptor.digest);
  });

  it('names the tag only where the rule looked at it: a signature says no more than was verified', async () => {
    const image = await images.image('app', '1');
    await images.sign(ci, image, { 'org.opencontainers.image.ref.name': 'r.example/bound/app:1' });
    push(signerBy(), { tag: '1' }, 'bound/app');
    await ended();
    push(signerBy(), { tag: '1' });
    await vi.waitFor(() => expect(results).toHaveLength(2));
    expect(signed.map(({ bindsTag }) => bindsTag)).toEqual([true, false]);
    expect(log.map(({ digestOnly }) => digestOnly)).toEqual([undefined, true]);
  });

  it('signs nothing that is not verified, and says why', async () => {
    await images.image('app', 'unsigned');
    await images.sign(own, await images.image('other', 'foreign'));
    const bound = await images.image('bound', '2');
    await images.sign(ci, bound, { 'org.opencontainers.image.ref.name': 'r.example/bound/app:1' });
    const signer = signerBy();
    push(signer, { tag: 'unsigned' });
    push(signer, { tag: 'foreign' });
    push(signer, { tag: 'gone' });
    push(signer, { tag: '2' }, 'bound/app');
    push(signer, { tag: '2' }, 'free/app');
    await vi.waitFor(() => expect(results).toHaveLength(5));
    expect(signed).toEqual([]);
    expect(log.map(({ code }) => code).sort()).toEqual([
      'NOT_CHECKED',
      'NOT_FOUND',
      'NOT_TRUSTED',
      'NO_SIGNATURE',
      'TAG_MISMATCH',
    ]);
    expect(log.every(({ level }) => level === 40)).toBe(true);
  });

  it('looks at listed repositories alone', () => {
    const signer = signerBy();
    for (const repository of ['other/app', 'bound/other', 'team'])
      expect(push(signer, { tag: '1' }, repository), repository).toBe('ignored');
    expect(signer.take('acr', { action: 'push', registry: 'evil.example', repository: 'team/app', tag: '1' })).toBe(
      'ignored',
    );
    expect(signer.take('acr', { action: 'delete', registry: 'r.example', repository: 'team/app', tag: '1' })).toBe(
      'noted',
    );
  });

  it('begins nothing for signatures, artifacts about images, and manifests without a tag', async () => {
    const image = await images.image('app', '1');
    await images.sign(ci, image);
    const signature = await signatureOf(image);
    await images.store.tag(await images.store.resolve(signature), 'looks-like-an-image');
    const signer = signerBy();
    const { digest } = image.descriptor;
    expect(push(signer, { digest: signature })).toBe('noted');
    expect(push(signer, { digest })).toBe('noted');
    for (const tag of [fallbackTag(digest), `${fallbackTag(digest)}.sig`, `${fallbackTag(digest)}.att`])
      expect(push(signer, { tag }), tag).toBe('noted');
    expect(push(signer, { tag: 'looks-like-an-image' })).toBe('queued');
    await signer.close();
    expect([signed, results]).toEqual([[], []]);
  });

  it('waits for a signature that is pushed after its image, and is hurried by it, however it comes', async () => {
    const waits = { retryMs: [60_000], settleMs: 0 };
    for (const by of ['digest', 'tag'] as const) {
      signed = [];
      const image = await images.image(`app ${by}`, by);
      const signer = signerBy(waits);
      push(signer, { tag: by });
      await vi.waitFor(() => expect(push(signer, { tag: fallbackTag(image.descriptor.digest) })).toBe('queued'));
      expect(signed).toEqual([]);
      await images.sign(ci, image);
      const target =
        by === 'tag' ? { tag: fallbackTag(image.descriptor.digest) } : { digest: await signatureOf(image) };
      await vi.waitFor(() => {
        push(signer, target);
        expect(signed).toHaveLength(1);
      });
    }
  });

  it('tries again by itself, so often and no more', async () => {
    const image = await images.image('app', '1');
    push(signerBy({ retryMs: [20, 20, 20, 20] }), { tag: '1' });
    await images.sign(ci, image);
    await ended();
    expect(results).toEqual(['signed']);
    results = [];
    await images.image('other', '2');
    push(signerBy({ retryMs: [5, 5] }), { tag: '2' });
    await ended();
    expect(results).toEqual(['unverified']);
  });

  it('tries again where signing fails, and is not hurried by what a failed attempt left behind', async () => {
    const image = await images.image('app', '1');
    await images.sign(ci, image);
    let attempts = 0;
    const signer: PushWatcher = signerBy({
      retryMs: [10, 10],
      async sign() {
        attempts += 1;
        // Its own push is told while it still signs.
        push(signer, { tag: fallbackTag(image.descriptor.digest) });
        throw new RegistryError('UNREACHABLE', 'the registry is down');
      },
    });
    push(signer, { tag: '1' });
    await ended();
    expect(attempts).toBe(3);
    expect(results).toEqual(['failed']);
    expect(log).toMatchObject([{ result: 'failed', code: 'UNREACHABLE', why: 'the registry is down' }]);
  });

  it('signs once, though it is told of its own signature while it still signs', async () => {
    const image = await images.image('app', '1');
    await images.sign(ci, image);
    const signer: PushWatcher = signerBy({
      async sign(each) {
        signed.push(each);
        push(signer, { tag: fallbackTag(image.descriptor.digest) });
        push(signer, { digest: await signatureOf(image) });
        return 'signed';
      },
    });
    push(signer, { tag: '1' });
    await ended();
    push(signer, { tag: fallbackTag(image.descriptor.digest) });
    await signer.close();
    expect(signed).toHaveLength(1);
    expect(results).toEqual(['signed']);
  });

  it('looks again at a tag that is pushed while it is signed', async () => {
    await images.sign(ci, await images.image('app', '1'));
    let isFirst = true;
    const signer: PushWatcher = signerBy({
      async sign(each) {
        signed.push(each);
        if (isFirst) {
          isFirst = false;
          await images.sign(ci, await images.image('next', '1'));
          push(signer, { tag: '1' });
          return 'moved';
        }
        return 'signed';
      },
    });
    push(signer, { tag: '1' });
    await vi.waitFor(() => expect(results).toEqual(['moved', 'signed']));
    expect(signed[0]?.reference.digest).not.toBe(signed[1]?.reference.digest);
  });

  it('follows a thousand pushes at the same time, and drops what is more', async () => {
    const signer = signerBy({ settleMs: 60_000 });
    for (let at = 0; at < 1000; at += 1) expect(push(signer, { tag: `t${at}` })).toBe('queued');
    expect(push(signer, { tag: 'more' })).toBe('dropped');
    expect(push(signer, { tag: 't1' })).toBe('queued');
    expect(results).toEqual(['dropped']);
  });

  it('ends with what waits', async () => {
    await images.image('app', '1');
    const signer = signerBy({ retryMs: [50] });
    push(signer, { tag: '1' });
    await signer.close();
    expect(push(signer, { tag: '1' })).toBe('dropped');
    expect(signed).toEqual([]);
  });
});

describe('rulesMetBy', () => {
  const policy = policyOf(ci, { ...rules, 'r.example/**': {} });
  const met = (key: typeof ci, ...repositories: readonly string[]) =>
    rulesMetBy(key.publicKey.id, policy, repositories.map(parseImagePattern));

  it('names the rules for these repositories that count signatures of the key', () => {
    expect(met(ci, 'r.example/team/app')).toEqual(['team', 'r.example/**']);
    expect(met(ci, 'other.example/**')).toEqual([]);
    expect(met(own, '**')).toEqual([]);
  });
});

describe('unruled', () => {
  it('names repositories that no rule verifies anything in', () => {
    const policy = policyOf(ci, rules);
    const all = ['r.example/team/**', 'r.example/*/app', 'r.example/free/**', 'other.example/**'].map(
      parseImagePattern,
    );
    expect(unruled(policy, all)).toEqual(['r.example/free/**', 'other.example/**']);
  });
});
