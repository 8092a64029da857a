import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { takeLockFile } from '@signet/oci';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { tempDir } from '../../support/temp.ts';

const atOnce = { waitMs: 0, busy: (owner: string) => new RangeError(`held by ${owner}`) };
const otherHost = (nonce: string) =>
  JSON.stringify({ host: 'elsewhere', pid: 1, thread: 0, nonce: nonce.repeat(12), started: '' });

// That a lock of a dead process is taken away, whatever it left half done: durability.test.ts.
describe('a lock file', () => {
  afterEach(() => void vi.useRealTimers());

  it('is held by one, who leaves nothing behind', async () => {
    const dir = tempDir();
    const path = join(dir, 'x.lock');
    const release = await takeLockFile(path, atOnce);
    await expect(takeLockFile(path, atOnce)).rejects.toThrow(`held by process ${process.pid} on `);
    expect(readdirSync(dir)).toEqual(['x.lock']);
    await release();
    expect(readdirSync(dir)).toEqual([]);
    await (await takeLockFile(path, atOnce))();
  });

  it('is had by exactly one of many that come at once', async () => {
    const path = join(tempDir(), 'x.lock');
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => takeLockFile(path, atOnce)));
    const taken = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    expect(taken).toHaveLength(1);
    for (const { value } of taken) await value();
    expect(existsSync(path)).toBe(false);
  });

  it('goes from one to the next of those who wait', async () => {
    const path = join(tempDir(), 'x.lock');
    const patient = { ...atOnce, waitMs: 60_000 };
    let holders = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const release = await takeLockFile(path, patient);
        holders += 1;
        most = Math.max(most, holders);
        await new Promise((done) => setImmediate(done));
        holders -= 1;
        await release();
      }),
    );
    expect(most).toBe(1);
  });

  it('of another host counts while it is renewed', async () => {
    const path = join(tempDir(), 'x.lock');
    writeFileSync(path, otherHost('ab'));
    await expect(takeLockFile(path, atOnce)).rejects.toThrow('held by process 1 on "elsewhere"');
    utimesSync(path, new Date(0), new Date(0));
    await (await takeLockFile(path, atOnce))();
  });

  it('is renewed while it is held', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const path = join(tempDir(), 'x.lock');
    const release = await takeLockFile(path, atOnce);
    utimesSync(path, new Date(0), new Date(0));
    vi.advanceTimersByTime(20_000);
    await vi.waitFor(() => expect(statSync(path).mtimeMs).toBeGreaterThan(0));
    await release();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that somebody else has by now is left to him', async () => {
    const path = join(tempDir(), 'x.lock');
    const release = await takeLockFile(path, atOnce);
    writeFileSync(path, otherHost('cd'));
    await release();
    expect(readFileSync(path, 'utf8')).toBe(otherHost('cd'));
  });

  it('takes with it what a killed process had prepared', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'x.lock.0123'), '');
    writeFileSync(join(dir, 'x.locked'), '');
    await (await takeLockFile(join(dir, 'x.lock'), atOnce))();
    expect(readdirSync(dir)).toEqual(['x.locked']);
  });

  it('cannot be made where nothing can be written', async () => {
    await expect(takeLockFile(join(tempDir(), 'none', 'x.lock'), atOnce)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
