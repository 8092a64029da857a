// Not in npm run check: processes that wait for one another.

import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockRoot } from '../../../packages/registry/src/storage/root-lock.ts';
import { startSignet } from '../../support/cli.ts';
import { tempDir } from '../../support/temp.ts';
import { startZombie } from '../../support/zombie.ts';

const inUse = { code: 'ROOT_IN_USE' };
const startOf = (pid: number): string => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
};

/** As a server on this host writes it. */
const lockOf = (pid: number, started: string): string =>
  JSON.stringify({ host: hostname(), pid, thread: 0, nonce: '0'.repeat(24), started });

describe('the lock of a root', () => {
  it('is held once, and let go', async () => {
    const root = tempDir();
    const release = await lockRoot(root);
    await expect(lockRoot(root)).rejects.toMatchObject(inUse);
    await release();
    expect(readdirSync(root)).toEqual([]);
    await (await lockRoot(root))();
  });

  it('is held against other processes', async () => {
    const root = tempDir();
    const release = await lockRoot(root);
    const serve = ['registry', 'serve', '--root', root, '--port', '0'];
    await expect(startSignet(serve, { ready: /registry:/ })).rejects.toThrow('ROOT_IN_USE');
    await release();
    const server = await startSignet(serve, { ready: /registry:/ });
    await expect(lockRoot(root)).rejects.toMatchObject(inUse);
    await server.stop('SIGKILL');
    expect(existsSync(join(root, '_lock'))).toBe(true);
    await (await lockRoot(root))();
    expect(existsSync(join(root, '_lock'))).toBe(false);
  });

  it.each([
    ['of a process that is gone', lockOf(2 ** 22 + 1, '1')],
    ['of an older process with our number', lockOf(process.pid, '1')],
    ['of an older process with the number of another', lockOf(process.ppid, '1')],
  ])('%s is taken over', async (_title, text) => {
    const root = tempDir();
    writeFileSync(join(root, '_lock'), text);
    await (await lockRoot(root))();
    expect(readdirSync(root)).toEqual([]);
  });

  it.each(['', '{', 'null', '{"pid":1}'])('that says nothing (%s) is taken over after a minute', async (text) => {
    const root = tempDir();
    const path = join(root, '_lock');
    writeFileSync(path, text);
    await expect(lockRoot(root)).rejects.toMatchObject(inUse);
    const before = new Date(Date.now() - 61_000);
    utimesSync(path, before, before);
    await (await lockRoot(root))();
  });

  it('is taken over at once though a server was killed while it took it over', async () => {
    const root = tempDir();
    writeFileSync(join(root, '_lock'), lockOf(2 ** 22 + 1, '1'));
    writeFileSync(join(root, `_lock.dead-${'0'.repeat(24)}`), lockOf(2 ** 22 + 2, '1'));
    const release = await lockRoot(root);
    expect(readdirSync(root)).toEqual(['_lock']);
    await release();
  });

  it('of a living process is not', async () => {
    const root = tempDir();
    const holder = lockOf(process.ppid, startOf(process.ppid));
    writeFileSync(join(root, '_lock'), holder);
    await expect(lockRoot(root)).rejects.toMatchObject(inUse);
    expect(readFileSync(join(root, '_lock'), 'utf8')).toBe(holder);
    expect(readdirSync(root)).toEqual(['_lock']);
  });

  it('of a process that has ended and whose parent does not wait for it is taken over', async () => {
    const root = tempDir();
    const { pid, stop } = await startZombie();
    writeFileSync(join(root, '_lock'), lockOf(pid, startOf(pid)));
    await (await lockRoot(root).finally(stop))();
  });

  it('clears away what killed servers left while they took it', async () => {
    const root = tempDir();
    for (const name of ['_lock.one', '_lock.two']) writeFileSync(join(root, name), 'x');
    const release = await lockRoot(root);
    expect(readdirSync(root)).toEqual(['_lock']);
    await release();
  });

  it('is won by one of many that start at once on a stale one', async () => {
    for (let round = 0; round < 2; round += 1) {
      const root = tempDir();
      writeFileSync(join(root, '_lock'), lockOf(2 ** 22 + 1, '1'));
      const serve = ['registry', 'serve', '--root', root, '--port', '0'];
      const starts = Array.from({ length: 4 }, () => startSignet(serve, { ready: /registry:/ }));
      const results = await Promise.allSettled(starts);
      const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      await Promise.all(won.map((server) => server.stop('SIGKILL')));
      expect(won).toHaveLength(1);
    }
  });
});
