import { RegistryError } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { countingSource, within } from '../../../packages/signed-tags/src/client/bounds.ts';
import { at, image, newStore, publish, quietPace } from './client-world.ts';

const idle = new AbortController().signal;

describe('a bound on questions', () => {
  it('counts those of all kinds and sources together', async () => {
    const store = await newStore('a');
    await publish(store, { issued: at(1), tags: {} });
    const counted = countingSource(6);
    const [one, other] = [counted(store), counted(store)];
    const { descriptor } = await one.resolve(image('a').digest);
    await other.fetch(descriptor);
    await other.open(descriptor);
    await one.exists(descriptor);
    for await (const page of one.referrers(descriptor)) expect(page.descriptors).toEqual([]);
    for await (const tag of other.tags()) expect(tag).toBe('signet-tags');
    for (const ask of [
      () => one.resolve('signet-tags'),
      () => other.exists(descriptor),
      async () => {
        for await (const _ of other.tags()) expect.fail('one too many');
      },
    ])
      await expect(ask()).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
  });
});

describe('a bound on time', () => {
  it('ends what is done, with a reason', async () => {
    const pace = { ...quietPace(), wait: () => Promise.resolve() };
    const reason = await within(30, { pace, signal: idle }, untilAborted);
    expect(reason).toMatchObject({ code: 'TIMEOUT' });
  });

  it('is taken away when it is done, be it well or not', async () => {
    let ended = 0;
    const wait = (_: number, signal?: AbortSignal) =>
      new Promise<void>((_resolve, reject) =>
        signal?.addEventListener('abort', () => {
          ended += 1;
          reject(new RegistryError('ABORTED', 'over'));
        }),
      );
    const pace = { ...quietPace(), wait };
    expect(await within(30, { pace, signal: idle }, async () => 'done')).toBe('done');
    await expect(within(30, { pace, signal: idle }, () => Promise.reject(new Error('failed')))).rejects.toThrow(
      'failed',
    );
    expect(ended).toBe(2);
  });

  it("leaves the caller's own signal", async () => {
    const controller = new AbortController();
    const doing = within(30_000, { pace: quietPace(), signal: controller.signal }, untilAborted);
    controller.abort('enough');
    expect(await doing).toBe('enough');
  });
});

function untilAborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)));
}
