import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unifiedDiff } from '../../../packages/cli/src/pin/unified-diff.ts';
import { runOk } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';

describe('unifiedDiff', () => {
  it('shows three lines around each change, and joins changes that are near', () => {
    const lines = Array.from({ length: 30 }, (_, at) => `line ${at + 1}\n`);
    const after = lines.with(4, 'five\n').with(9, 'ten\n').with(24, 'twenty-five\n');
    const diff = unifiedDiff('a.yaml', lines.join(''), after.join(''));
    expect(diff.match(/^@@ .*$/gm)).toEqual(['@@ -2,12 +2,12 @@', '@@ -22,7 +22,7 @@']);
    expect(diff.split('\n').slice(0, 8)).toEqual([
      '--- a/a.yaml',
      '+++ b/a.yaml',
      '@@ -2,12 +2,12 @@',
      ' line 2',
      ' line 3',
      ' line 4',
      '-line 5',
      '+five',
    ]);
  });

  it('is empty without a change', () => {
    expect(unifiedDiff('a', 'x\n', 'x\n')).toBe('');
    expect(unifiedDiff('a', '', '')).toBe('');
  });

  it.each([
    ['plain', 'deploy/web.yaml'],
    ['blanks', 'a b/web 1.yaml'],
    ['a quote and a tab', 'we"b\t.yaml'],
    ['letters that are no ASCII', 'über/wëb.yaml'],
  ])('git apply takes it: %s', async (_what, path) => {
    const dir = tempDir();
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    const [before, after] = ['\uFEFFa: 1\r\nb: 2\r\nc', '\uFEFFa: 1\r\nb: 3\r\nc: 4'];
    writeFileSync(join(dir, path), before);
    await runOk('git', ['apply', '--whitespace=nowarn', '-'], { cwd: dir, input: unifiedDiff(path, before, after) });
    expect(readFileSync(join(dir, path), 'utf8')).toBe(after);
  });

  it('patch makes the one text of the other, whatever lines change', async () => {
    const line = fc.constantFrom('a', 'b', '', '\r', '-x', '+y', '@@');
    const pairs = fc.array(fc.tuple(line, line), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(pairs, fc.boolean(), async (lines, ends) => {
        const [before, after] = [0, 1].map((side) => lines.map((pair) => pair[side]).join('\n') + (ends ? '\n' : ''));
        const dir = tempDir();
        writeFileSync(join(dir, 'f'), before ?? '');
        const diff = unifiedDiff('./f', before ?? '', after ?? '');
        if (before === after || linesOf(before) !== linesOf(after)) return;
        await runOk('git', ['apply', '--whitespace=nowarn', '-'], { cwd: dir, input: diff });
        expect(readFileSync(join(dir, 'f'), 'utf8')).toBe(after);
      }),
      { numRuns: 30 },
    );
  });
});

/** A text that ends with an empty line has one less. */
function linesOf(text = ''): number {
  return text.split('\n').length - (text.endsWith('\n') || text === '' ? 1 : 0);
}
