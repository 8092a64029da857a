import { readFileSync } from 'node:fs';

/** Whether a process of this host lives; one that may not be signalled does, one that has ended and waits for its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  // A parent that does not wait for its children (in a container, often process 1) leaves them as zombies for ever.
  return !['Z', 'X'].includes(statFields(pid)[0] ?? '');
}

/** When a process started, in ticks since the system did: number and start together name one process. Empty where that cannot be told. */
export function startOf(pid: number): string {
  return statFields(pid)[19] ?? '';
}

/** The fields after the program's name, which may hold anything; none where there is no such process, or no /proc on this system. */
function statFields(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
