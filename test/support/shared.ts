import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** The folder of published schemas and vectors that are no part of this project: SIGNET_SHARED, else `shared` beside the checkout. */
export const sharedDir: string = process.env.SIGNET_SHARED ?? join(dirname(root.replace(/[\\/]$/, '')), 'shared');

/** The path of one of them, such as `vectors/schemas/oci-image`. */
export function shared(path: string): string {
  return join(sharedDir, path);
}

/** False where it is not there: `describe.skipIf(!haveShared(…))` counts the tests that need it as skipped. */
export function haveShared(path: string): boolean {
  return existsSync(shared(path));
}
