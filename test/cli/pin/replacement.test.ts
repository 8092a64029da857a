import { chmodSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stageReplacement } from '../../../packages/cli/src/pin/replacement.ts';
import { runOk } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';

const isRoot = process.getuid?.() === 0;

describe('stageReplacement', () => {
  it('puts the new content in the place of the old in one step, with its mode', async () => {
    const path = join(tempDir(), 'a.yaml');
    writeFileSync(path, 'old');
    chmodSync(path, 0o640);
    const { commit } = await stageReplacement(path, Buffer.from('new'));
    expect(readFileSync(path, 'utf8')).toBe('old');
    await commit();
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o7777).toBe(0o640);
  });

  it('leaves nothing when it is discarded, and nothing to discard when it is done', async () => {
    const dir = tempDir();
    const path = join(dir, 'a.yaml');
    writeFileSync(path, 'old');
    await (await stageReplacement(path, Buffer.from('new'))).discard();
    expect(readdirSync(dir)).toEqual(['a.yaml']);
    const done = await stageReplacement(path, Buffer.from('new'));
    await done.commit();
    await done.discard();
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  it.skipIf(!isRoot)('keeps the owner where it may', async () => {
    const path = join(tempDir(), 'a.yaml');
    writeFileSync(path, 'old');
    await runOk('chown', ['12345:54321', path]);
    await (await stageReplacement(path, Buffer.from('new'))).commit();
    expect(statSync(path)).toMatchObject({ uid: 12345, gid: 54321 });
  });

  it('another name of the file (a hard link) keeps the old content', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'a'), 'old');
    linkSync(join(dir, 'a'), join(dir, 'b'));
    await (await stageReplacement(join(dir, 'a'), Buffer.from('new'))).commit();
    expect(readFileSync(join(dir, 'b'), 'utf8')).toBe('old');
  });

  it('refuses what is no file and what is gone, and leaves nothing', async () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'folder'));
    for (const [name, reason] of [
      ['folder', 'it is no regular file'],
      ['gone', 'there is no such'],
    ] as const) {
      await expect(stageReplacement(join(dir, name), Buffer.from(''))).rejects.toMatchObject({
        code: 'FILE_UNWRITABLE',
        message: expect.stringContaining(reason),
      });
    }
    expect(readdirSync(dir)).toEqual(['folder']);
  });
});
