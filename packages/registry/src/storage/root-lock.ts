import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RegistryStartError, show } from '../errors.ts';

/** Roots that this process has open: the lock file alone would look like one left over by ourselves. */
const openHere = new Set<string>();

/**
 * Takes the folder for this server alone; gives the function that releases it. A lock left behind by a killed server is taken over: its
 * process is gone, or (Linux) its process number now belongs to a younger process.
 * @throws {RegistryStartError} ROOT_IN_USE
 */
export async function lockRoot(root: string): Promise<() => Promise<void>> {
  if (openHere.has(root)) throw inUse(root, process.pid);
  openHere.add(root);
  try {
    return await takeLock(root);
  } catch (error) {
    openHere.delete(root);
    throw error;
  }
}

async function takeLock(root: string): Promise<() => Promise<void>> {
  const path = join(root, '_lock');
  const mine = JSON.stringify({ pid: process.pid, started: await startOf(process.pid), nonce: randomUUID() });
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (await create(path, mine)) {
      await removeLeftovers(root);
      return () => release(root, path, mine);
    }
    await clearIfStale(root, path);
  }
  throw new RegistryStartError('ROOT_IN_USE', `the lock of ${show(root)} is being fought over`);
}

/** The lock appears whole or not at all: written beside, then linked to its name. */
async function create(path: string, content: string): Promise<boolean> {
  const beside = `${path}.${randomUUID()}`;
  await writeFile(beside, content, { flag: 'wx', mode: 0o600 });
  try {
    await link(beside, path);
    return true;
  } catch (cause) {
    // ENOENT: the server that has the lock by now took ours for a leftover.
    if (['EEXIST', 'ENOENT'].includes((cause as NodeJS.ErrnoException).code ?? '')) return false;
    throw new RegistryStartError('ROOT_INVALID', `cannot make a lock at ${show(path)}`, { cause });
  } finally {
    await rm(beside, { force: true });
  }
}

/** What servers that were killed while they took the lock left behind. */
async function removeLeftovers(root: string): Promise<void> {
  const names = await readdir(root);
  for (const name of names.filter((each) => each.startsWith('_lock.'))) await rm(join(root, name), { force: true });
}

async function clearIfStale(root: string, path: string): Promise<void> {
  const found = await readFile(path, 'utf8').catch(() => undefined); // gone meanwhile: the next attempt takes it
  if (found === undefined) return;
  const holder = parseHolder(found);
  if (holder !== undefined && (await isRunning(holder))) throw inUse(root, holder.pid);
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside).catch(() => {}); // another server was faster
  const taken = await readFile(aside, 'utf8').catch(() => undefined);
  // Someone replaced the stale lock between our reading and our renaming: theirs goes back.
  if (taken !== undefined && taken !== found) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

interface Holder {
  readonly pid: number;
  readonly started: string;
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('started' in value)) return undefined;
    const { pid, started } = value;
    return typeof pid === 'number' && pid > 0 && typeof started === 'string' ? { pid, started } : undefined;
  } catch {
    return undefined; // not ours: a lock that says nothing holds nothing
  }
}

async function isRunning(holder: Holder): Promise<boolean> {
  if (holder.pid === process.pid) return false; // openHere knows better
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const started = await startOf(holder.pid);
  return started === '' || holder.started === '' || started === holder.started;
}

/** When the process started, in clock ticks since boot; empty where the system has no /proc. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is the program's name in parentheses and may hold anything.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

async function release(root: string, path: string, mine: string): Promise<void> {
  const found = await readFile(path, 'utf8').catch(() => undefined);
  if (found === mine) await rm(path, { force: true });
  openHere.delete(root);
}

function inUse(root: string, pid: number): RegistryStartError {
  return new RegistryStartError('ROOT_IN_USE', `${show(root)} is open in another registry (process ${pid})`);
}
