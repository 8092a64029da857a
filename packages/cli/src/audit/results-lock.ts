import { dirname } from 'node:path';
import { makeFolders, takeLockFile } from '@signet/oci';
import { CliError } from '../errors.ts';
import { systemReason } from '../files.ts';
import { withoutLinks } from './check-files.ts';

/**
 * Keeps a file of results for one audit while `work` runs, by a lock beside it that dies with its process.
 * @throws {CliError} AUDIT_IN_USE at once where another audit has it, FILE_UNWRITABLE; what `work` throws
 */
export async function withResultsLocked<T>(path: string, work: () => Promise<T>): Promise<T> {
  const release = await lock(path);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function lock(path: string): Promise<() => Promise<void>> {
  try {
    await makeFolders(dirname(path));
    return await takeLockFile(`${await withoutLinks(path)}.lock`, { waitMs: 0, busy: (owner) => inUse(path, owner) });
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError('FILE_UNWRITABLE', `cannot lock ${path}: ${systemReason(error)}`, { cause: error });
  }
}

function inUse(path: string, owner: string): CliError {
  return new CliError('AUDIT_IN_USE', `another audit is writing ${path}: ${owner}`, {
    hint: 'wait until it is done, or name another file',
  });
}
