import { readFileSync } from 'node:fs';
import { defaultWorkloadLimits } from '@signet/workloads';
import { describe, expect, it } from 'vitest';
import { readingOfName } from '../../packages/workloads/src/kind-of.ts';
import { knownKinds } from '../../packages/workloads/src/kubernetes/kinds.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = read('docs/inputs.md');

/** The cells of a table's rows, without its head. */
function rowsUnder(heading: string): readonly (readonly string[])[] {
  const [, text = ''] = page.split(new RegExp(`^${heading}.*$`, 'm'));
  const [table = ''] = /(?:^\|.*\n)+/m.exec(text) ?? [];
  const rows = table.trim().split('\n').slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('docs/inputs.md', () => {
  it('explains the codes of problems, no more and no less, and says what to do', () => {
    const [, union = ''] = /type InputProblemCode =([^;]*);/.exec(read('packages/workloads/src/inventory.ts')) ?? [];
    const codes = [...union.matchAll(/'([A-Z_]+)'/g)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(5);
    const [, problems = ''] = page.split('\n## Problems\n');
    const entries = problems.split(/^### /m).slice(1);
    expect(entries.map((entry) => entry.split('\n', 1)[0]).sort()).toEqual(codes.sort());
    for (const entry of entries) expect(entry).toMatch(/^[A-Z_]+\n\n[^#]{20,}\n\nWhat to do: [^#]{10,}\n+$/);
  });

  it('names the kinds that are known', () => {
    const named = rowsUnder('These kinds are known').flatMap(([group = '', kinds = '']) =>
      kinds.split(', ').map((kind) => `${group === '(core)' ? '' : group}/${kind}`),
    );
    expect(named.sort()).toEqual(knownKinds.map(({ group, kind }) => `${group}/${kind}`).sort());
  });

  it('names the limits', () => {
    const named = rowsUnder('with a tag such as').map(([name = '', value]) => [name, Number(value)]);
    expect(Object.fromEntries(named)).toEqual(defaultWorkloadLimits);
  });

  it.each(rowsUnder('### What a file is taken for'))('takes %s for %s', (names, what) => {
    const reading = what.startsWith('YAML') ? 'yaml' : what === 'a list' ? 'list' : 'dockerfile';
    const patterns = [...names.matchAll(/`([^`]+)`/g)].map(([, pattern = '']) => pattern);
    expect(patterns.length).toBeGreaterThan(1);
    for (const pattern of patterns) expect(readingOfName(`x/${pattern.replace('*', 'web')}`), pattern).toBe(reading);
  });
});
