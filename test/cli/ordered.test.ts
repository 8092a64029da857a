import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapOrdered } from '../../packages/cli/src/ordered.ts';

async function drain<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Resolves after so many turns of the event loop: an order of ends without any time. */
async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await new Promise((next) => setImmediate(next));
}

describe('mapOrdered', () => {
  it('gives the results in the order of the items, however they end, never more than allowed at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(6), { maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        async (delays, concurrency) => {
          let running = 0;
          let most = 0;
          const work = async (delay: number): Promise<number> => {
            most = Math.max(most, ++running);
            await turns(delay);
            running--;
            return delay;
          };
          expect(await drain(mapOrdered(delays, concurrency, work))).toEqual(delays);
          expect(most).toBeLessThanOrEqual(concurrency);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('gives a result before the source has ended', async () => {
    let more: (() => void) | undefined;
    async function* source(): AsyncGenerator<number> {
      yield 1;
      await new Promise<void>((resume) => {
        more = resume;
      });
      yield 2;
    }
    const results = mapOrdered(source(), 4, async (item) => item);
    expect((await results.next()).value).toBe(1);
    more?.();
    expect((await results.next()).value).toBe(2);
    expect((await results.next()).done).toBe(true);
  });

  it('takes items only as far as there is room behind a slow one', async () => {
    let taken = 0;
    function* source(): Generator<number> {
      for (;;) yield taken++;
    }
    let release: (() => void) | undefined;
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    const results = mapOrdered(source(), 2, async (item) => {
      if (item === 0) await slow;
      return item;
    });
    const first = results.next();
    await turns(100);
    expect(taken).toBeLessThanOrEqual(2 * 8 + 2);
    release?.();
    expect((await first).value).toBe(0);
    await results.return(undefined);
  });

  it('throws what the work throws, and what the source throws, in their turn', async () => {
    const failing = mapOrdered([1, 2], 2, async (item) => {
      if (item === 2) throw new RangeError('two');
      return item;
    });
    expect((await failing.next()).value).toBe(1);
    await expect(failing.next()).rejects.toThrow('two');
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      throw new RangeError('source');
    }
    const results = mapOrdered(broken(), 2, async (item) => item);
    expect((await results.next()).value).toBe(1);
    await expect(results.next()).rejects.toThrow('source');
  });
});
