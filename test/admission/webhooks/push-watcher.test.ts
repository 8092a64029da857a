import { type Digest, fallbackTag, listReferrers, type Source } from '@signet/oci';
import { pino } from 'pino';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createJudge,
  createPushWatcher,
  type Judge,
  type PushWatcher,
  startReviewDeadline,
  type WatcherOptions,
} from '../../../packages/admission/src/index.ts';
import { createImages, type Images } from '../../verifier/images.ts';
import { policyOf } from '../../verifier/policies.ts';
import { testKey } from '../../verifier/signatures.ts';

const key = testKey('p256');
let images: Images;
let judge: Judge;
let asked: string[];
let sent: Record<string, unknown>[];
let log: Record<string, unknown>[];
let verified: string[];
let watcher: PushWatcher;

beforeEach(() => {
  images = createImages();
  [asked, sent, log, verified] = [[], [], [], []];
  const policy = policyOf(key, { 'r.example/**': { name: 'all' }, 'r.example/free/**': { mode: 'skip' } });
  judge = createJudge({ policy, open: () => watched(images.store) });
  watcher = watcherBy();
});

function watcherBy(changes: Partial<WatcherOptions> = {}): PushWatcher {
  const write = (line: string): void => void log.push(JSON.parse(line));
  return createPushWatcher({
    judge,
    logger: pino({ base: null }, { write }),
    notifier: { send: (message) => void sent.push({ ...message }), close: async () => {} },
    settleMs: 0,
    onVerified: ({ verdict, code }) => void verified.push(`${verdict} ${code}`),
    ...changes,
  });
}

function watched(store: Source): Source {
  return {
    ...store,
    async resolve(reference, options) {
      asked.push(reference);
      return await store.resolve(reference, options);
    },
  };
}

const push = (target: { readonly tag?: string; readonly digest?: Digest }, repository = 'app') =>
  watcher.take('acr', { action: 'push', registry: 'r.example', repository, ...target });

/** Until everything that was begun is done. */
const settled = () => watcher.close();

describe('createPushWatcher', () => {
  it('verifies what the tag names now, and tells the log, the figures and the receiver of messages', async () => {
    const image = await images.image('app', '1');
    await images.sign(key, image);
    expect(push({ tag: '1' })).toBe('queued');
    await settled();
    const { digest } = image.descriptor;
    expect(verified).toEqual(['verified VERIFIED']);
    expect(log).toMatchObject([
      { level: 30, msg: 'pushed', source: 'acr', image: 'r.example/app:1', verdict: 'verified', digest },
    ]);
    expect(sent).toMatchObject([
      {
        version: 1,
        event: 'push',
        source: 'acr',
        image: 'r.example/app:1',
        verdict: 'verified',
        allowed: true,
        digest,
        rule: 'all',
        policy: judge.policy.revision,
      },
    ]);
  });

  it('does not believe the digest of an event', async () => {
    const image = await images.image('app', '1');
    await images.sign(key, await images.image('other', '2'));
    push({ tag: '2', digest: image.descriptor.digest });
    await settled();
    expect(verified).toEqual(['verified VERIFIED']);
    expect(log[0]?.digest).not.toBe(image.descriptor.digest);
  });

  it('warns of what is not verified', async () => {
    await images.image('app', '1');
    push({ tag: '1' });
    await settled();
    expect(log).toMatchObject([{ level: 40, verdict: 'denied', code: 'NO_SIGNATURE', allowed: false }]);
    expect(sent).toMatchObject([
      { verdict: 'denied', allowed: false, remedy: expect.stringContaining('sign the image') },
    ]);
  });

  it('verifies the image anew when its signature is pushed: by subject, by tag of referrers, by tag of cosign', async () => {
    const image = await images.image('app', '1');
    const { digest } = image.descriptor;
    push({ tag: '1' });
    await vi.waitFor(() => expect(verified).toEqual(['denied NO_SIGNATURE']));
    await images.sign(key, image);
    const [signature] = await listReferrers(images.store, image.descriptor);
    push({ digest: signature?.digest as Digest });
    await vi.waitFor(() => expect(verified).toEqual(['denied NO_SIGNATURE', 'verified VERIFIED']));
    push({ tag: fallbackTag(digest) });
    push({ tag: `sha256-${digest.slice(7)}.sig` });
    await settled();
    expect(sent.map(({ image: named }) => named)).toEqual([
      'r.example/app:1',
      ...Array(sent.length - 1).fill(`r.example/app@${digest}`),
    ]);
    expect(verified.slice(1)).toEqual(Array(verified.length - 1).fill('verified VERIFIED'));
  });

  it('does nothing about a manifest without a tag that is about no image', async () => {
    const { descriptor } = await images.image('linux/amd64');
    expect(push({ digest: descriptor.digest })).toBe('queued');
    await settled();
    expect([verified, sent, log]).toEqual([[], [], []]);
  });

  it('asks no registry for what no rule is for, and tells of nothing that is exempt', async () => {
    watcher.take('acr', { action: 'push', registry: 's.example', repository: 'app', tag: '1' });
    watcher.take('acr', {
      action: 'push',
      registry: 's.example',
      repository: 'app',
      digest: `sha256:${'0'.repeat(64)}` as Digest,
    });
    push({ tag: '1' }, 'free/app');
    await settled();
    expect([asked, verified, sent, log]).toEqual([[], [], [], []]);
  });

  it('forgets what tags named, for pushes and deletions', async () => {
    await images.sign(key, await images.image('app', '1'));
    const deadline = startReviewDeadline(5000);
    await judge.judge('r.example/app:1', deadline);
    await images.image('evil', '1');
    expect(watcher.take('acr', { action: 'delete', registry: 'R.example', repository: 'app', tag: '1' })).toBe('noted');
    expect((await judge.judge('r.example/app:1', deadline)).report.verdict).toBe('denied');
    deadline.stop();
    await settled();
    expect(verified).toEqual([]);
  });

  it('takes a registry by the name that rules have for it', async () => {
    await images.sign(key, await images.image('app', '1'));
    const named = watcherBy({ hosts: { distribution: 'r.example' } });
    named.take('distribution', { action: 'push', registry: 'internal:5000', repository: 'app', tag: '1' });
    await named.close();
    expect(verified).toEqual(['verified VERIFIED']);
  });

  it('ignores what is no repository, notes what is no image, and drops what it has no room for', async () => {
    expect(push({ tag: '1' }, 'Not A Name')).toBe('ignored');
    expect(push({ tag: '1' }, 'app:tag')).toBe('ignored');
    expect(push({})).toBe('noted');
    const results = Array.from({ length: 1010 }, (_, at) => push({ tag: `t${at}` }));
    expect(results.filter((result) => result === 'dropped')).toHaveLength(6);
    await settled();
  });

  it('survives a registry that fails', async () => {
    push({ digest: `sha256:${'0'.repeat(64)}` as Digest });
    await settled();
    expect(log).toMatchObject([{ level: 40, msg: 'what was pushed cannot be looked at', err: { code: 'NOT_FOUND' } }]);
  });
});
