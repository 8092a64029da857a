import type { Resolved, Source } from '@signet/oci';
import { type Decision, decide, type Policy, rulingOf, type TagFacts, type TrustedAnswer } from '@signet/verifier';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  createJudge,
  createJudgeWithLogins,
  type ImageAnswer,
  type Judge,
  type JudgeOptions,
  startReviewDeadline,
  type TagsOver,
} from '../../../packages/admission/src/index.ts';
import { evidenceOf, proof, rule, source } from '../../verifier/evidence-data.ts';
import { createImages, type Images } from '../../verifier/images.ts';
import { policyOf } from '../../verifier/policies.ts';
import { catalogueOf } from '../../verifier/policy/catalogue-data.ts';
import { testKey } from '../../verifier/signatures.ts';

const alice = testKey('p256');
const api = 'registry.example/shop/api';
const minute = 60_000;
const startMs = Date.UTC(2026, 10, 23, 9);
const met: Decision = decide(rulingOf(rule(source('alice')), startMs), evidenceOf(), [proof('alice')]);
let images: Images;
let nowMs: number;
/** What the registry was asked, and `ask TAG` for each question to the catalogue. */
let asked: string[];
/** What the catalogue says now. */
let said: TrustedAnswer;

beforeEach(async () => {
  images = createImages();
  nowMs = startMs;
  asked = [];
  said = trusted(await images.image('new'));
  await images.image('old', '1');
});

function trusted({ descriptor }: Resolved, changes: Partial<TagFacts> = {}): TrustedAnswer {
  const times = { issuedMs: startMs, expiresMs: startMs + 72 * 60 * minute };
  const facts: TagFacts = { collection: api, catalogue: 'shop', source: 'registry', ...times, ...changes };
  return { kind: 'trusted', digest: descriptor.digest, descriptor, decision: met, facts };
}

function policy(changes: Parameters<typeof policyOf>[1][string] = {}, more: Partial<Policy> = {}): Policy {
  return policyOf(alice, { 'registry.example/**': { tag: 'trusted', catalogue: catalogueOf(), ...changes } }, more);
}

const watched = (): Source => ({
  ...images.store,
  async resolve(reference, options) {
    asked.push(`resolve ${reference}`);
    return await images.store.resolve(reference, options);
  },
});

const trustedTags = () => ({
  ask: async ({ asked: { tag, digest } }: { readonly asked: { readonly tag?: string; readonly digest?: string } }) => {
    asked.push(`ask ${tag ?? ''}${digest === undefined ? '' : `@${digest}`}`);
    return said;
  },
});

function judgeBy(by: Policy = policy(), changes: Partial<JudgeOptions> = {}): Judge {
  return createJudge({ policy: by, open: watched, now: () => nowMs, trustedTags, ...changes });
}

async function answer(judge: Judge, image: string): Promise<ImageAnswer & { readonly is: string }> {
  const deadline = startReviewDeadline(5000);
  try {
    const given = await judge.judge(image, deadline);
    const { verdict, code, allowed } = given.report;
    return { ...given, is: `${verdict} ${code} ${allowed ? 'allowed' : 'stopped'} ${given.from}` };
  } finally {
    deadline.stop();
  }
}

const digestOf = ({ report }: ImageAnswer) => report.digest;

