import { chmodSync, chownSync, mkdirSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheFolder } from '../../../packages/cli/src/start/cache-folder.ts';
import { tempDir } from '../../support/temp.ts';

const posix = process.platform !== 'win32';

describe('the folder of compiled code', () => {
  it('is what NODE_COMPILE_CACHE says, or signet in the cache folder of the user', () => {
    const home = realpathSync(tempDir());
    expect(cacheFolder({ NODE_COMPILE_CACHE: join(home, 'node'), HOME: home })).toBe(join(home, 'node'));
    if (!posix) return;
    expect(cacheFolder({ XDG_CACHE_HOME: join(home, 'xdg'), HOME: home })).toBe(join(home, 'xdg/signet'));
    expect(cacheFolder({ XDG_CACHE_HOME: '', HOME: home })).toBe(join(home, '.cache/signet'));
    expect(statSync(join(home, '.cache/signet')).mode & 0o777).toBe(0o700);
  });

  it('is nowhere without a home, with a relative one, where Node keeps none, and where nothing can be made', () => {
    const home = tempDir();
    writeFileSync(join(home, 'file'), '');
    expect(cacheFolder({})).toBeUndefined();
    expect(cacheFolder({ HOME: '' })).toBeUndefined();
    expect(cacheFolder({ XDG_CACHE_HOME: 'here', HOME: home })).toBeUndefined();
    expect(cacheFolder({ NODE_DISABLE_COMPILE_CACHE: '1', HOME: home })).toBeUndefined();
    expect(cacheFolder({ HOME: join(home, 'file') })).toBeUndefined();
    if (process.platform === 'linux') expect(cacheFolder({ HOME: '/proc/signet' })).toBeUndefined();
  });

  it.runIf(posix)('is not taken where others could write', () => {
    const folder = realpathSync(tempDir());
    for (const mode of [0o777, 0o720, 0o702, 0o1777]) {
      chmodSync(folder, mode);
      expect(cacheFolder({ NODE_COMPILE_CACHE: folder })).toBeUndefined();
    }
    chmodSync(folder, 0o755);
    expect(cacheFolder({ NODE_COMPILE_CACHE: folder })).toBe(folder);
  });

  it.runIf(posix)('is not taken where others could put another in its place', () => {
    const above = realpathSync(tempDir());
    const folder = join(above, 'a/b');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const mode of [0o777, 0o770, 0o707]) {
      chmodSync(above, mode);
      expect(cacheFolder({ NODE_COMPILE_CACHE: folder })).toBeUndefined();
    }
    for (const mode of [0o755, 0o1777]) {
      chmodSync(above, mode);
      expect(cacheFolder({ NODE_COMPILE_CACHE: folder })).toBe(folder);
    }
  });

  it.runIf(posix)('is the folder itself, not a link that could lead elsewhere later', () => {
    const dir = realpathSync(tempDir());
    mkdirSync(join(dir, 'real'), { mode: 0o700 });
    symlinkSync(join(dir, 'real'), join(dir, 'link'));
    expect(cacheFolder({ NODE_COMPILE_CACHE: join(dir, 'link') })).toBe(join(dir, 'real'));
  });

  it.runIf(posix && process.getuid?.() === 0)('is not taken where it, or a folder above it, is somebody else’s', () => {
    const folder = tempDir();
    const below = join(folder, 'below');
    mkdirSync(below, { mode: 0o700 });
    chownSync(folder, 12_345, 12_345);
    expect(cacheFolder({ NODE_COMPILE_CACHE: folder })).toBeUndefined();
    expect(cacheFolder({ NODE_COMPILE_CACHE: below })).toBeUndefined();
  });
});
