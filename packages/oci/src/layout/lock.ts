import { dirname, join } from 'node:path';
import { RegistryError } from '../errors.ts';
import { makeFolders } from '../make-folders.ts';
import { asIoError, unfinishedPath } from './durable.ts';
import { takeLockFile } from './lock-file.ts';

/** How long another process's change is waited for: longer than a lock of another host counts, so that one that was killed there is outlived. */
const waitMs = 75_000;

/**
 * Holds the layout's lock file while `work` runs: one change at a time over all processes.
 * @throws {RegistryError} TIMEOUT when a living owner does not let go in time, IO
 */
export async function withLock<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const release = await take(dir);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function take(dir: string): Promise<() => Promise<void>> {
  const prepareAt = unfinishedPath(dir);
  try {
    await makeFolders(dirname(prepareAt));
    return await takeLockFile(join(dir, '.lock'), { prepareAt, waitMs, busy });
  } catch (cause) {
    throw asIoError(cause, 'locking the image layout');
  }
}

function busy(owner: string): RegistryError {
  return new RegistryError('TIMEOUT', `the image layout is being changed by ${owner}`);
}
