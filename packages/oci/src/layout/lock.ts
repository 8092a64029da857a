import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { RegistryError } from '../errors.ts';
import { asIoError, isAlive, isErrno, unfinishedPath } from './durable.ts';

/** How long to wait for another process's change, and how old a lock of another host must be to count as left behind. */
export interface LockTimes {
  readonly waitMs: number;
  readonly staleMs: number;
}

export const defaultLockTimes: LockTimes = { waitMs: 30_000, staleMs: 60_000 };

/** Locks that this thread holds: a lock with our own process id that is not among them was left by an earlier process. */
const held = new Set<string>();

interface Owner {
  readonly host: string;
  readonly pid: number;
  readonly thread: number;
  readonly nonce: string;
}

/**
 * Holds the layout's lock file while `work` runs: one change at a time over all processes. A lock whose owner is dead is taken away.
 * @throws {RegistryError} TIMEOUT when a living owner does not let go in time, IO
 */
export async function withLock<T>(
  dir: string,
  work: () => Promise<T>,
  times: LockTimes = defaultLockTimes,
): Promise<T> {
  const path = lockOf(dir);
  const owner: Owner = { host: hostname(), pid: process.pid, thread: threadId, nonce: randomBytes(12).toString('hex') };
  held.add(owner.nonce);
  try {
    await acquire(dir, owner, times);
    try {
      return await work();
    } finally {
      await rm(path, { force: true });
    }
  } finally {
    held.delete(owner.nonce);
  }
}

function lockOf(dir: string): string {
  return join(dir, '.lock');
}

async function acquire(dir: string, owner: Owner, times: LockTimes): Promise<void> {
  const until = performance.now() + times.waitMs;
  const path = lockOf(dir);
  const prepared = unfinishedPath(dir);
  try {
    await mkdir(dirname(prepared), { recursive: true });
    await writeFile(prepared, JSON.stringify(owner), { flag: 'wx' });
    // A link is made whole or not at all: nobody reads a half-written owner.
    while (!(await isLinked(prepared, path))) {
      const other = await readOwner(path);
      if (other !== undefined && (await isStale(path, other, times))) await takeAway(path, other);
      else if (performance.now() > until) throw timedOut(other);
      else await sleep(2 + Math.random() * 8);
    }
  } catch (cause) {
    throw asIoError(cause, 'locking the image layout');
  } finally {
    await rm(prepared, { force: true });
  }
}

async function isLinked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

async function readOwner(path: string): Promise<Owner | 'unknown' | undefined> {
  try {
    return parseOwner(await readFile(path, 'utf8'));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function parseOwner(text: string): Owner | 'unknown' {
  const match = /^\{"host":"([^"\\]{0,255})","pid":(\d{1,10}),"thread":(\d{1,10}),"nonce":"([0-9a-f]{24})"\}$/.exec(
    text,
  );
  if (match === null) return 'unknown';
  const [, host = '', pid, thread, nonce = ''] = match;
  return { host, pid: Number(pid), thread: Number(thread), nonce };
}

async function isStale(path: string, owner: Owner | 'unknown', times: LockTimes): Promise<boolean> {
  if (owner === 'unknown' || owner.host !== hostname()) return isOld(path, times);
  if (owner.pid !== process.pid) return !isAlive(owner.pid);
  return owner.thread === threadId && !held.has(owner.nonce);
}

async function isOld(path: string, times: LockTimes): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  return facts !== undefined && Date.now() - facts.mtimeMs > times.staleMs;
}

/**
 * Removes exactly this dead owner's lock. Who makes the marker named after it is the only one who may, so a lock taken meanwhile by a
 * living process cannot be removed by mistake.
 */
async function takeAway(path: string, owner: Owner | 'unknown'): Promise<void> {
  const nonce = owner === 'unknown' ? 'unknown' : owner.nonce;
  const marker = `${path}.dead-${nonce}`;
  try {
    await writeFile(marker, '', { flag: 'wx' });
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    if (await isOld(marker, defaultLockTimes))
      await rm(marker, { force: true }); // who made it died as well
    else await sleep(5);
    return;
  }
  try {
    const now = await readOwner(path);
    if (now !== undefined && (now === 'unknown' ? now === owner : owner !== 'unknown' && now.nonce === owner.nonce))
      await rm(path, { force: true });
  } finally {
    await rm(marker, { force: true });
  }
}

function timedOut(owner: Owner | 'unknown' | undefined): RegistryError {
  const who = owner === undefined || owner === 'unknown' ? 'another process' : `process ${owner.pid} on ${owner.host}`;
  return new RegistryError('TIMEOUT', `the image layout is being changed by ${JSON.stringify(who)}`);
}
