import { randomBytes } from 'node:crypto';
import { link, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { isErrno } from '../errno.ts';
import { isAlive, startOf } from './processes.ts';
import { readRegular } from './regular-file.ts';

/** How a lock file is taken. */
export interface LockFileOptions {
  /** A path that nobody uses, in the same file system: the owner is written there, then linked to the lock's name. Default: beside it. */
  readonly prepareAt?: string;
  /** How long a living owner is waited for. */
  readonly waitMs: number;
  /** What is thrown after that. The owner is in words. */
  readonly busy: (owner: string) => Error;
}

/**
 * Of another host nothing is known but that its lock is renewed while it is held: so long without it, and it was left behind. The clocks of
 * hosts that share a folder must agree that far.
 */
const staleMs = 60_000;
const renewMs = staleMs / 4;

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
 * Takes a lock that is a file (its name with a dot behind it is the lock's too); gives what lets it go. One process at a time has it; it dies with its process: a lock whose owner is dead is
 * taken away.
 * @throws what `busy` makes, and errors of the file system
 */
export async function takeLockFile(path: string, options: LockFileOptions): Promise<() => Promise<void>> {
  const owner = ownOwner();
  held.add(owner.nonce);
  try {
    await acquire(path, owner, options);
  } catch (error) {
    held.delete(owner.nonce);
    throw error;
  }
  const renewing = setInterval(() => void renew(path), renewMs).unref();
  const release = async (): Promise<void> => {
    clearInterval(renewing);
    await removeLockOf(path, owner).finally(() => held.delete(owner.nonce));
  };
  await removeLeftovers(path, owner).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  return release;
}

/** A host that stood still for so long that its lock was taken away must not remove the next owner's. */
async function removeLockOf(path: string, owner: Owner | 'unknown'): Promise<void> {
  const now = await readOwner(path);
  if (now !== undefined && nonceOf(now) === nonceOf(owner)) await rm(path, { force: true });
}

function ownOwner(): Owner {
  const nonce = randomBytes(12).toString('hex');
  return { host: hostname(), pid: process.pid, thread: threadId, nonce, started: startOf(process.pid) };
}

async function acquire(path: string, owner: Owner, options: LockFileOptions): Promise<void> {
  const { prepareAt = `${path}.${owner.nonce}`, waitMs, busy } = options;
  const until = performance.now() + waitMs;
  const prepare = () => writeFile(prepareAt, JSON.stringify(owner), { flag: 'wx' });
  try {
    await prepare();
    // A link is made whole or not at all: nobody reads a half-written owner.
    while (!(await isLinked(prepareAt, path, prepare))) {
      const other = await readOwner(path);
      if (other !== undefined && (await isStale(path, other))) await takeAway(path, other, { prepareAt, prepare });
      else if (performance.now() > until) throw busy(nameOf(other));
      else await sleep(2 + Math.random() * 8);
    }
  } finally {
    await rm(prepareAt, { force: true });
  }
}

/** It may be gone: the folder was removed, or its disk. That is told when something is written there. */
async function renew(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}

/** A file that was prepared beside the lock may be gone: an owner took it for a leftover. It is prepared again. */
async function isLinked(from: string, to: string, prepare: () => Promise<void>): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) await prepare();
    else if (!isErrno(error, 'EEXIST')) throw error;
    return false;
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

async function isStale(path: string, owner: Owner | 'unknown'): Promise<boolean> {
  if (owner === 'unknown' || owner.host !== hostname()) return isOld(path);
  const started = startOf(owner.pid);
  if (owner.started !== '' && started !== '' && started !== owner.started) return true;
  if (owner.pid !== process.pid) return !isAlive(owner.pid);
  return owner.thread === threadId && !held.has(owner.nonce);
}

async function isOld(path: string): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  return facts !== undefined && Date.now() - facts.mtimeMs > staleMs;
}

interface OwnFile {
  readonly prepareAt: string;
  readonly prepare: () => Promise<void>;
}

/**
 * Removes exactly this dead owner's file. Who makes the marker named after it is the only one who may, so a lock taken meanwhile by a
 * living process cannot be removed by mistake. A marker says who made it, as a lock does: that of a dead process is taken away likewise.
 */
async function takeAway(path: string, dead: Owner | 'unknown', own: OwnFile): Promise<void> {
  const marker = markerOf(path, dead);
  if (!(await isLinked(own.prepareAt, marker, own.prepare))) {
    const other = await readOwner(marker);
    if (other !== undefined && (await isStale(marker, other))) await takeAway(marker, other, own);
    else await sleep(5);
    return;
  }
  try {
    await removeLockOf(path, dead);
  } finally {
    await rm(marker, { force: true });
  }
}

/** What processes that were killed left beside the lock: markers, of owners that do not come again, and what they had prepared. */
async function removeLeftovers(path: string, owner: Owner): Promise<void> {
  const [all, ours] = [`${basename(path)}.`, basename(markerOf(path, owner))];
  for (const name of await readdir(dirname(path))) {
    if (name.startsWith(all) && !name.startsWith(ours)) await rm(join(dirname(path), name), { force: true });
  }
}

function markerOf(path: string, owner: Owner | 'unknown'): string {
  return `${path}.dead-${nonceOf(owner)}`;
}

function nonceOf(owner: Owner | 'unknown'): string {
  return owner === 'unknown' ? 'unknown' : owner.nonce;
}

function nameOf(owner: Owner | 'unknown' | undefined): string {
  if (owner === undefined || owner === 'unknown') return 'another process';
  return `process ${owner.pid} on ${JSON.stringify(owner.host)}`;
}
