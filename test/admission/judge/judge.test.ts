import { type Digest, RegistryError, type Source } from '@signet/oci';
import type { Policy } from '@signet/verifier';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createJudge,
  type ImageAnswer,
  type Judge,
  type JudgeOptions,
  startReviewDeadline,
} from '../../../packages/admission/src/index.ts';
import { createImages, type Images } from '../../verifier/images.ts';
import { policyOf, type Rules } from '../../verifier/policies.ts';
import { testKey } from '../../verifier/signatures.ts';

const [alice, mallory] = [testKey('p256'), testKey('p256')];
const policy = (rules: Rules, changes: Partial<Policy> = {}): Policy => policyOf(alice, rules, changes);
const minute = 60_000;
let images: Images;
let nowMs: number;
/** What the registry was asked, as `resolve TAG`, `referrers`, …. */
let asked: string[];

beforeEach(() => {
  images = createImages();
  nowMs = Date.UTC(2026, 10, 1);
  asked = [];
});

function judgeBy(by: Policy, changes: Partial<JudgeOptions> = {}): Judge {
  return createJudge({ policy: by, open: () => watched(images.store), now: () => nowMs, ...changes });
}

/** The store, with what is asked of it written down. */
function watched(store: Source, before: () => Promise<void> = async () => {}): Source {
  return {
    ...store,
    async resolve(reference, options) {
      asked.push(`resolve ${reference}`);
      await before();
      return await store.resolve(reference, options);
    },
    referrers(...args) {
      asked.push('referrers');
      return store.referrers(...args);
    },
  };
}

async function answer(judge: Judge, image: string, budgetMs = 5000): Promise<ImageAnswer & { readonly is: string }> {
  const deadline = startReviewDeadline(budgetMs);
  try {
    const said = await judge.judge(image, deadline);
    const { verdict, code, allowed } = said.report;
    return { ...said, is: `${verdict} ${code} ${allowed ? 'allowed' : 'stopped'} ${said.from}` };
  } finally {
    deadline.stop();
  }
}

