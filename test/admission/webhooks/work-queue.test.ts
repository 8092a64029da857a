import { afterEach, describe, expect, it, vi } from 'vitest';
import { createWorkQueue } from '../../../packages/admission/src/webhooks/work-queue.ts';

/** Works that say when they begin, and end when they are told to. */
function gatedWork() {
  const begun: string[] = [];
  const gates = new Map<string, () => void>();
  const work = (name: string) => () => {
    begun.push(name);
    return new Promise<void>((resolve) => void gates.set(name, resolve));
  };
  return { begun, work, end: (name: string) => gates.get(name)?.() };
}

afterEach(() => void vi.useRealTimers());

describe('createWorkQueue', () => {
  it('runs as much at a time as it may, the rest in order', async () => {
    const queue = createWorkQueue({ maxWaiting: 10, maxRunning: 2 });
    const { begun, work, end } = gatedWork();
    for (const name of ['a', 'b', 'c', 'd']) expect(queue.add(name, work(name))).toBe(true);
    expect(begun).toEqual(['a', 'b']);
    end('a');
    await vi.waitFor(() => expect(begun).toEqual(['a', 'b', 'c']));
    end('b');
    await vi.waitFor(() => expect(begun).toEqual(['a', 'b', 'c', 'd']));
  });

  it('takes no more than may wait', () => {
    const queue = createWorkQueue({ maxWaiting: 1, maxRunning: 1 });
    const { work } = gatedWork();
    expect([queue.add('a', work('a')), queue.add('b', work('b')), queue.add('c', work('c'))]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('does equal work once while it waits, and again once it has begun', async () => {
    const queue = createWorkQueue({ maxWaiting: 1, maxRunning: 1 });
    const { begun, work, end } = gatedWork();
    queue.add('a', work('a'));
    expect([queue.add('a', work('again')), queue.add('a', work('once more'))]).toEqual([true, true]);
    end('a');
    await vi.waitFor(() => expect(begun).toEqual(['a', 'once more']));
    end('once more');
    await queue.close();
    expect(begun).toEqual(['a', 'once more']);
  });

  it('begins after a delay, from when work was last added, but not for ever', async () => {
    vi.useFakeTimers();
    const queue = createWorkQueue({ maxWaiting: 10, maxRunning: 10, delayMs: 100 });
    const { begun, work } = gatedWork();
    queue.add('a', work('a'));
    queue.add('b', work('b'));
    await vi.advanceTimersByTimeAsync(60);
    queue.add('a', work('a'));
    await vi.advanceTimersByTimeAsync(50);
    expect(begun).toEqual(['b']);
    await vi.advanceTimersByTimeAsync(60);
    expect(begun).toEqual(['b', 'a']);
    for (let at = 0; at < 10; at += 1) {
      queue.add('c', work('c'));
      await vi.advanceTimersByTimeAsync(60);
    }
    expect(begun).toContain('c');
  });

  it('when it is closed, waits for what has begun and drops the rest', async () => {
    const queue = createWorkQueue({ maxWaiting: 10, maxRunning: 1 });
    const { begun, work, end } = gatedWork();
    queue.add('a', work('a'));
    queue.add('b', work('b'));
    const closed = queue.close();
    expect(queue.add('c', work('c'))).toBe(false);
    end('a');
    await closed;
    expect(begun).toEqual(['a']);
  });
});
