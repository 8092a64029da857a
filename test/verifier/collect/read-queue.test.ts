import { describe, expect, it } from 'vitest';
import { type Read, ReadQueue } from '../../../packages/verifier/src/collect/read-queue.ts';

const run = async () => undefined;
const read = (what: Read['what'], rank: number, size: number): Read => ({ what, rank, size, run });

function taken(queue: ReadQueue): readonly unknown[] {
  const all: unknown[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take())
    all.push('over' in next ? `over ${next.over}` : `${next.what} ${next.rank} ${next.size}`);
  return all;
}

describe('ReadQueue', () => {
  it('small blobs, then manifests by what they promise and by size, then large blobs', () => {
    const queue = new ReadQueue({ maxFetches: 100 });
    queue.add(read('blob', 0, 1_000_000));
    queue.add(read('manifest', 2, 500));
    queue.add(read('manifest', 0, 100_000));
    queue.add(read('blob', 0, 9_000));
    queue.add(read('manifest', 0, 700));
    queue.add(read('blob', 0, 1_500));
    expect(taken(queue)).toEqual([
      'blob 0 1500',
      'blob 0 9000',
      'manifest 0 700',
      'manifest 0 100000',
      'manifest 2 500',
      'blob 0 1000000',
    ]);
    expect(queue.isEmpty).toBe(true);
  });

  it('of those of one size the one that came first', () => {
    const queue = new ReadQueue({ maxFetches: 100 });
    for (const size of [900, 100, 4_096, 0]) queue.add(read('blob', 0, size));
    expect(taken(queue)).toEqual(['blob 0 900', 'blob 0 100', 'blob 0 4096', 'blob 0 0']);
  });

  it('as many of each kind as may be read, and says once that there were more', () => {
    const queue = new ReadQueue({ maxFetches: 2 });
    for (let at = 0; at < 5; at += 1) queue.add(read('manifest', at, 1));
    queue.add(read('blob', 0, 1));
    expect(taken(queue)).toEqual(['blob 0 1', 'manifest 0 1', 'manifest 1 1', 'over manifest']);
    queue.add(read('blob', 0, 2));
    expect(taken(queue)).toEqual(['blob 0 2']);
  });

  it('forgets what waits', () => {
    const queue = new ReadQueue({ maxFetches: 2 });
    queue.add(read('blob', 0, 1));
    queue.clear();
    expect(queue.take()).toBeUndefined();
  });
});
