import type { Digest, Resolved, Source } from '@signet/oci';
import type { Policy, Report } from '@signet/verifier';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createJudge,
  createSharedAnswers,
  type Judge,
  type SharedAnswers,
  type SharedOptions,
  startReviewDeadline,
} from '../../../packages/admission/src/index.ts';
import { type AnswerEntry, encodeAnswer, parseAnswer } from '../../../packages/admission/src/shared/answer-entry.ts';
import { createForgotten, encodeForgotten } from '../../../packages/admission/src/shared/forgotten.ts';
import { createSeal } from '../../../packages/admission/src/shared/seal.ts';
import { createImages, type Images } from '../../verifier/images.ts';
import { policyOf } from '../../verifier/policies.ts';
import { testKey } from '../../verifier/signatures.ts';
import { createMemoryStore, type MemoryStore } from './memory-store.ts';

const alice = testKey('p256');
const secret = 's'.repeat(32);
const seal = createSeal(secret);
const [second, minute] = [1000, 60_000];

let store: MemoryStore;
let images: Images;
let nowMs: number;
let signed: string;
let unsigned: string;
let plain: Resolved;
/** What registries were asked, by all servers. */
let asked: number;
let results: string[];

beforeEach(async () => {
  store = createMemoryStore();
  images = createImages();
  nowMs = Date.UTC(2026, 10, 1);
  [asked, results] = [0, []];
  const image = await images.image('signed');
  await images.sign(alice, image);
  signed = `r.example/app@${image.descriptor.digest}`;
  plain = await images.image('unsigned');
  unsigned = `r.example/app@${plain.descriptor.digest}`;
});

/** A server of its own, which shares its answers. */
interface Server {
  readonly judge: Judge;
  readonly shared: SharedAnswers;
  /** `verified shared`: the verdict, and where it is from. */
  ask(image: string): Promise<string>;
}

interface Differences extends Partial<SharedOptions> {
  readonly policy?: Policy;
}

async function serve({
  policy = policyOf(alice, { 'r.example/**': {} }),
  ...options
}: Differences = {}): Promise<Server> {
  const onResult: SharedOptions['onResult'] = (operation, result) => results.push(`${operation} ${result}`);
  const now = (): number => nowMs;
  const shared = createSharedAnswers({ store: store.connect(), secret, version: '1', now, onResult, ...options });
  const open = (): Source => ({
    ...images.store,
    referrers(...args) {
      asked += 1;
      return images.store.referrers(...args);
    },
  });
  const judge = createJudge({ policy, open, now, shared });
  await shared.listen((name) => judge.forget(name));
  return {
    judge,
    shared,
    async ask(image) {
      const deadline = startReviewDeadline(5000);
      const { report, from } = await judge.judge(image, deadline);
      deadline.stop();
      return `${report.verdict} ${from}`;
    },
  };
}

/** The one answer that lies in the store, and its name. */
function stored(): { readonly name: string; readonly sealed: Buffer; readonly entry: AnswerEntry } {
  const [[name, sealed] = ['', Buffer.alloc(0)], ...others] = [...store.entries].filter(([each]) =>
    each.includes(':answer:'),
  );
  expect(others).toEqual([]);
  const entry = parseAnswer(seal.open('answer', name, sealed) ?? Buffer.alloc(0));
  if (entry === undefined) throw new RangeError('there is no answer');
  return { name, sealed, entry };
}

/** Puts an answer into the store that a server with the secret could have made. */
function put(name: string, changes: Partial<AnswerEntry>, reportChanges: Partial<Report> = {}): void {
  const { entry } = stored();
  const report = { ...entry.report, ...reportChanges };
  store.entries.set(name, seal.seal('answer', name, encodeAnswer({ ...entry, report, ...changes })));
}

