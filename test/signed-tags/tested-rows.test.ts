import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../scripts/project.ts';

const text = readFileSync(join(root, 'docs/signed-tags.md'), 'utf8');
const table = text.slice(text.indexOf('## 7. What is tested where'));
const rows = table.split('\n').filter((line) => /^\| \d+ \|/.test(line));

/** What a row names: a file below test/, and the begin of a title in it; without a title the whole file. */
function namedIn(row: string): readonly (readonly [file: string, title: string])[] {
  const cell = row.split(' | ').at(-1) ?? '';
  return [...cell.matchAll(/`([a-z0-9/-]+)`: ([^·|]*)/g)].map(([, file = '', title = '']) => [file, title.trim()]);
}

describe('the table of what is tested, in docs/signed-tags.md', () => {
  it('has the rows of the test plan', () => {
    expect(rows.map((row) => Number(/\d+/.exec(row)?.[0]))).toEqual(Array.from({ length: 21 }, (_, at) => at + 1));
  });

  it.each(rows.map((row) => [Number(/\d+/.exec(row)?.[0]), row] as const))(
    'row %i names tests that are there',
    (_, row) => {
      const named = namedIn(row);
      expect(named.length).toBeGreaterThan(0);
      for (const [file, title] of named) {
        const path = join(root, 'test', `${file}.test.ts`);
        expect(existsSync(path), file).toBe(true);
        expect(readFileSync(path, 'utf8'), `${file}: ${title}`).toContain(title);
      }
    },
  );
});
