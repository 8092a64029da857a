import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { folderSource, readTrustData, type TrustQuestion } from '@signet/dct';
import { describe, expect, it } from 'vitest';
import { run } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';
import { codeOf } from '../code-of.ts';
import { realFiles, realGun } from '../real-files.ts';
import { type Files, keepIn, nowMs } from '../trust-repository.ts';

/** The files as a Docker client keeps them: gives its trust folder, and where the files are. */
function keep(files: Files): { readonly trust: string; readonly metadata: string } {
  const trust = tempDir();
  return { trust, metadata: keepIn(trust, realGun, files) };
}

const readFolder = (trust: string, question: Partial<TrustQuestion> = {}) =>
  readTrustData(folderSource(trust, realGun), { gun: realGun, nowMs, ...question });

describe("a client's folder", () => {
  it('is read, delegations and older roots included', async () => {
    const { tags, root } = await readFolder(keep(realFiles()).trust, {
      pin: { kind: 'keys', keyIds: ['195be374e0a66f25c732ac400c16bd9cc5866806ddbfcc64b7e23006ffbacfb7'] },
    });
    expect(tags.map(({ tag }) => tag)).toEqual(['1.0', '1.1', '2.0']);
    expect(root.pinnedVersion).toBe(1);
  });

  it('without this repository, or no folder at all, has no trust data', async () => {
    expect(await codeOf(readFolder(tempDir()))).toBe('DCT_NOT_THERE');
    expect(await codeOf(readFolder('/nowhere/at/all'))).toBe('DCT_NOT_THERE');
    expect(await codeOf(readFolder('/etc/passwd'))).toBe('DCT_NOT_THERE');
  });

  it('of a client that has only pushed names what is missing', async () => {
    const { trust, metadata } = keep(
      new Map([...realFiles()].filter(([name]) => name === 'root' || name === 'targets')),
    );
    const message = `timestamp.json is not in ${metadata}`;
    await expect(readFolder(trust)).rejects.toMatchObject({ code: 'DCT_FILE_MISSING', message });
    const { tags, missing } = await readFolder(trust, { allowMissing: true });
    expect(tags.map(({ tag }) => tag)).toEqual(['1.0']);
    expect(missing).toEqual(['timestamp', 'snapshot', 'targets/alice', 'targets/releases', 'targets/bob']);
  });

  it('may hold what is no file: nothing is waited for', async () => {
    const kept = keep(realFiles());
    for (const [name, make] of [
      ['timestamp', (path: string) => run('mkfifo', [path])],
      ['timestamp', (path: string) => Promise.resolve(mkdirSync(path))],
      ['timestamp', (path: string) => Promise.resolve(symlinkSync('/dev/zero', path))],
    ] as const) {
      const path = join(kept.metadata, `${name}.json`);
      await run('rm', ['-rf', path]);
      await make(path);
      expect(await codeOf(readFolder(kept.trust))).toBe('DCT_UNREADABLE');
    }
  });

  it('may hold a link to a file, and one that leads in a circle', async () => {
    const kept = keep(realFiles());
    const path = join(kept.metadata, 'timestamp.json');
    await run('mv', [path, join(kept.trust, 'elsewhere')]);
    symlinkSync(join(kept.trust, 'elsewhere'), path);
    expect(await codeOf(readFolder(kept.trust))).toBe('resolved');
    await run('rm', [path]);
    symlinkSync(path, path);
    expect(await codeOf(readFolder(kept.trust))).toBe('DCT_UNREADABLE');
  });

  it('may hold a file that is too large: it is not read', async () => {
    const kept = keep(realFiles());
    await run('truncate', ['--size', '1048577', join(kept.metadata, 'timestamp.json')]);
    expect(await codeOf(readFolder(kept.trust))).toBe('DCT_TOO_LARGE');
  });

  it.each(['team/app', '../../etc/passwd', 'registry.example.com/a/../b', ''])(
    'cannot be asked for %j',
    async (gun) => {
      expect(await codeOf(Promise.resolve().then(() => folderSource('/x', gun)))).toBe('DCT_QUESTION_INVALID');
    },
  );
});
