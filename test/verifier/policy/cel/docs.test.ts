import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { functions, functionText } from '../../../../packages/verifier/src/policy/cel/functions.ts';
import { conditionLimits } from '../../../../packages/verifier/src/policy/cel/limits.ts';
import { macros } from '../../../../packages/verifier/src/policy/cel/macros.ts';
import { type Type, typeText } from '../../../../packages/verifier/src/policy/cel/types.ts';
import { conditionVariables } from '../../../../packages/verifier/src/policy/cel/variables.ts';
import { outcome, refusal } from './condition-facts.ts';

const text = readFileSync(new URL('../../../../docs/conditions.md', import.meta.url), 'utf8');
const examples = [...text.matchAll(/```cel\n([^`]*)\n```/g)].map((match) => match[1] ?? '');

describe('docs/conditions.md', () => {
  it('has examples', () => {
    expect(examples.length).toBeGreaterThan(8);
  });

  it.each(examples)('shows what is loaded and answers: %s', (example) => {
    expect(refusal(example)).toBe('loaded');
    expect(['pass', 'fail']).toContain(outcome(example));
  });

  it('lists every variable with its type, and no other', () => {
    const rows = Object.values(conditionVariables).flatMap(rowsOf);
    const listed = [...text.matchAll(/^\| `((?:image|signature)\..*)$/gm)].map((match) => `| \`${match[1]}`);
    expect(listed).toEqual(rows);
  });

  it('names every function, operator and macro', () => {
    const names = [...functions.keys()].map((name) => functionText(name)).concat(macros);
    for (const name of names.filter((other) => !['?:', '[]', '||'].includes(other)))
      expect(text, name).toMatch(new RegExp(`\`(?:list\\.)?${name.replace(/[^a-zA-Z_]/g, '\\$&')}[\`(]`));
  });

  it('names every bound', () => {
    for (const [name, bound] of Object.entries(conditionLimits))
      expect(text, name).toMatch(new RegExp(`\\b${bound}\\b`));
  });
});

function rowsOf(type: Type): readonly string[] {
  if (type.kind !== 'record') return [];
  return Object.entries(type.fields).flatMap(([name, field]) =>
    field.type.kind === 'record'
      ? rowsOf(field.type)
      : [
          `| \`${type.name}.${name}\` | ${typeText(field.type)}${field.optional ? ', may be absent' : ''} | ${field.about} |`,
        ],
  );
}
