import { RegistryError } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { startClock } from '../../packages/verifier/src/clock.ts';

const fired = (signal: AbortSignal) => new Promise((resolve) => signal.addEventListener('abort', resolve));

describe('startClock', () => {
  it('fires when the time is up, and says so', async () => {
    const { signal, stop } = startClock(1, undefined);
    await fired(signal);
    expect(signal.reason).toBeInstanceOf(RegistryError);
    expect(signal.reason).toMatchObject({ code: 'TIMEOUT', message: 'not done within 1 ms' });
    stop();
  });

  it("fires with the caller's signal, before or after the start", () => {
    const controller = new AbortController();
    const later = startClock(60_000, controller.signal);
    expect(later.signal.aborted).toBe(false);
    controller.abort(new TypeError('the caller says'));
    const before = startClock(60_000, controller.signal);
    for (const { signal, stop } of [later, before]) {
      expect(signal.reason).toMatchObject({ name: 'RegistryError', code: 'ABORTED' });
      stop();
    }
  });

  it('never fires once it is stopped', async () => {
    const controller = new AbortController();
    const { signal, stop } = startClock(1, controller.signal);
    stop();
    controller.abort();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(signal.aborted).toBe(false);
  });
});
