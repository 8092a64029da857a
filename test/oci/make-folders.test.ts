import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolders } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/temp.ts';

describe('folders', () => {
  it('are made with those above them; the topmost new one is told', async () => {
    const dir = tempDir();
    expect(await makeFolders(join(dir, 'a/b/c'))).toBe(join(dir, 'a'));
    expect(await makeFolders(join(dir, 'a/b/c'))).toBeUndefined();
    expect(await makeFolders(join(dir, 'a/b/d'))).toBe(join(dir, 'a/b/d'));
    expect(await makeFolders('/')).toBeUndefined();
  });

  it.runIf(process.platform !== 'win32')('have the mode that is asked for', async () => {
    const dir = tempDir();
    await makeFolders(join(dir, 'a/b'), { mode: 0o700 });
    expect([join(dir, 'a'), join(dir, 'a/b')].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700]);
  });

  it('are found behind links', async () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'real'));
    symlinkSync(join(dir, 'real'), join(dir, 'link'), 'junction');
    expect(await makeFolders(join(dir, 'link'))).toBeUndefined();
    await makeFolders(join(dir, 'link/a'));
    expect(readdirSync(join(dir, 'real'))).toEqual(['a']);
  });

  it('are made by many at once', async () => {
    const dir = tempDir();
    const paths = Array.from({ length: 20 }, (_, n) => join(dir, `a/b/${n % 4}`));
    await Promise.all(paths.map((path) => makeFolders(path)));
    expect(readdirSync(join(dir, 'a/b')).sort()).toEqual(['0', '1', '2', '3']);
  });

  it('are not made where a file is, or a link to nothing', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'file'), '');
    symlinkSync(join(dir, 'nowhere'), join(dir, 'dangling'));
    await expect(makeFolders(join(dir, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolders(join(dir, 'file/a'))).rejects.toMatchObject({
      code: expect.stringMatching(/ENOTDIR|ENOENT|EEXIST/),
    });
    await expect(makeFolders(join(dir, 'dangling/a'))).rejects.toMatchObject({ code: 'EEXIST' });
    expect(existsSync(join(dir, 'nowhere'))).toBe(false);
  });

  it.runIf(process.platform === 'linux')('are not made in /proc, and that is told at once', async () => {
    for (const path of ['/proc/signet', '/proc/signet/a/b'])
      await expect(makeFolders(path)).rejects.toMatchObject({ code: 'ENOENT', path: '/proc/signet' });
  });
});
