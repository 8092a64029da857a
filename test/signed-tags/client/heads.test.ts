import { RegistryError, type Source } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { createHeads } from '../../../packages/signed-tags/src/client/heads.ts';
import { at, newStore, publish, quietPace } from './client-world.ts';

async function sourceWith() {
  const store = await newStore();
  await publish(store, { issued: at(1), tags: {} });
  let asked = 0;
  let aborted = 0;
  const gate = Promise.withResolvers<void>();
  const source: Source = {
    ...store,
    async resolve(tag, options) {
      asked += 1;
      options?.signal?.addEventListener('abort', () => {
        aborted += 1;
      });
      await gate.promise;
      return await store.resolve(tag, options);
    },
  };
  return { source, open: gate.resolve, asked: () => asked, aborted: () => aborted };
}

const question = (source: Source, signal = new AbortController().signal) => ({
  location: 'registry.example/shop/api',
  source,
  known: undefined,
  signal,
});

describe('heads', () => {
  it('are read once for all who ask at the same time', async () => {
    const { source, open, asked } = await sourceWith();
    const heads = createHeads({ pace: quietPace(), reuseMs: 0 });
    const both = [heads.read(question(source)), heads.read(question(source))];
    open();
    const [one, other] = await Promise.all(both);
    expect(one).toBe(other);
    expect(asked()).toBe(1);
    await heads.read(question(source));
    expect(asked()).toBe(2);
  });

  it('are read on while anybody waits, and given up with the last', async () => {
    const { source, open, asked, aborted } = await sourceWith();
    const heads = createHeads({ pace: quietPace(), reuseMs: 0 });
    const [first, second] = [new AbortController(), new AbortController()];
    const reads = [first, second].map(({ signal }) => heads.read(question(source, signal)));
    const reason = new RegistryError('TIMEOUT', 'late');
    first.abort(reason);
    await expect(reads[0]).rejects.toBe(reason);
    expect(aborted()).toBe(0);
    second.abort();
    await expect(reads[1]).rejects.toMatchObject({ code: 'ABORTED' });
    expect(aborted()).toBe(1);
    // Who comes next begins anew.
    const next = heads.read(question(source));
    open();
    expect(await next).toBeDefined();
    expect(asked()).toBe(2);
  });

  it('are not read for who has given up already', async () => {
    const { source } = await sourceWith();
    const heads = createHeads({ pace: quietPace(), reuseMs: 0 });
    await expect(heads.read(question(source, AbortSignal.abort()))).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
