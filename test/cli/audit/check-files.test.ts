import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkFiles } from '../../../packages/cli/src/audit/check-files.ts';
import type { AuditPlan } from '../../../packages/cli/src/audit/flags.ts';
import { tempDir } from '../../support/temp.ts';

/** A plan with files in a new folder: policy and list are there, results and page are not. */
function plan(): { readonly dir: string; readonly files: AuditPlan & { readonly page: string } } {
  const dir = tempDir();
  const [policyFile = '', inventory = '', journal = '', page = ''] = [
    'policy.yaml',
    'list.txt',
    'a.jsonl',
    'a.html',
  ].map((name) => join(dir, name));
  for (const path of [policyFile, inventory]) writeFileSync(path, '');
  return { dir, files: { policyFile, source: { inventory }, journal, page } };
}

describe('the files of an audit', () => {
  it('are files of their own', async () => {
    const { files } = plan();
    await checkFiles(files);
    await checkFiles({ ...files, source: { registry: 'r.example' } });
    for (const same of [files.policyFile, join(files.policyFile, '../list.txt'), files.page])
      await expect(checkFiles({ ...files, journal: same })).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining('are one file'),
      });
  });

  it('are one by another name too, before they are there', async () => {
    const { dir, files } = plan();
    const link = join(tempDir(), 'link');
    symlinkSync(dir, link);
    await checkFiles({ ...files, page: join(link, 'b.html') });
    await expect(checkFiles({ ...files, page: join(link, 'a.jsonl') })).rejects.toThrow('are one file');
    await expect(checkFiles({ ...files, page: join(dir, 'none/../a.jsonl') })).rejects.toThrow('are one file');
    await checkFiles({ ...files, journal: join(dir, 'none/x'), page: join(dir, 'none/y') });
    await expect(checkFiles({ ...files, journal: join(dir, 'none/x'), page: join(dir, 'none/x') })).rejects.toThrow(
      'are one file',
    );
  });

  it('are regular files, that can be read twice', async () => {
    const { dir, files } = plan();
    const [folder, pipe] = [join(dir, 'folder'), join(dir, 'pipe')];
    mkdirSync(folder);
    execFileSync('mkfifo', [pipe]);
    await checkFiles({ ...files, source: { inventory: folder } });
    for (const wrong of [
      { source: { inventory: pipe } },
      { source: { inventory: '/dev/null' } },
      { journal: pipe },
      { journal: folder },
      { page: folder },
      { page: '/dev/null' },
    ])
      await expect(checkFiles({ ...files, ...wrong })).rejects.toThrow('no regular file');
  });
});
