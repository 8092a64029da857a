import { beforeEach, describe, expect, it } from 'vitest';
import { type Breaker, createBreaker } from '../../../packages/admission/src/shared/breaker.ts';

let nowMs: number;
let tries: number;
let isBroken: boolean;
let changes: boolean[];
let breaker: Breaker;

beforeEach(() => {
  [nowMs, tries, isBroken, changes] = [0, 0, false, []];
  breaker = createBreaker({ now: () => nowMs, onChange: (isLeftAlone) => changes.push(isLeftAlone) });
});

/** `done`, `failed` or `left alone` */
async function attempt(): Promise<string> {
  const work = async (): Promise<string> => {
    tries += 1;
    if (isBroken) throw new RangeError('broken');
    return 'done';
  };
  return (await breaker.run(work).catch(() => 'failed')) ?? 'left alone';
}

const attempts = async (count: number): Promise<readonly string[]> => {
  const all: string[] = [];
  for (let at = 0; at < count; at += 1) all.push(await attempt());
  return all;
};

describe('a breaker', () => {
  it('lets everything through that works', async () => {
    expect(await attempts(3)).toEqual(['done', 'done', 'done']);
    expect(changes).toEqual([]);
  });

  it('leaves alone what fails three times in a row', async () => {
    isBroken = true;
    expect(await attempts(5)).toEqual(['failed', 'failed', 'failed', 'left alone', 'left alone']);
    expect(changes).toEqual([true]);
  });

  it('does not count failures with a success between them', async () => {
    for (let at = 0; at < 4; at += 1) {
      isBroken = true;
      expect(await attempts(2)).toEqual(['failed', 'failed']);
      isBroken = false;
      expect(await attempt()).toBe('done');
    }
  });

  it('lets one try for all after a pause, which doubles up to five seconds', async () => {
    isBroken = true;
    await attempts(3);
    for (const pauseMs of [1000, 2000, 4000, 5000, 5000]) {
      nowMs += pauseMs - 1;
      expect(await attempt()).toBe('left alone');
      nowMs += 1;
      expect(await attempts(2)).toEqual(['failed', 'left alone']);
    }
    expect(changes).toEqual([true]);
  });

  it('is as new when the try succeeds', async () => {
    isBroken = true;
    await attempts(3);
    nowMs += 1000;
    isBroken = false;
    expect(await attempts(2)).toEqual(['done', 'done']);
    expect(changes).toEqual([true, false]);
    isBroken = true;
    expect(await attempts(4)).toEqual(['failed', 'failed', 'failed', 'left alone']);
  });

  it('makes no longer pauses of many failures at the same time', async () => {
    isBroken = true;
    await Promise.all(Array.from({ length: 100 }, attempt));
    expect(tries).toBe(100);
    nowMs += 1000;
    expect(await attempt()).toBe('failed');
  });
});
