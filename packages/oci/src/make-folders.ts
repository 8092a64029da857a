import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno } from './errno.ts';

/**
 * Makes a folder and those above it that are not there; gives the topmost that it made, undefined where it made none. Node's recursive `mkdir`
 * does the same, but in a folder where nothing can be made (/proc) asks the system for ever.
 * @throws {Error} of the system, of the folder that cannot be made
 */
export async function makeFolders(path: string, options: { readonly mode?: number } = {}): Promise<string | undefined> {
  try {
    return (await makeFolder(path, options)) ? path : undefined;
  } catch (error) {
    const above = dirname(path);
    if (!isErrno(error, 'ENOENT') || above === path) throw error;
    const first = await makeFolders(above, options);
    const isNew = await makeFolder(path, options);
    return first ?? (isNew ? path : undefined);
  }
}

/** False where it is there. */
async function makeFolder(path: string, options: { readonly mode?: number }): Promise<boolean> {
  try {
    await mkdir(path, options);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT') || !(await isFolder(path))) throw error;
    return false;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}
