import { realpathSync, statSync } from 'node:fs';
import { isFixed } from '../../fixed-path.ts';

/** Those of these paths that others than root and this user can write, or can put something else in the place of. What is not there is nobody's. */
export function writableByOthers(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => {
    try {
      const real = realpathSync.native(path);
      const own = process.getuid?.() ?? 0;
      const { uid, mode } = statSync(real);
      return (uid !== 0 && uid !== own) || (mode & 0o022) !== 0 || !isFixed(real, own);
    } catch {
      return false;
    }
  });
}