describe('the judge', () => {
  it('verifies an image once, and gives the answer again while it is fresh', async () => {
    await images.sign(alice, await images.image('app', '1'));
    const judge = judgeBy(policy({ 'r.example/**': {} }));
    expect((await answer(judge, 'r.example/app:1')).is).toBe('verified VERIFIED allowed now');
    const before = asked.length;
    expect((await answer(judge, 'r.example/app:1')).is).toBe('verified VERIFIED allowed cache');
    expect(asked.length).toBe(before);
  });

  it('asks again what the tag names when that is old, and verifies the image again only if it is another one', async () => {
    await images.sign(alice, await images.image('app', '1'));
    const judge = judgeBy(policy({ 'r.example/**': {} }));
    await answer(judge, 'r.example/app:1');
    asked = [];
    nowMs += minute;
    expect((await answer(judge, 'r.example/app:1')).is).toBe('verified VERIFIED allowed cache');
    expect(asked).toEqual(['resolve 1']);
    await images.image('evil', '1');
    nowMs += minute;
    expect((await answer(judge, 'r.example/app:1')).is).toBe('denied NO_SIGNATURE stopped now');
  });

  it('forgets what the tags of a repository name when it is told of a push', async () => {
    await images.sign(alice, await images.image('app', '1'));
    const judge = judgeBy(policy({ 'r.example/**': {} }));
    await answer(judge, 'r.example/app:1');
    await images.image('evil', '1');
    expect((await answer(judge, 'r.example/app:1')).is).toBe('verified VERIFIED allowed cache');
    judge.forget('r.example/other');
    expect((await answer(judge, 'r.example/app:1')).is).toBe('verified VERIFIED allowed cache');
    judge.forget('r.example/app');
    expect((await answer(judge, 'r.example/app:1')).is).toBe('denied NO_SIGNATURE stopped now');
  });

  it('asks again what it denied when it is told of a push: that may have been the signature', async () => {
    const image = await images.image('app', '1');
    const judge = judgeBy(policy({ 'r.example/**': {} }));
    const pinned = `r.example/app@${image.descriptor.digest}`;
    expect((await answer(judge, pinned)).is).toBe('denied NO_SIGNATURE stopped now');
    await images.sign(alice, image);
    expect((await answer(judge, pinned)).is).toBe('denied NO_SIGNATURE stopped cache');
    judge.forget('r.example/app');
    expect((await answer(judge, pinned)).is).toBe('verified VERIFIED allowed now');
    judge.forget('r.example/app');
    expect((await answer(judge, pinned)).is).toBe('verified VERIFIED allowed cache');
  });

  it('gives nobody who asks after a push what was begun before it', async () => {
    const image = await images.image('app', '1');
    const gate = Promise.withResolvers<void>();
    const judge = judgeBy(policy({ 'r.example/**': {} }), { open: () => watched(images.store, () => gate.promise) });
    const before = answer(judge, 'r.example/app:1');
    nowMs += 1;
    judge.forget('r.example/app');
    const evil = await images.image('evil', '1');
    const after = answer(judge, 'r.example/app:1');
    expect(asked).toEqual(['resolve 1', 'resolve 1']);
    gate.resolve();
    await Promise.all([before, after]);
    nowMs += 1;
    expect((await answer(judge, 'r.example/app:1')).report.digest).toBe(evil.descriptor.digest);
    expect(image.descriptor.digest).not.toBe(evil.descriptor.digest);
  });

  it('reads what a reference names only where a rule is for it and its host may be asked', async () => {
    const image = await images.image('app', '1');
    const judge = judgeBy(policy({ 'r.example/**': {}, '*/near/**': {} }));
    expect((await judge.manifest('r.example/app:1'))?.descriptor.digest).toBe(image.descriptor.digest);
    await expect(judge.manifest('r.example/app:gone')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    asked = [];
    expect(await judge.manifest('s.example/app:1')).toBeUndefined();
    expect(await judge.manifest('localhost:5000/near/app:1')).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('gives a stale answer while it asks anew, and the new one then', async () => {
    const { descriptor } = await images.image('app', '1');
    await images.sign(alice, { descriptor, bytes: new Uint8Array() });
    const image = `r.example/app@${descriptor.digest}`;
    let isDown = false;
    const open = (): Source => watched(isDown ? { ...images.store, referrers: down, resolve: down } : images.store);
    const judge = judgeBy(policy({ 'r.example/**': {} }), { open });
    await answer(judge, image);
    nowMs += 6 * minute;
    expect((await answer(judge, image)).is).toBe('verified VERIFIED allowed stale');
    await vi.waitFor(async () => expect((await answer(judge, image)).is).toBe('verified VERIFIED allowed cache'));
    isDown = true;
    nowMs += 6 * minute;
    expect((await answer(judge, image)).is).toBe('verified VERIFIED allowed stale');
    nowMs += 10 * minute;
    expect((await answer(judge, image)).is).toBe('undecided UNRESOLVED stopped now');
  });

  it('keeps a no for a short time, and what could not be decided not at all', async () => {
    const { descriptor } = await images.image('app', '1');
    const judge = judgeBy(policy({ 'r.example/**': {} }));
    const image = `r.example/app@${descriptor.digest}`;
    expect((await answer(judge, image)).is).toBe('denied NO_SIGNATURE stopped now');
    await images.sign(alice, { descriptor, bytes: new Uint8Array() });
    expect((await answer(judge, image)).is).toBe('denied NO_SIGNATURE stopped cache');
    nowMs += 11_000;
    expect((await answer(judge, image)).is).toBe('verified VERIFIED allowed now');

    const missing = `r.example/app:gone`;
    expect((await answer(judge, missing)).is).toBe('undecided UNRESOLVED stopped now');
    await images.sign(alice, await images.image('late', 'gone'));
    expect((await answer(judge, missing)).is).toBe('verified VERIFIED allowed now');
  });

  it('does not trust what it kept when the clock was put back', async () => {
    const { descriptor } = await images.image('app', '1');
    await images.sign(alice, { descriptor, bytes: new Uint8Array() });
    const judge = judgeBy(policy({ 'r.example/**': {} }));
    const image = `r.example/app@${descriptor.digest}`;
    await answer(judge, image);
    nowMs -= minute;
    expect((await answer(judge, image)).is).toBe('verified VERIFIED allowed now');
  });

  it('never gives a yes for one tag or repository to another where the rule looks at the tag', async () => {
    const image = await images.image('app', '1');
    await images.sign(alice, image, { 'org.opencontainers.image.ref.name': 'r.example/app:1' });
    await images.store.tag(image, '2');
    const judge = judgeBy(policy({ 'r.example/**': { tag: 'bound' } }));
    const { digest } = image.descriptor;
    expect((await answer(judge, 'r.example/app:1')).is).toBe('verified VERIFIED allowed now');
    expect((await answer(judge, 'r.example/app:2')).is).toBe('denied TAG_MISMATCH stopped now');
    expect((await answer(judge, `r.example/app:2@${digest}`)).is).toBe('denied TAG_MISMATCH stopped cache');
    expect((await answer(judge, `r.example/other:1@${digest}`)).is).toBe('denied TAG_MISMATCH stopped now');
    expect((await answer(judge, 'r.example/app:1')).is).toBe('verified VERIFIED allowed cache');
  });

  it('verifies once for all tags where the rule does not look at them, and says which was asked', async () => {
    const image = await images.image('app', '1');
    await images.sign(alice, image);
    await images.store.tag(image, '2');
    const judge = judgeBy(policy({ 'r.example/**': {} }));
    await answer(judge, 'r.example/app:1');
    const second = await answer(judge, 'r.example/app:2');
    expect(second.is).toBe('verified VERIFIED allowed cache');
    expect(second.report.reference).toBe('r.example/app:2');
  });

  it('answers by another policy as soon as it has it', async () => {
    const { descriptor } = await images.image('app', '1');
    await images.sign(alice, { descriptor, bytes: new Uint8Array() });
    const image = `r.example/app@${descriptor.digest}`;
    const judge = judgeBy(policy({ 'r.example/**': {} }));
    await answer(judge, image);
    const refuse = { digests: new Set<Digest>([descriptor.digest]), keyIds: new Set<string>(), keys: [] };
    judge.usePolicy(policy({ 'r.example/**': {} }, { refuse, revision: 'b'.repeat(64) }));
    expect((await answer(judge, image)).is).toBe('denied REFUSED_DIGEST stopped now');
  });

  it('asks the registry once for any number of equal questions at a time', async () => {
    await images.sign(alice, await images.image('app', '1'));
    const judge = judgeBy(policy({ 'r.example/**': {} }));
    const all = await Promise.all(Array.from({ length: 500 }, () => answer(judge, 'r.example/app:1')));
    const together = asked;
    expect(new Set(all.map(({ is }) => is))).toEqual(new Set(['verified VERIFIED allowed now']));
    asked = [];
    await answer(judgeBy(policy({ 'r.example/**': {} })), 'r.example/app:1');
    expect(together).toEqual(asked);
  });

  it('asks for no more than the listing where that suffices, however many images are asked for at a time and however slow it is', async () => {
    const digests = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => {
        const image = await images.image(name);
        await images.sign(alice, image, {}, true);
        return image.descriptor.digest;
      }),
    );
    const slow = Promise.withResolvers<void>();
    const source = watched(images.store);
    const open = (): Source => ({
      ...source,
      async *referrers(...args) {
        const pages = source.referrers(...args);
        await slow.promise;
        yield* pages;
      },
    });
    const judge = judgeBy(policy({ 'r.example/**': {} }), { open });
    const pods = Array.from({ length: 500 }, () => digests.map((digest) => answer(judge, `r.example/app@${digest}`)));
    await vi.waitFor(() => expect(asked).toEqual(['referrers', 'referrers', 'referrers']));
    slow.resolve();
    const answers = await Promise.all(pods.flat());
    expect(new Set(answers.map(({ is }) => is))).toEqual(new Set(['verified VERIFIED allowed now']));
    expect(asked).toHaveLength(3);
  });

  it('is undecided when the time of the caller is up, and has the answer for the next one', async () => {
    await images.sign(alice, await images.image('app', '1'));
    const gate = Promise.withResolvers<void>();
    const judge = judgeBy(policy({ 'r.example/**': {} }), { open: () => watched(images.store, () => gate.promise) });
    const first = await answer(judge, 'r.example/app:1', 20);
    expect(first.is).toBe('undecided UNRESOLVED stopped now');
    expect(first.report.gaps).toMatchObject([{ what: 'time', code: 'TIMEOUT' }]);
    gate.resolve();
    await vi.waitFor(async () =>
      expect((await answer(judge, 'r.example/app:1')).is).toBe('verified VERIFIED allowed cache'),
    );
  });

  it('is undecided at once when too much runs already', async () => {
    const gate = Promise.withResolvers<void>();
    const open = (): Source => watched(images.store, () => gate.promise);
    const judge = judgeBy(policy({ 'r.example/**': {} }), { open, maxRunning: 2 });
    const waiting = ['r.example/a:1', 'r.example/b:1'].map((image) => answer(judge, image));
    const third = await answer(judge, 'r.example/c:1');
    expect(third.report).toMatchObject({ verdict: 'undecided', allowed: false, gaps: [{ code: 'LIMIT_REACHED' }] });
    gate.resolve();
    await Promise.all(waiting);
  });

  it('asks no registry that no rule is for', async () => {
    const judge = judgeBy(policy({ 'r.example/**': {} }));
    expect((await answer(judge, 's.example/app:1')).is).toBe('denied NO_RULE stopped now');
    expect(asked).toEqual([]);
  });

  it('asks hosts of its own machine and link only where a rule names them', async () => {
    const judge = judgeBy(policy({ '*/**': {}, 'localhost:5000/**': {} }));
    for (const host of [
      '127.0.0.1:5000',
      '[::1]',
      'localhost',
      '169.254.169.254',
      '0.0.0.0',
      '[::ffff:127.0.0.1]',
      '[fe80::1]',
    ])
      expect((await answer(judge, `${host}/app:1`)).report).toMatchObject({
        verdict: 'undecided',
        allowed: false,
        gaps: [{ code: 'ADDRESS_REFUSED' }],
      });
    expect(asked).toEqual([]);
    await answer(judge, 'localhost:5000/app:1');
    await answer(judge, '10.0.0.1/app:1');
    expect(asked).toEqual(['resolve 1', 'resolve 1']);
  });

  it('does not let a tag that was written beside the digest choose a lenient rule', async () => {
    const app = await images.image('app', '1');
    await images.image('other', 'dev-1');
    const judge = judgeBy(policy({ 'r.example/app': {}, 'r.example/app:dev-*': { mode: 'skip' } }));
    const image = `r.example/app:dev-1@${app.descriptor.digest}`;
    expect((await answer(judge, image)).is).toBe('denied NO_SIGNATURE stopped now');
    await images.store.tag(app, 'dev-1');
    nowMs += 11_000;
    expect((await answer(judge, image)).is).toBe('undecided NOT_CHECKED allowed now');
  });

  it('throws at once for what is no image', () => {
    const judge = judgeBy(policy({ '*': {} }));
    const deadline = startReviewDeadline(10);
    expect(() => judge.judge('Not An Image', deadline)).toThrow(RegistryError);
    deadline.stop();
  });

  it('denies what another key signed', async () => {
    await images.sign(mallory, await images.image('app', '1'));
    const judge = judgeBy(policy({ 'r.example/**': { mode: 'warn' } }));
    expect((await answer(judge, 'r.example/app:1')).is).toBe('denied NOT_TRUSTED allowed now');
  });
});

function down(): never {
  throw new RegistryError('UNREACHABLE', 'the registry is down');
}
