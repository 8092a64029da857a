import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isAlive, startOf } from '../../../packages/oci/src/layout/processes.ts';
import { startZombie } from '../../support/zombie.ts';

it('a process lives until it has ended, waited for or not', async () => {
  expect(isAlive(process.pid)).toBe(true);
  const child = spawn('sleep', ['60']);
  expect(isAlive(child.pid ?? 0)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAlive(child.pid ?? 0)).toBe(false);
  const zombie = await startZombie();
  expect(isAlive(zombie.pid)).toBe(false);
  await zombie.stop();
});

it('a process has one start, and where there is none it is empty', async () => {
  const child = spawn('sleep', ['60']);
  const [own, started] = [startOf(process.pid), startOf(child.pid ?? 0)];
  expect(startOf(process.pid)).toBe(own);
  if (existsSync('/proc/self/stat')) expect(Number(started)).toBeGreaterThanOrEqual(Number(own));
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(startOf(child.pid ?? 0)).toBe('');
});
