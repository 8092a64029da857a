import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inputFiles } from '../../../packages/cli/src/inputs/input-files.ts';
import { tempDir } from '../../support/temp.ts';

function folder(...names: readonly string[]): string {
  const dir = tempDir();
  for (const name of names) {
    mkdirSync(join(dir, name, '..'), { recursive: true });
    writeFileSync(join(dir, name), 'x');
  }
  return dir;
}

describe('inputFiles', () => {
  it('finds in a folder what may name images, by name', async () => {
    const dir = folder(
      'b.yaml',
      'a/z.yml',
      'a/Dockerfile',
      'c.json',
      'd.txt',
      '.git/x.yaml',
      'node_modules/x.yaml',
      'app.dockerfile',
    );
    symlinkSync(join(dir, 'b.yaml'), join(dir, 'link.yaml'));
    symlinkSync(dir, join(dir, 'round'));
    symlinkSync('/no/such', join(dir, 'dead.yaml'));
    const found = (await inputFiles(dir)).map((path) => relative(dir, path));
    expect(found).toEqual(['a/Dockerfile', 'a/z.yml', 'app.dockerfile', 'b.yaml', 'c.json', 'link.yaml']);
  });

  it('takes a file and standard input as they are named', async () => {
    const dir = folder('notes.txt');
    expect(await inputFiles(join(dir, 'notes.txt'))).toEqual([join(dir, 'notes.txt')]);
    expect(await inputFiles('-')).toEqual(['-']);
  });

  it('refuses links that lead out of the folder where they will be written to', async () => {
    const [dir, outside] = [folder('a.yaml'), folder('b.yaml')];
    symlinkSync('a.yaml', join(dir, 'inside.yaml'));
    expect(await inputFiles(dir, { refuseLinksOut: true })).toHaveLength(2);
    symlinkSync(join(outside, 'b.yaml'), join(dir, 'outside.yaml'));
    await expect(inputFiles(dir, { refuseLinksOut: true })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('outside.yaml is a link that leads out of'),
    });
    expect(await inputFiles(dir)).toHaveLength(3);
    symlinkSync(dir, join(outside, 'folder'));
    await expect(inputFiles(join(outside, 'folder'), { refuseLinksOut: true })).rejects.toThrow('outside.yaml');
    expect(await inputFiles(join(dir, 'outside.yaml'), { refuseLinksOut: true })).toHaveLength(1);
  });

  it.each([
    ['nothing there', '/no/such', 'FILE_UNREADABLE'],
    ['an empty folder', folder('x.txt'), 'USAGE'],
  ])('refuses %s', async (_what, path, code) => {
    await expect(inputFiles(path)).rejects.toMatchObject({ code });
  });
});
