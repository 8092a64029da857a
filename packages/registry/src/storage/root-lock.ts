import { createHash, randomUUID } from 'node:crypto';
import { link, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RegistryStartError, show } from '../errors.ts';

/** Roots that this process has open: the lock file alone would look like one left over by ourselves. */
const openHere = new Set<string>();
const maxAttempts = 25;
/** Whoever made a marker so long ago was killed. */
const staleMarkerMs = 10_000;

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
  const mine = JSON.stringify({ pid: process.pid, started: (await statOf(process.pid))[1], nonce: randomUUID() });
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
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
  await takeAway(path, found);
}

/**
 * Removes exactly this stale lock. Who makes the marker named after it is the only one who may, so a lock that another server took
 * meanwhile cannot be removed by mistake.
 */
async function takeAway(path: string, stale: string): Promise<void> {
  const marker = `${path}.dead-${createHash('sha256').update(stale).digest('hex').slice(0, 24)}`;
  try {
    await writeFile(marker, '', { flag: 'wx' });
  } catch {
    const facts = await stat(marker).catch(() => undefined); // its maker is done
    if (facts !== undefined && Date.now() - facts.mtimeMs > staleMarkerMs) await rm(marker, { force: true });
    await sleep(20);
    return;
  }
  try {
    const now = await readFile(path, 'utf8').catch(() => undefined); // taken away before we made the marker
    if (now === stale) await rm(path, { force: true });
  } finally {
    await rm(marker, { force: true });
  }
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
  const [state, started] = await statOf(holder.pid);
  // Ended, but its parent (in a container, often process 1) has not waited for it, and may never do.
  if (state === 'Z' || state === 'X') return false;
  return started === '' || holder.started === '' || started === holder.started;
}

/** The process's state, and when it started in clock ticks since boot; empty where the system has no /proc. */
async function statOf(pid: number): Promise<readonly [state: string, started: string]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is the program's name in parentheses and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return [fields[0] ?? '', fields[19] ?? ''];
}

async function release(root: string, path: string, mine: string): Promise<void> {
  const found = await readFile(path, 'utf8').catch(() => undefined);
  if (found === mine) await rm(path, { force: true });
  openHere.delete(root);
}

function inUse(root: string, pid: number): RegistryStartError {
  return new RegistryStartError('ROOT_IN_USE', `${show(root)} is open in another registry (process ${pid})`);
}