describe('the judge under tag: trusted', () => {
  it('goes by the catalogue, not by what the tag names', async () => {
    const given = await answer(judgeBy(), `${api}:1`);
    expect(given.is).toBe('verified VERIFIED allowed now');
    expect(digestOf(given)).toBe(said.digest);
    expect(given.report.catalogue?.drift).toBeDefined();
    expect(asked.toSorted()).toEqual(['ask 1', 'resolve 1', `resolve ${said.digest}`].toSorted());
  });

  it('is undecided where nobody can be asked', async () => {
    const { is } = await answer(createJudge({ policy: policy(), open: watched, now: () => nowMs }), `${api}:1`);
    expect(is).toBe('undecided UNRESOLVED stopped now');
  });

  it('gives an answer again for a minute at most, and never a stale one', async () => {
    const judge = judgeBy(policy(), { lifetimes: { freshMs: 60 * minute, staleMs: 60 * minute } });
    await answer(judge, `${api}:1`);
    nowMs += minute - 1;
    expect((await answer(judge, `${api}:1`)).is).toBe('verified VERIFIED allowed cache');
    nowMs += 1;
    expect((await answer(judge, `${api}:1`)).is).toBe('verified VERIFIED allowed now');
  });

  it('gives it no longer than the server or the rule says', async () => {
    const short = judgeBy(policy(), { lifetimes: { freshMs: 5_000 } });
    const reusing = judgeBy(policy({ reuse: { freshMs: 5_000, staleMs: minute } }));
    for (const judge of [short, reusing]) {
      await answer(judge, `${api}:1`);
      nowMs += 5_000;
      expect((await answer(judge, `${api}:1`)).is).toBe('verified VERIFIED allowed now');
    }
  });

  it.each<[string, Partial<TagFacts>, Parameters<typeof catalogueOf>[0]]>([
    ['expires', { expiresMs: startMs + 10_000 }, {}],
    ['is too old', { issuedMs: startMs - minute }, { maxAgeMs: minute + 10_000 }],
    [
      'is too old to have come by hand',
      { issuedMs: startMs - minute, expiresMs: 0 },
      { freshness: { mode: 'bundle', maxAgeMs: minute + 10_000 } },
    ],
    [
      'is at the end of its grace',
      { expiresMs: startMs - minute, expired: 'grace' },
      { graceAfterExpiryMs: minute + 10_000 },
    ],
  ])('gives no answer again once the catalogue %s', async (_what, facts, catalogue) => {
    said = trusted(await images.image('new'), facts);
    const judge = judgeBy(policy({ catalogue: catalogueOf(catalogue) }));
    await answer(judge, `${api}:1`);
    nowMs += 9_999;
    expect((await answer(judge, `${api}:1`)).is).toBe('verified VERIFIED allowed cache');
    nowMs += 1;
    expect((await answer(judge, `${api}:1`)).is).toBe('verified VERIFIED allowed now');
  });

  it('asks anew when it is told of a push, whatever it had said', async () => {
    const judge = judgeBy();
    await answer(judge, `${api}:1`);
    said = trusted(await images.image('newer'));
    judge.forget('registry.example/other');
    expect((await answer(judge, `${api}:1`)).is).toBe('verified VERIFIED allowed cache');
    judge.forget(api);
    const given = await answer(judge, `${api}:1`);
    expect([given.is, digestOf(given)]).toEqual(['verified VERIFIED allowed now', said.digest]);
  });

  it('keeps a no for a while, and what was not decided not at all', async () => {
    const facts = { collection: api, catalogue: 'shop' };
    const judge = judgeBy(policy(), { lifetimes: { deniedMs: 1_000 } });
    said = { kind: 'denied', code: 'TAG_NOT_SIGNED', message: 'no', facts };
    await answer(judge, `${api}:1`);
    expect((await answer(judge, `${api}:1`)).is).toBe('denied TAG_NOT_SIGNED stopped cache');
    nowMs += 1_000;
    said = { kind: 'undecided', code: 'CLOCK_BEHIND', message: 'no', facts };
    expect((await answer(judge, `${api}:1`)).is).toBe('undecided CLOCK_BEHIND stopped now');
    expect((await answer(judge, `${api}:1`)).is).toBe('undecided CLOCK_BEHIND stopped now');
  });

  it('keeps tags, and what is asked by tag and digest, apart', async () => {
    const judge = judgeBy();
    const pinned = `${api}:1@${said.digest}`;
    for (const image of [`${api}:1`, `${api}:2`, pinned]) expect((await answer(judge, image)).from).toBe('now');
    expect(asked.filter((each) => each.startsWith('ask'))).toEqual(['ask 1', 'ask 2', `ask 1@${said.digest}`]);
    expect((await answer(judge, pinned)).from).toBe('cache');
  });

  it('asks once for all who ask at the same time', async () => {
    const judge = judgeBy();
    await Promise.all([answer(judge, `${api}:1`), answer(judge, `${api}:1`), answer(judge, `${api}:1`)]);
    expect(asked.filter((each) => each.startsWith('ask'))).toHaveLength(1);
  });

  it('resolves no tag twice where the rule turns on it', async () => {
    const tagged = policyOf(alice, {
      'registry.example/**': { tag: 'trusted', catalogue: catalogueOf() },
      [`registry.example/**@sha256:${'0'.repeat(64)}`]: { mode: 'skip' },
    });
    await answer(judgeBy(tagged), `${api}:1`);
    expect(asked).toEqual(['resolve 1', 'ask 1', `resolve ${said.digest}`]);
  });

  it('takes no answers of other servers, and gives them none', async () => {
    const shared: JudgeOptions['shared'] = {
      look: () => {
        throw new Error('nobody should look');
      },
    } as unknown as JudgeOptions['shared'] & object;
    expect((await answer(judgeBy(policy(), { shared }), `${api}:1`)).is).toBe('verified VERIFIED allowed now');
  });

  it('skips what the rule skips', async () => {
    expect((await answer(judgeBy(policy({ mode: 'skip' })), `${api}:1`)).is).toBe('undecided NOT_CHECKED allowed now');
    expect(asked).toEqual([]);
  });
});

describe('the judge with logins', () => {
  const deadlines = startReviewDeadline(5000);
  const login = {
    id: 'a',
    registry: 'registry.example',
    credential: { kind: 'basic', username: 'a', password: 'b' },
  } as const;
  const askers: boolean[] = [];
  const tagsOf = ({ isOwn }: TagsOver) => {
    askers.push(isOwn);
    const hidden = {
      kind: 'denied',
      code: 'CATALOGUE_MISSING',
      message: 'none',
      facts: { collection: api, catalogue: 'shop' },
    } as const;
    return { ask: async () => (isOwn ? hidden : said) };
  };

  it('asks by each of them for itself where the catalogue seems not to be there', async () => {
    const judge = createJudgeWithLogins({
      policy: policy(),
      open: watched,
      now: () => nowMs,
      trustedTags: tagsOf,
      openAs: () => watched,
    });
    const own = await judge.judge(`${api}:1`, deadlines);
    expect(own.report).toMatchObject({ verdict: 'denied', code: 'CATALOGUE_MISSING' });
    const found = { find: () => ({ logins: [login] }) };
    expect((await judge.askedBy(found).judge(`${api}:1`, deadlines)).report).toMatchObject({
      verdict: 'verified',
      digest: said.digest,
    });
    expect((await judge.judge(`${api}:1`, deadlines)).report.verdict).toBe('denied');
    expect(askers).toEqual([true, false]);
    deadlines.stop();
  });
});
