import { statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Nobody but the user `own` and root can rename a path or a folder above it: where others may write, the sticky bit leaves to each what is
 * his. The path has no symbolic links. @throws what node throws for a folder that cannot be looked at
 */
export function isFixed(path: string, own: number): boolean {
  const above = dirname(path);
  if (above === path) return true;
  const { uid, mode } = statSync(above);
  const isShared = (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
  return (uid === own || uid === 0) && !isShared && isFixed(above, own);
}
