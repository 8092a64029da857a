import type { Report } from '@signet/verifier';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askUntil, type Waiting } from '../../../packages/cli/src/verify/wait.ts';

type Code = Report['code'];
const answer = (code: Code): Report => ({
  reference: 'r.example/app:1',
  verdict: code === 'VERIFIED' ? 'verified' : 'denied',
  code,
  allowed: code === 'VERIFIED',
  sources: [],
  findings: [],
  findingsTotal: 0,
  gaps: [],
  skipped: [],
  skippedTotal: 0,
  atMs: 0,
  summary: '',
});

/** A clock that only pausing moves: asks for these answers in turn (the last one again and again) for so long. */
async function waitFor(answers: readonly Code[], waitMs: number, more: Partial<Waiting> = {}) {
  const pauses: number[] = [];
  let [nowMs, asked] = [0, 0];
  const report = await askUntil(async () => answer(answers[Math.min(asked++, answers.length - 1)] ?? 'VERIFIED'), {
    untilMs: waitMs,
    signal: new AbortController().signal,
    now: () => nowMs,
    random: () => 0.5,
    async pause(ms) {
      pauses.push(ms);
      nowMs += ms;
    },
    ...more,
  });
  return { code: report.code, asked, pauses };
}

describe('askUntil', () => {
  it.each<Code>(['UNRESOLVED', 'INCOMPLETE', 'NO_SIGNATURE', 'TAG_NOT_SIGNED', 'ROLLBACK', 'IMAGE_NOT_REPLICATED'])(
    'asks again after %s',
    async (code) => {
      expect(await waitFor([code, code, 'VERIFIED'], 60_000)).toEqual({
        code: 'VERIFIED',
        asked: 3,
        pauses: [1_000, 1_500],
      });
    },
  );

  it.each<Code>([
    'VERIFIED',
    'NOT_TRUSTED',
    'TAG_MISMATCH',
    'ANNOTATION_MISMATCH',
    'NO_RULE',
    'NOT_CHECKED',
    'DIGEST_REVOKED',
    'CLOCK_BEHIND',
  ])('takes %s at once', async (code) => {
    expect(await waitFor([code, 'VERIFIED'], 60_000)).toEqual({ code, asked: 1, pauses: [] });
  });

  it('stops at a denial that comes while it waits', async () => {
    expect(await waitFor(['UNRESOLVED', 'NO_SIGNATURE', 'NOT_TRUSTED'], 60_000)).toMatchObject({ code: 'NOT_TRUSTED' });
  });

  it('gives the last answer when the time is up, and asks for it at the end', async () => {
    const done = await waitFor(['NO_SIGNATURE'], 4_000);
    expect(done).toEqual({ code: 'NO_SIGNATURE', asked: 4, pauses: [1_000, 1_500, 1_500] });
    expect(await waitFor(['NO_SIGNATURE'], 0)).toMatchObject({ asked: 1 });
  });

  it('pauses longer and longer, never longer than 15 s, never past the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 600_000 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        async (waitMs, random) => {
          const { pauses } = await waitFor(['INCOMPLETE'], waitMs, { random: () => random });
          expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(waitMs, 3);
          for (const ms of pauses) expect(ms).toBeLessThanOrEqual(15_000 * 1.25);
          expect(pauses.slice(0, -1).toSorted((a, b) => a - b)).toEqual(pauses.slice(0, -1));
        },
      ),
    );
  });

  it('tells each pause, and leaves off when it is broken off', async () => {
    const told: string[] = [];
    const stop = new AbortController();
    const done = waitFor(['UNRESOLVED'], 60_000, {
      signal: stop.signal,
      onPause: ({ code }, ms) => told.push(`${code} ${ms}`),
      async pause() {
        stop.abort();
      },
    });
    expect((await done).asked).toBe(2);
    expect(told).toEqual(['UNRESOLVED 1000']);
  });

  it('throws what asking throws, and what breaks the pause off', async () => {
    const signal = AbortSignal.abort(new RangeError('stopped'));
    const waiting = { untilMs: Date.now() + 60_000, signal: new AbortController().signal };
    await expect(askUntil(() => Promise.reject(new RangeError('no')), waiting)).rejects.toThrow('no');
    const stopping = { ...waiting, pause: () => Promise.reject(signal.reason) };
    await expect(askUntil(async () => answer('UNRESOLVED'), stopping)).rejects.toThrow('stopped');
  });
});