describe('servers that share', () => {
  it('give what another found, without asking the registry', async () => {
    const [first, other] = [await serve(), await serve()];
    expect(await first.ask(signed)).toBe('verified now');
    expect(await other.ask(signed)).toBe('verified shared');
    expect(await other.ask(signed)).toBe('verified cache');
    expect(asked).toBe(1);
  });

  it('share a no for as short a time as they keep it themselves', async () => {
    const [first, other] = [await serve(), await serve()];
    await first.ask(unsigned);
    expect([...store.keptMs.values()]).toEqual([10 * second]);
    nowMs += 9 * second;
    expect(await other.ask(unsigned)).toBe('denied shared');
    nowMs += second;
    expect(await other.ask(unsigned)).toBe('denied now');
  });

  it('do not share what could not be decided', async () => {
    expect(await (await serve()).ask('r.example/app:gone')).toBe('undecided now');
    expect(store.entries.size).toBe(0);
  });

  it('ask the store once for any number of equal questions', async () => {
    const other = await serve();
    await (await serve()).ask(signed);
    results = [];
    const all = await Promise.all(Array.from({ length: 100 }, () => other.ask(signed)));
    expect(new Set(all)).toEqual(new Set(['verified shared']));
    expect(results).toEqual(['look hit']);
  });

  it('give a stale answer where they have none, and verify anew what they have themselves', async () => {
    const first = await serve();
    await first.ask(signed);
    nowMs += 6 * minute;
    const other = await serve();
    expect(await other.ask(signed)).toBe('verified shared');
    expect(asked).toBe(1);
    expect(await other.ask(signed)).toBe('verified stale');
    await vi.waitFor(async () => expect(await other.ask(signed)).toBe('verified cache'));
    expect(asked).toBe(2);
    expect(await first.ask(signed)).toBe('verified stale');
    await vi.waitFor(async () => expect(await first.ask(signed)).toBe('verified cache'));
    expect(asked).toBe(2);
  });

  it('share nothing with another secret, another version or another policy', async () => {
    await (await serve()).ask(signed);
    const policy = policyOf(alice, { 'r.example/**': {} }, { revision: 'c'.repeat(64) });
    for (const other of [{ secret: 'x'.repeat(32) }, { version: '2' }, { policy }]) {
      results = [];
      expect(await (await serve(other)).ask(signed)).toBe('verified now');
      expect(results[0]).toBe('look miss');
    }
    expect(store.entries.size).toBe(4);
  });
});

describe('what lies in the store', () => {
  it('says nothing by its name', async () => {
    await (await serve()).ask(signed);
    expect(stored().name).toMatch(/^signet:answer:[\w-]{43}$/);
  });

  it('is not believed where it was changed', async () => {
    await (await serve()).ask(unsigned);
    const { name, sealed } = stored();
    const text = sealed.toString('latin1').replace('"verdict":"denied"', '"verdict":"verified"');
    store.entries.set(name, Buffer.from(text, 'latin1'));
    results = [];
    expect(await (await serve()).ask(unsigned)).toBe('denied now');
    expect(results[0]).toBe('look forged');
  });

  it('is not believed under the name of another answer', async () => {
    const [first, other] = [await serve(), await serve()];
    await first.ask(signed);
    const { sealed } = stored();
    store.entries.clear();
    await first.ask(unsigned);
    store.entries.set(stored().name, sealed);
    expect(await other.ask(unsigned)).toBe('denied now');
    expect(results).toContain('look forged');
  });

  it.each<readonly [string, Partial<AnswerEntry>, Partial<Report>]>([
    ['other-policy', { policy: 'd'.repeat(64) }, {}],
    ['other-policy', {}, { policy: 'd'.repeat(64) }],
    ['other-key', { key: 'another' }, {}],
    ['other-key', {}, { digest: `sha256:${'0'.repeat(64)}` as Digest }],
    ['malformed', {}, { verdict: 'undecided' }],
  ])('is not taken where it is not what its name says: %s', async (result, changes, reportChanges) => {
    await (await serve()).ask(signed);
    put(stored().name, changes, reportChanges);
    results = [];
    expect(await (await serve()).ask(signed)).toBe('verified now');
    expect(results[0]).toBe(`look ${result}`);
  });

  it('is not taken from the future, nor after its end, however often it is put back', async () => {
    await (await serve()).ask(signed);
    const { name, sealed } = stored();
    const beginMs = nowMs;
    for (const [atMs, result] of [
      [beginMs - 1, 'ahead'],
      [beginMs + 15 * minute, 'expired'],
    ] as const) {
      nowMs = atMs;
      store.entries.set(name, sealed);
      results = [];
      expect(await (await serve()).ask(signed)).toBe('verified now');
      expect(results[0]).toBe(`look ${result}`);
    }
  });

  it('is not taken for longer than an hour, whatever it says', async () => {
    await (await serve()).ask(signed);
    put(stored().name, { untilMs: Number.MAX_SAFE_INTEGER });
    nowMs += 60 * minute;
    expect(await (await serve()).ask(signed)).toBe('verified now');
    expect(results).toContain('look expired');
  });

  it('is not read to its end where it is too large', async () => {
    await (await serve()).ask(signed);
    store.entries.set(stored().name, Buffer.alloc(10_000_000));
    results = [];
    expect(await (await serve()).ask(signed)).toBe('verified now');
    expect(results[0]).toBe('look too-large');
  });

  it('never is an answer that is too large', async () => {
    const { shared } = await serve();
    const question = { key: 'k', name: 'r.example/app', digest: 'sha256:0', policy: 'p' };
    await (await serve()).ask(signed);
    const { entry } = stored();
    store.entries.clear();
    (await shared.look(question)).keep({ ...entry.report, summary: 'x'.repeat(70_000) }, nowMs + minute);
    expect(store.entries.size).toBe(0);
    expect(results.at(-1)).toBe('keep too-large');
  });
});

