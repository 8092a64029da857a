import { getEventListeners } from 'node:events';
import { createRegistryClient } from '@signet/oci';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sleep, startDeadline, withinDeadline } from '../../../packages/oci/src/remote/deadline.ts';
import { startHostileRegistry } from '../../support/hostile-registry.ts';

const never = new Promise<never>(() => {});

describe('a deadline', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('ends what waits for it when its time is over', async () => {
    const deadline = startDeadline(1000);
    const waited = withinDeadline(never, deadline, 'reg');
    const told = expect(waited).rejects.toMatchObject({ code: 'TIMEOUT', message: 'reg: not done within 1000 ms' });
    await vi.advanceTimersByTimeAsync(999);
    expect(deadline.error()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    await told;
    expect(deadline.signal.aborted).toBe(true);
    expect(() => deadline.check()).toThrow('not done within 1000 ms');
  });

  it('ends what waits for it when the caller breaks off', async () => {
    const caller = new AbortController();
    const deadline = startDeadline(1000, caller.signal);
    const slept = expect(sleep(100, deadline)).rejects.toMatchObject({ code: 'ABORTED' });
    const waited = expect(withinDeadline(never, deadline)).rejects.toMatchObject({ code: 'ABORTED' });
    caller.abort(new Error('enough'));
    await Promise.all([slept, waited]);
    expect(deadline.signal.reason).toMatchObject({ message: 'enough' });
  });

  it('whose end has come already ends waiting at once', async () => {
    const late = startDeadline(10);
    await vi.advanceTimersByTimeAsync(10);
    expect(() => late.check()).toThrow('not done within 10 ms');
    const told = expect(withinDeadline(never, late)).rejects.toMatchObject({ code: 'TIMEOUT' });
    await vi.advanceTimersByTimeAsync(1);
    await told;
    const broken = startDeadline(10, AbortSignal.abort());
    await expect(withinDeadline(never, broken)).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(sleep(1, broken)).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('has a timer and listens to the caller only while something waits for it', async () => {
    const { signal } = new AbortController();
    const kept = () => [vi.getTimerCount(), getEventListeners(signal, 'abort').length];
    const deadline = startDeadline(1000, signal);
    expect(kept()).toEqual([0, 0]);
    const [first, second] = [deadline.hold(), deadline.hold()];
    expect(kept()).toEqual([1, 1]);
    first();
    first();
    expect(kept()).toEqual([1, 1]);
    second();
    expect(kept()).toEqual([0, 0]);
    expect(await withinDeadline(Promise.resolve('done'), deadline)).toBe('done');
    const slept = sleep(1, deadline); // by a timer that is not one of these
    expect(kept()).toEqual([1, 1]);
    await slept;
    expect(kept()).toEqual([0, 0]);
  });
});

describe('an operation that is done', () => {
  it.each([
    ['with an answer', 200],
    ['without', 404],
  ])('%s leaves nothing at the signal of its caller', async (_what, status) => {
    const { host, stop } = await startHostileRegistry((_, response) => {
      response.writeHead(status).end('{"schemaVersion":2,"layers":[]}'); // without a length
    });
    const client = createRegistryClient();
    try {
      const { signal } = new AbortController();
      await client
        .repository({ registry: host, repository: 'a' })
        .resolve('1', { signal })
        .catch(() => undefined);
      await vi.waitFor(() => expect(getEventListeners(signal, 'abort')).toEqual([]));
    } finally {
      await client.close();
      await stop();
    }
  });
});
