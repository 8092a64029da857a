import { type Expanded, expand, type VariableGrammar } from '../variables.ts';
import type { Instruction } from './instruction.ts';
import { splitWords, type Word } from './words.ts';

/** An ARG before the first FROM: its value, and where its default ends. */
export interface GlobalArgument {
  readonly value: string | undefined;
  /** The offset after the default, where a digest can be put; or why it cannot. */
  readonly end: { readonly offset: number } | { readonly why: string };
}

/** The ARGs before the first FROM, in the order in which they are read. */
export interface GlobalArguments {
  readonly get: (name: string) => GlobalArgument | undefined;
  readonly read: (instruction: Instruction) => void;
  readonly expand: (text: string) => Expanded;
}

/** `given` wins over defaults, for what is declared and for the platform's arguments. Rule: Dockerfile reference "ARG", "FROM" */
export function createArguments(
  given: Readonly<Record<string, string>>,
  { escaper, maxLength }: Pick<VariableGrammar, 'maxLength'> & { readonly escaper: string },
): GlobalArguments {
  const known = new Map<string, GlobalArgument>();
  const lookup = (name: string): string | undefined =>
    known.get(name)?.value ?? (isAutomatic(name) && Object.hasOwn(given, name) ? given[name] : undefined);
  const expandWord = (text: string): Expanded => expand(text, lookup, { doubleDollar: false, escaper, maxLength });
  return {
    get: (name) => known.get(name),
    expand: expandWord,
    read(instruction) {
      for (const { name, value } of declarations(instruction, escaper))
        known.set(name, argumentOf(name, value, instruction));
    },
  };

  function argumentOf(name: string, value: Word | undefined, { joined }: Instruction): GlobalArgument {
    if (Object.hasOwn(given, name)) return { value: given[name], end: { why: `the build argument ${name} says it` } };
    if (value === undefined) return { value: undefined, end: { why: `the argument ${name} has no default` } };
    const expanded = expandWord(value.text);
    const end = plainEnd(value, escaper);
    return {
      value: expanded.kind === 'value' ? expanded.value : undefined,
      end:
        end === undefined ? { why: `the default of ${name} has variables` } : { offset: joined.offsetOf(end - 1) + 1 },
    };
  }
}

/** `NAME` or `NAME=value`, several in one instruction. */
export function declarations(
  { joined, bodyStart }: Instruction,
  escaper: string,
): readonly { readonly name: string; readonly value: Word | undefined }[] {
  return (splitWords(joined.text, bodyStart, escaper) ?? []).map((word) => {
    const equals = word.text.indexOf('=');
    if (equals === -1) return { name: word.text, value: undefined };
    const value = { text: word.text.slice(equals + 1), start: word.start + equals + 1, end: word.end };
    return { name: word.text.slice(0, equals), value };
  });
}

/** Where the content of a word ends that has no variables and at most one pair of quotes, around it. */
export function plainEnd({ text, end }: Word, escaper: string): number | undefined {
  const quote = /^(["'])(.+)\1$/.exec(text);
  const content = quote?.[2] ?? text;
  if (content === '' || /["'$]/.test(content) || content.includes(escaper)) return undefined;
  return quote === null ? end : end - 1;
}

/** Rule: Dockerfile reference "Automatic platform ARGs in the global scope" */
function isAutomatic(name: string): boolean {
  return /^(?:BUILD|TARGET)(?:PLATFORM|OS|ARCH|VARIANT)$/.test(name);
}