describe('a change in a repository', () => {
  it('makes all servers ask anew for what was denied there', async () => {
    const [first, other, third] = [await serve(), await serve(), await serve()];
    await first.ask(unsigned);
    expect(await other.ask(unsigned)).toBe('denied shared');
    await images.sign(alice, plain);
    nowMs += 1;
    first.judge.forget('r.example/app');
    await first.shared.forget('r.example/app');
    expect(await other.ask(unsigned)).toBe('verified now');
    expect(await third.ask(unsigned)).toBe('verified shared');
  });

  it('leaves a yes, and other repositories', async () => {
    const [first, other] = [await serve(), await serve()];
    await first.ask(signed);
    await first.ask(unsigned);
    nowMs += 1;
    await first.shared.forget('r.example/other');
    expect(await other.ask(unsigned)).toBe('denied shared');
    await first.shared.forget('r.example/app');
    expect(await other.ask(signed)).toBe('verified shared');
  });

  it('is not undone by putting back the no that was there before', async () => {
    const first = await serve();
    await first.ask(unsigned);
    const { name, sealed } = stored();
    nowMs += 1;
    await first.shared.forget('r.example/app');
    await images.sign(alice, plain);
    store.entries.set(name, sealed);
    expect(await (await serve()).ask(unsigned)).toBe('verified now');
    expect(results).toContain('look forgotten');
  });

  it('is not hidden by a mark that nobody sealed: then no no is given', async () => {
    const first = await serve();
    await first.shared.forget('r.example/app');
    await first.ask(unsigned);
    expect(await (await serve()).ask(unsigned)).toBe('denied shared');
    for (const name of store.entries.keys())
      if (name.includes(':generation:')) store.entries.set(name, Buffer.alloc(68));
    results = [];
    expect(await (await serve()).ask(unsigned)).toBe('denied now');
    expect(results).toEqual(['look forgotten']);
  });

  it('that comes while an image is verified makes what comes of it nobody else’s', async () => {
    const first = await serve();
    const question = { key: 'k', name: 'r.example/app', digest: 'sha256:0', policy: 'p' };
    const look = await first.shared.look(question);
    await first.shared.forget('r.example/app');
    await first.ask(unsigned);
    const { report } = stored().entry;
    results = [];
    look.keep({ ...report, policy: 'p' }, nowMs + minute);
    await vi.waitFor(() => expect(results).toEqual(['keep done']));
    results = [];
    expect(await first.shared.look(question)).not.toHaveProperty('report');
    expect(results).toEqual(['look forgotten']);
  });

  it('that may have been missed is as good as one: connections that broke forget every no', async () => {
    const [first, other] = [await serve(), await serve()];
    await first.ask(unsigned);
    await other.ask(unsigned);
    nowMs += 1;
    store.breakConnections();
    store.entries.clear();
    expect(await other.ask(unsigned)).toBe('denied now');
  });

  it('is believed of servers alone, once, and for a minute', async () => {
    const [{ shared }, { judge }] = [await serve(), await serve()];
    const forget = vi.spyOn(judge, 'forget');
    await shared.forget('r.example/app');
    expect(forget.mock.calls).toEqual([['r.example/app']]);
    const [message = Buffer.alloc(0)] = store.told;
    const channel = seal.nameOf('forgotten', '');
    const tell = (bytes: Uint8Array): readonly string[] => {
      results = [];
      store.tell(bytes);
      return [...new Set(results)];
    };
    expect(tell(message)).toEqual(['hear repeated']);
    expect(tell(Buffer.concat([message, Buffer.alloc(1)]))).toEqual(['hear forged']);
    expect(tell(seal.seal('forgotten', channel, Buffer.from('{"name":1}')))).toEqual(['hear malformed']);
    for (const [offMs, result] of [
      [-61 * second, 'expired'],
      [61 * second, 'ahead'],
    ] as const)
      expect(tell(seal.seal('forgotten', channel, encodeForgotten(createForgotten('x', nowMs + offMs))))).toEqual([
        `hear ${result}`,
      ]);
    expect(forget).toHaveBeenCalledTimes(1);
  });
});

describe('a store that fails', () => {
  it('costs no answer, is left alone after three failures, and is found again', async () => {
    const changes: boolean[] = [];
    const server = await serve({ onChange: (isLeftAlone) => changes.push(isLeftAlone) });
    store.isDown = true;
    for (const name of ['a', 'b', 'c', 'd']) {
      const image = await images.image(name);
      await images.sign(alice, image);
      expect(await server.ask(`r.example/app@${image.descriptor.digest}`)).toBe('verified now');
    }
    expect(results).toEqual(['look failed', 'look failed', 'look failed', 'look left-alone']);
    expect(changes).toEqual([true]);
    await server.shared.forget('r.example/app');
    expect(results.at(-1)).toBe('forget failed');
  });
});
