import { digestOf } from '@signet/oci';
import type { Envelope, Evidence, Finding } from '@signet/verifier';
import { beforeEach, describe, expect, it } from 'vitest';
import { Checker, type CheckOptions } from '../../packages/verifier/src/check.ts';
import { evidenceOf, image, keyOf } from './evidence-data.ts';
import { createExampleFormat, type ExampleEnvelope, exampleBytes } from './example-format.ts';
import { envelopeOf } from './signatures.ts';

const limits = { maxSignatures: 3, maxChecks: 5 };
let format: ReturnType<typeof createExampleFormat>;

beforeEach(() => {
  format = createExampleFormat();
});

const checkerOf = (changes: Partial<CheckOptions> = {}) =>
  new Checker({ formats: [format], trust: { keys: [keyOf('alice')] }, limits, ...changes });

let nonce = 0;
function by(signer: string, changes: Partial<ExampleEnvelope & Envelope> = {}): Envelope {
  nonce += 1;
  const { bad, ...rest } = changes;
  const bytes = exampleBytes({ signer, subject: image, nonce, ...(bad === undefined ? {} : { bad }) });
  return envelopeOf('example', bytes, { manifestSubject: image, ...rest });
}

const junk = () => envelopeOf('example', Buffer.from('junk'));

async function run(checker: Checker, envelopes: readonly Envelope[], changes: Partial<Evidence> = {}) {
  const found: Finding[] = [];
  for await (const finding of checker.checkNew(evidenceOf({ envelopes, ...changes }))) found.push(finding);
  return found;
}

const order = () => format.verified.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()).signer);

describe('Checker: what is checked when', () => {
  it('at once what names a trusted key and what holds no signature; the rest when nothing more comes', async () => {
    const checker = checkerOf();
    const envelopes = [by('mallory'), by('unnamed'), junk(), by('alice')];
    expect(await run(checker, envelopes, { complete: false })).toHaveLength(2);
    expect(await run(checker, envelopes)).toHaveLength(2);
    expect(checker.findingsTotal).toBe(4);
    expect(checker.gaps).toEqual([]);
  });

  it('under a tag before what refers, what names no key before what names another', async () => {
    const { manifestSubject: _, ...tagged } = by('unnamed');
    const listed = by('unnamed', { foundIn: 'listing' });
    await run(checkerOf(), [by('mallory'), listed, tagged, by('alice')]);
    expect(order()).toEqual(['alice', 'unnamed', 'unnamed', 'mallory']);
    expect(format.verified.map(({ foundIn }) => foundIn)).toEqual(['blob', 'blob', 'listing', 'blob']);
  });

  it('nothing twice, and nothing before the digest is known', async () => {
    const checker = checkerOf();
    const envelopes = [by('alice')];
    const { subject: _, ...unresolved } = evidenceOf({ envelopes });
    for await (const finding of checker.checkNew(unresolved)) expect.fail(finding.format);
    expect(await run(checker, envelopes)).toHaveLength(1);
    expect(await run(checker, envelopes)).toHaveLength(0);
  });

  it('an envelope of a format that is not asked shows nothing', async () => {
    expect(await run(checkerOf({ formats: [] }), [by('alice')])).toEqual([]);
  });
});

describe('Checker: budgets', () => {
  it('what names no trusted key has one, what holds no signature needs none, what names one has its own', async () => {
    const checker = checkerOf();
    const others = [by('mallory'), by('unnamed'), by('mallory'), by('unnamed'), by('mallory')];
    const junks = Array.from({ length: 20 }, junk);
    const found = await run(checker, [...others, ...junks, by('alice', { bad: true }), by('alice')]);
    expect(found.filter(({ keyChecks }) => keyChecks > 0)).toHaveLength(5);
    expect(checker.gaps).toMatchObject([{ code: 'LIMIT_REACHED', message: expect.stringContaining('more than 3') }]);
  });

  it('so many that name a trusted key, and no more', async () => {
    const checker = checkerOf();
    await run(checker, [...Array.from({ length: 5 }, () => by('alice', { bad: true })), by('alice')]);
    expect(checker.findings.some(({ proven }) => proven !== undefined)).toBe(false);
    expect(checker.gaps).toMatchObject([{ code: 'LIMIT_REACHED', message: expect.stringContaining('more than 5') }]);
  });

  it('as many as may be tried leave no gap', async () => {
    const checker = checkerOf();
    await run(checker, [by('mallory'), by('mallory'), by('unnamed')]);
    expect(checker.gaps).toEqual([]);
  });

  it('what fires the signal ends it, with its reason', async () => {
    const checker = checkerOf({ signal: AbortSignal.abort(new RangeError('no time')) });
    expect(await run(checker, [by('alice')])).toEqual([]);
    expect(checker.gaps).toEqual([{ what: 'time', code: 'FAILED', message: 'no time' }]);
  });

  it('timers get their turn among many checks', async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort(new RangeError('no time')));
    const checker = checkerOf({ signal: controller.signal, limits: { maxSignatures: 3, maxChecks: 1_000 } });
    await run(
      checker,
      Array.from({ length: 500 }, () => by('alice', { bad: true })),
    );
    expect(checker.findingsTotal).toBeLessThan(500);
  });

  it.each(['unnamed', 'mallory'])('and among many that are only sorted (%s)', async (signer) => {
    const controller = new AbortController();
    setImmediate(() => controller.abort(new RangeError('no time')));
    const checker = checkerOf({ signal: controller.signal });
    const envelopes = Array.from({ length: 500 }, () => by(signer));
    expect(await run(checker, envelopes, { complete: false })).toEqual([]);
    expect(checker.gaps).toContainEqual({ what: 'time', code: 'FAILED', message: 'no time' });
    expect(checker.isSpent(envelopes[499] ?? expect.fail('none'))).toBe(false);
  });
});

describe('Checker: what is kept', () => {
  it('all that proves something, and the first hundred that do not', async () => {
    const checker = checkerOf({ limits: { maxSignatures: 3, maxChecks: 1_000 } });
    const bad = Array.from({ length: 150 }, () => by('alice', { bad: true }));
    await run(checker, [...bad, by('alice'), by('alice')]);
    expect(checker.findingsTotal).toBe(152);
    expect(checker.findings).toHaveLength(102);
    expect(checker.findings.slice(0, 2).every(({ proven }) => proven !== undefined)).toBe(true);
  });

  it('spent is what was checked, or has no check left; not what waits', async () => {
    const checker = checkerOf();
    const waiting = [by('mallory'), by('mallory'), by('mallory')];
    const [left, checked, unseen] = [by('mallory'), by('alice'), by('alice')];
    await run(checker, [...waiting, left, checked], { complete: false });
    expect(waiting.map((each) => checker.isSpent(each))).toEqual([false, false, false]);
    expect([left, checked, unseen].map((each) => checker.isSpent(each))).toEqual([true, true, false]);
  });

  it('the origin of each finding is that of its envelope', async () => {
    const origin = digestOf(Buffer.from('its manifest'));
    expect(await run(checkerOf(), [by('alice', { origin })])).toMatchObject([{ origin }]);
  });
});
