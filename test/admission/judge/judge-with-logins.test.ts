import { RegistryError, type Source } from '@signet/oci';
import type { Policy } from '@signet/verifier';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  createJudgeWithLogins,
  type FoundLogins,
  type ImageAnswer,
  type JudgeWithLogins,
  type JudgeWithLoginsOptions,
  type Login,
  type SharedAnswers,
  startReviewDeadline,
} from '../../../packages/admission/src/index.ts';
import { outcomeOf } from '../../../packages/admission/src/review/outcome.ts';
import { createImages, type Images } from '../../verifier/images.ts';
import { policyOf } from '../../verifier/policies.ts';
import { testKey } from '../../verifier/signatures.ts';

const [alice, mallory] = [testKey('p256'), testKey('p256')];
const policy: Policy = policyOf(alice, { 'r.example/**': {} });
/** What each sees: anybody, and who has the login of that name. */
let views: Record<string, Images>;
/** `who: what`, as the registry was asked. */
let asked: string[];
let nowMs: number;
let answered: ImageAnswer[];

beforeEach(() => {
  views = { shop: createImages(), blog: createImages() };
  [asked, nowMs, answered] = [[], Date.UTC(2026, 10, 1), []];
});

const login = (id: string): Login => ({ id, registry: 'r.example', credential: { kind: 'bearer', token: id } });

/** The view of one; without one of its own it may read nothing. */
function sourceOf(who: string): Source {
  const view = views[who];
  const refuse = async (): Promise<never> => {
    throw new RegistryError('UNAUTHORIZED', 'r.example wants a login', { status: 401 });
  };
  if (view === undefined) return { ...createImages().store, resolve: refuse };
  return {
    ...view.store,
    resolve(tagOrDigest, options) {
      asked.push(`${who}: ${tagOrDigest}`);
      return view.store.resolve(tagOrDigest, options);
    },
  };
}

function open(changes: Partial<JudgeWithLoginsOptions> = {}): JudgeWithLogins {
  return createJudgeWithLogins({
    policy,
    open() {
      asked.push('server');
      return sourceOf('server');
    },
    openAs:
      ({ id }) =>
      () =>
        sourceOf(id),
    now: () => nowMs,
    onAnswer: (answer) => answered.push(answer),
    ...changes,
  });
}

async function ask(
  judge: JudgeWithLogins,
  image: string,
  found: FoundLogins | Promise<FoundLogins> | undefined = { logins: [] },
  budgetMs = 5000,
): Promise<ImageAnswer & { readonly is: string }> {
  const deadline = startReviewDeadline(budgetMs);
  try {
    const said = await judge.askedBy({ find: () => found }).judge(image, deadline);
    const { verdict, code } = said.report;
    return { ...said, is: `${verdict} ${code} ${said.from}` };
  } finally {
    deadline.stop();
  }
}

const of = (...ids: readonly string[]): FoundLogins => ({ logins: ids.map(login) });
const digestOf = ({ report }: ImageAnswer) => report.digest;

