import { randomBytes } from 'node:crypto';
import { link, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { RegistryError } from '../errors.ts';
import { asIoError, isErrno, unfinishedPath } from './durable.ts';
import { isAlive, startOf } from './processes.ts';
import { readRegular } from './regular-file.ts';

/**
 * How long to wait for another process's change, and how old a lock of another host must be to count as left behind: less, so that a
 * process that was killed there does not make the next one fail.
 */
export interface LockTimes {
  readonly waitMs: number;
  readonly staleMs: number;
}

export const defaultLockTimes: LockTimes = { waitMs: 75_000, staleMs: 60_000 };

/** Locks that this thread holds: a lock with our own process id that is not among them was left by an earlier process. */
const held = new Set<string>();

const maxOwnerBytes = 64 * 1024;

interface Owner {
  readonly host: string;
  readonly pid: number;
  readonly thread: number;
  readonly nonce: string;
  /** When the process started, as its system counts: a number that another process has by now is told by it. Empty where unknown. */
  readonly started: string;
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
  const owner = ownOwner();
  held.add(owner.nonce);
  try {
    await acquire(dir, owner, times);
    try {
      await removeMarkers(path, owner);
      return await work();
    } finally {
      await rm(path, { force: true });
    }
  } finally {
    held.delete(owner.nonce);
  }
}

function ownOwner(): Owner {
  const nonce = randomBytes(12).toString('hex');
  return { host: hostname(), pid: process.pid, thread: threadId, nonce, started: startOf(process.pid) };
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
      if (other !== undefined && (await isStale(path, other, times))) await takeAway(path, other, { prepared, times });
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
    return parseOwner(Buffer.from(await readRegular(path, maxOwnerBytes)).toString('utf8'));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

const ownerPattern =
  /^\{"host":"([^"\\]{0,255})","pid":(\d{1,10}),"thread":(\d{1,10}),"nonce":"([0-9a-f]{24})"(?:,"started":"(\d{0,20})")?\}$/;

function parseOwner(text: string): Owner | 'unknown' {
  const match = ownerPattern.exec(text);
  if (match === null) return 'unknown';
  const [, host = '', pid, thread, nonce = '', started = ''] = match;
  return { host, pid: Number(pid), thread: Number(thread), nonce, started };
}

async function isStale(path: string, owner: Owner | 'unknown', times: LockTimes): Promise<boolean> {
  if (owner === 'unknown' || owner.host !== hostname()) return isOld(path, times);
  const started = startOf(owner.pid);
  if (owner.started !== '' && started !== '' && started !== owner.started) return true;
  if (owner.pid !== process.pid) return !isAlive(owner.pid);
  return owner.thread === threadId && !held.has(owner.nonce);
}

async function isOld(path: string, times: LockTimes): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  return facts !== undefined && Date.now() - facts.mtimeMs > times.staleMs;
}

interface Taking {
  /** Our own owner file. */
  readonly prepared: string;
  readonly times: LockTimes;
}

/**
 * Removes exactly this dead owner's file. Who makes the marker named after it is the only one who may, so a lock taken meanwhile by a
 * living process cannot be removed by mistake. A marker says who made it, as a lock does: that of a dead process is taken away likewise.
 */
async function takeAway(path: string, dead: Owner | 'unknown', taking: Taking): Promise<void> {
  const marker = markerOf(path, dead);
  if (!(await isLinked(taking.prepared, marker))) {
    const other = await readOwner(marker);
    if (other !== undefined && (await isStale(marker, other, taking.times))) await takeAway(marker, other, taking);
    else await sleep(5);
    return;
  }
  try {
    const now = await readOwner(path);
    if (now !== undefined && nonceOf(now) === nonceOf(dead)) await rm(path, { force: true });
  } finally {
    await rm(marker, { force: true });
  }
}

/** Markers of owners before us, left by processes that were killed: those owners do not come again, so nobody needs them. */
async function removeMarkers(path: string, owner: Owner): Promise<void> {
  const [all, ours] = [`${basename(path)}.dead-`, basename(markerOf(path, owner))];
  try {
    for (const name of await readdir(dirname(path))) {
      if (name.startsWith(all) && !name.startsWith(ours)) await rm(join(dirname(path), name), { force: true });
    }
  } catch (cause) {
    throw asIoError(cause, 'locking the image layout');
  }
}

function markerOf(path: string, owner: Owner | 'unknown'): string {
  return `${path}.dead-${nonceOf(owner)}`;
}

function nonceOf(owner: Owner | 'unknown'): string {
  return owner === 'unknown' ? 'unknown' : owner.nonce;
}

function timedOut(owner: Owner | 'unknown' | undefined): RegistryError {
  const who = owner === undefined || owner === 'unknown' ? 'another process' : `process ${owner.pid} on ${owner.host}`;
  return new RegistryError('TIMEOUT', `the image layout is being changed by ${JSON.stringify(who)}`);
}
