import { join } from 'node:path';
import { takeLockFile } from '@signet/oci';
import { RegistryStartError, show } from '../errors.ts';

/**
 * Takes the folder for this server alone; gives the function that releases it. A lock left behind by a killed server is taken over.
 * @throws {RegistryStartError} ROOT_IN_USE, ROOT_INVALID
 */
export async function lockRoot(root: string): Promise<() => Promise<void>> {
  try {
    return await takeLockFile(join(root, '_lock'), { waitMs: 0, busy: (owner) => inUse(root, owner) });
  } catch (cause) {
    if (cause instanceof RegistryStartError) throw cause;
    throw new RegistryStartError('ROOT_INVALID', `cannot make a lock in ${show(root)}`, { cause });
  }
}

function inUse(root: string, owner: string): RegistryStartError {
  return new RegistryStartError('ROOT_IN_USE', `${show(root)} is open in another registry (${owner})`);
}
