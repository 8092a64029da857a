import { expand } from '../variables.ts';
import type { Instruction } from './instruction.ts';
import { splitWords } from './words.ts';

/** The line that ends a heredoc, and whether tabs before it are left out. */
export interface Heredoc {
  readonly name: string;
  readonly chomp: boolean;
}

const mayHaveHeredocs: ReadonlySet<string> = new Set(['add', 'copy', 'run']);

/** The heredocs that an instruction begins, in their order. Rule: Dockerfile reference "Here-documents" */
export function heredocsOf({ keyword, joined, bodyStart }: Instruction, escaper: string): readonly Heredoc[] {
  const body = joined.text.slice(bodyStart);
  const inner = keyword === 'onbuild' ? (/^\S+/.exec(body)?.[0].toLowerCase() ?? '') : keyword;
  if (!mayHaveHeredocs.has(inner) || !body.includes('<<')) return [];
  return (splitWords(body, 0, escaper) ?? []).flatMap(({ text }) => {
    const [, dash = '', rest = ''] = /^\d*<<(-?)([^<]+)$/.exec(text) ?? [];
    const name = expand(rest, () => '', { doubleDollar: false, escaper: '\\', maxLength: rest.length });
    return rest === '' || name.kind !== 'value' ? [] : [{ name: name.value, chomp: dash === '-' }];
  });
}
