import { mkdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { isFixed } from '../fixed-path.ts';

/**
 * The folder for compiled code: `NODE_COMPILE_CACHE`, else `signet` in the user's cache folder; undefined where there is none, or where
 * somebody else could write or put another folder in its place: who writes there says what the program does. Never the folder for temporary
 * files, which all share. Without symbolic links, which could lead elsewhere later.
 */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (env.NODE_DISABLE_COMPILE_CACHE === '1') return undefined;
  const folder = env.NODE_COMPILE_CACHE || userCacheFolder(env);
  if (folder === undefined) return undefined;
  try {
    makeFolders(folder);
    const real = realpathSync.native(folder);
    return isOurs(real) ? real : undefined;
  } catch {
    return undefined; // the cache only makes the start quicker
  }
}

/** `signet` in the user's cache folder; undefined where the environment names none. */
export function userCacheFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const caches =
    process.platform === 'win32' ? env.LOCALAPPDATA : env.XDG_CACHE_HOME || (env.HOME && `${env.HOME}/.cache`);
  // Rule: XDG base directory specification: a relative path is ignored.
  return caches && isAbsolute(caches) ? join(caches, 'signet') : undefined;
}

/** As that of @signet/oci, which says why, but at once: nothing else has been loaded yet. */
function makeFolders(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (dirname(folder) !== folder) makeFolders(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

function isOurs(folder: string): boolean {
  if (process.getuid === undefined) return true; // Windows: what is in a profile is its user's
  const own = process.getuid();
  const { uid, mode } = statSync(folder);
  return uid === own && (mode & 0o022) === 0 && isFixed(folder, own);
}
