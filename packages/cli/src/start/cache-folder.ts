import { mkdirSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/**
 * The folder for compiled code: `NODE_COMPILE_CACHE`, else `signet` in the user's cache folder; undefined where there is none, or where
 * somebody else could write: who writes there says what the program does. Never the folder for temporary files, which all share.
 */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (env.NODE_DISABLE_COMPILE_CACHE === '1') return undefined;
  const folder = env.NODE_COMPILE_CACHE || userFolder(env);
  if (folder === undefined) return undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return isOurs(folder) ? folder : undefined;
  } catch {
    return undefined; // the cache only makes the start quicker
  }
}

function userFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const caches =
    process.platform === 'win32' ? env.LOCALAPPDATA : env.XDG_CACHE_HOME || (env.HOME && `${env.HOME}/.cache`);
  // Rule: XDG base directory specification: a relative path is ignored.
  return caches && isAbsolute(caches) ? join(caches, 'signet') : undefined;
}

function isOurs(folder: string): boolean {
  if (process.getuid === undefined) return true; // Windows: what is in a profile is its user's
  const { uid, mode } = statSync(folder);
  return uid === process.getuid() && (mode & 0o022) === 0;
}