describe('a judge with logins', () => {
  it('asks with a login where its own is refused, and keeps the answer', async () => {
    await views.shop?.sign(alice, await views.shop.image('app', '1'));
    const judge = open();
    expect((await ask(judge, 'r.example/app:1')).is).toBe('undecided UNRESOLVED now');
    expect((await ask(judge, 'r.example/app:1', of('shop'))).is).toBe('verified VERIFIED now');
    asked = [];
    expect((await ask(judge, 'r.example/app:1', of('shop'))).is).toBe('verified VERIFIED cache');
    expect(asked).toEqual([]);
  });

  it('looks for no login where its own suffices', async () => {
    views.server = createImages();
    await views.server.sign(alice, await views.server.image('app', '1'));
    const judge = open();
    const never = { find: () => expect.fail('nobody wants a login') };
    const deadline = startReviewDeadline(5000);
    const { report } = await judge.askedBy(never).judge('r.example/app:1', deadline);
    deadline.stop();
    expect(report.verdict).toBe('verified');
  });

  it('gives nothing of what one login showed to who lacks it: no verdict, no digest', async () => {
    await views.shop?.sign(alice, await views.shop.image('app', '1'));
    const judge = open();
    const image = `r.example/app@${digestOf(await ask(judge, 'r.example/app:1', of('shop')))}`;
    expect((await ask(judge, image, of('shop'))).is).toMatch('verified VERIFIED');
    for (const other of [{ logins: [] }, of('blog'), of('nobody')])
      for (const each of ['r.example/app:1', image]) {
        const answer = await ask(judge, each, other);
        expect(answer.report.verdict).toBe('undecided');
        expect(answer.report.findings).toEqual([]);
        if (each !== image) expect(digestOf(answer)).toBeUndefined();
      }
    const deadline = startReviewDeadline(5000);
    expect((await judge.judge(image, deadline)).report.verdict).toBe('undecided');
    deadline.stop();
  });

  it("lets nobody's view of a registry become another's: neither a no nor what a tag names", async () => {
    await views.shop?.sign(alice, await views.shop.image('app', '1'));
    await views.blog?.sign(mallory, await views.blog.image('evil', '1'));
    const judge = open();
    expect((await ask(judge, 'r.example/app:1', of('blog'))).is).toBe('denied NOT_TRUSTED now');
    expect((await ask(judge, 'r.example/app:1', of('shop'))).is).toBe('verified VERIFIED now');
    expect((await ask(judge, 'r.example/app:1', of('blog'))).is).toBe('denied NOT_TRUSTED cache');
  });

  it('shares with other servers what its own login reached, and nothing that another did', async () => {
    views.server = createImages();
    await views.server.sign(alice, await views.server.image('public', '1'));
    await views.shop?.sign(alice, await views.shop.image('private', '2'));
    const kept: string[] = [];
    const shared: SharedAnswers = {
      look: async ({ digest }) => ({ keep: () => void kept.push(digest) }),
      forget: async () => {},
      listen: async () => {},
      close: async () => {},
    };
    const judge = open({ shared });
    const [mine, theirs] = [await ask(judge, 'r.example/app:1'), await ask(judge, 'r.example/app:2', of('shop'))];
    expect([mine.is, theirs.is]).toEqual(['verified VERIFIED now', 'verified VERIFIED now']);
    expect(kept).toEqual([digestOf(mine)]);
  });

  it('tries logins one after the other until one may read', async () => {
    await views.blog?.sign(alice, await views.blog.image('app', '1'));
    expect((await ask(open(), 'r.example/app:1', of('nobody', 'shop', 'blog'))).is).toBe('verified VERIFIED now');
  });

  it('does not try its own again for a minute where that is known to be refused', async () => {
    await views.shop?.sign(alice, await views.shop.image('app', '1'));
    const judge = open();
    const serverAsks = async (found?: FoundLogins): Promise<number> => {
      asked = [];
      await ask(judge, 'r.example/app:1', found);
      return asked.filter((each) => each === 'server').length;
    };
    expect(await serverAsks(of('shop'))).toBeGreaterThan(0);
    expect(await serverAsks(of('shop'))).toBe(0);
    expect(await serverAsks({ logins: [] })).toBeGreaterThan(0); // who has none is answered by what the server sees
    nowMs += 60_000;
    expect(await serverAsks(of('shop'))).toBeGreaterThan(0);
  });

  it('says that logins could not be read where the registry refuses, in words of its own, and allows nothing', async () => {
    const unread = 'the pull secrets of namespace shop could not be read: the Kubernetes API answers 403';
    const answer = await ask(open(), 'r.example/app:1', { logins: [], unread });
    expect(outcomeOf(answer, 'pins')).toMatchObject({
      isAllowed: false,
      verdict: 'undecided',
      code: 'PULL_SECRETS_UNREAD',
      why: expect.stringContaining(unread),
    });
  });

  it('needs no login that could not be read where another one reads, or the server itself', async () => {
    await views.shop?.sign(alice, await views.shop.image('app', '1'));
    const judge = open();
    const byOther = await ask(judge, 'r.example/app:1', { ...of('shop'), unread: 'one could not be read' });
    expect(byOther).toMatchObject({ is: 'verified VERIFIED now' });
    expect(byOther.loginsUnread).toBeUndefined();
  });

  it('waits for logins no longer than until the deadline', async () => {
    const never = new Promise<FoundLogins>(() => {});
    const answer = await ask(open(), 'r.example/app:1', never, 200);
    expect(answer.report.verdict).toBe('undecided');
    expect(answer.loginsUnread).toContain('in the time that the caller gives');
  });

  it('judges by a new policy at once, whatever login it is asked with', async () => {
    await views.shop?.sign(alice, await views.shop.image('app', '1'));
    const judge = open();
    expect((await ask(judge, 'r.example/app:1', of('shop'))).is).toBe('verified VERIFIED now');
    judge.usePolicy(policyOf(mallory, { 'r.example/**': {} }, { revision: 'another' }));
    expect((await ask(judge, 'r.example/app:1', of('shop'))).is).toBe('denied NOT_TRUSTED now');
    expect(judge.askedBy({ find: () => of() }).policy).toBe(judge.policy);
  });

  it('forgets what a repository had when it is told of a push, whatever login it is asked with', async () => {
    const image = await views.shop?.image('app', '1');
    const judge = open();
    expect((await ask(judge, 'r.example/app:1', of('shop'))).is).toBe('denied NO_SIGNATURE now');
    if (image !== undefined) await views.shop?.sign(alice, image);
    expect((await ask(judge, 'r.example/app:1', of('shop'))).is).toBe('denied NO_SIGNATURE cache');
    judge.forget('r.example/app');
    expect((await ask(judge, 'r.example/app:1', of('shop'))).is).toBe('verified VERIFIED now');
  });

  it('tells of each answer once', async () => {
    await views.shop?.sign(alice, await views.shop.image('app', '1'));
    await ask(open(), 'r.example/app:1', of('nobody', 'shop'));
    expect(answered.map(({ report }) => report.verdict)).toEqual(['verified']);
  });
});
