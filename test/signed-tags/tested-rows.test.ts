import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../scripts/project.ts';

const text = readFileSync(join(root, 'docs/signed-tags.md'), 'utf8');
const table = text.slice(text.indexOf('## 7. What is tested where'));
const rows = table.split('\n').filter((line) => /^\| \d+ \|/.test(line));

/** A file below test/, and a part of a title in it; without one the whole file. */
interface Named {
  readonly file: string;
  readonly title: string;
}

/** What a row names. Commands (`npm run …`) are no tests; anything else is a slip. */
function namedIn(row: string): readonly Named[] {
  const cell = row.replace(/ \|$/, '').split(' | ').at(-1) ?? '';
  return cell.split(' · ').flatMap((each) => {
    if (/^`npm run [a-z]+ -- --[a-z]+`$/.test(each)) return [];
    const [, file, title] = /^`([a-z0-9/-]+)`:(?: (.+))?$/.exec(each) ?? expect.fail(`no test: ${each}`);
    return [{ file: file ?? '', title: title ?? '' }];
  });
}

/** The titles of suites and tests: texts before a function that is an argument too. */
function titlesIn(code: string): readonly string[] {
  const calls = /(['"`])((?:\\.|(?!\1)[^\\\n])+)\1,\s*(?:async\s*)?(?:\([^()]*\)|\w+)\s*=>/g;
  return [...code.matchAll(calls)].map(([, , title = '']) => title);
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
      for (const { file, title } of named) {
        const path = join(root, 'test', `${file}.test.ts`);
        expect(existsSync(path), file).toBe(true);
        const code = readFileSync(path, 'utf8');
        expect(code, file).not.toMatch(/\.(?:skip|todo|only|fails)\b/);
        const isThere = titlesIn(code).some((each) => each.includes(title));
        expect(isThere, `${file}: ${title}`).toBe(true);
      }
    },
  );
});
