import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProcess } from './process.ts';

/** A process that has ended and whose parent does not wait for it. */
export interface Zombie {
  readonly pid: number;
  /** Ends the parent, and with it the zombie. */
  stop(): Promise<void>;
}

/** Makes a zombie (where there is no /proc: merely a process that has ended). */
export async function startZombie(): Promise<Zombie> {
  // The shell would wait for its child: it turns into a program that does not, before the child ends.
  const script = 'sleep 0.2 & echo "pid $!"; exec sleep 60';
  const { match, stop } = await startProcess('sh', ['-c', script], { ready: /pid (\d+)/ });
  const pid = Number(match[1]);
  while (/\) [^ZX]/.test(statOf(pid))) await sleep(5);
  if (statOf(pid) !== '' || !existsSync('/proc/self/stat')) return { pid, stop };
  await stop(); // the child was faster
  return startZombie();
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return ''; // no /proc, or the process is gone
  }
}
