import { declarations } from './arguments.ts';
import type { Instruction } from './instruction.ts';
import { splitWords } from './words.ts';

/** What the variables of a Dockerfile's head are used for. */
export interface VariableUses {
  /** Whether FROM takes the variable in this word alone, and nothing else looks at it. */
  readonly isOnlyIn: (name: string, word: string) => boolean;
}

/** Looks at FROM, at the defaults of ARG, and at stages that take the variable over (`ARG NAME`). */
export function createVariableUses(instructions: readonly Instruction[], escaper: string): VariableUses {
  const words = new Map<string, Set<string>>();
  const add = (name: string, word: string): void => void words.set(name, (words.get(name) ?? new Set()).add(word));
  let isHead = true;
  for (const instruction of instructions) {
    if (instruction.keyword === 'from') isHead = false;
    for (const [name, word] of usesIn(instruction, escaper, isHead)) add(name, word);
  }
  return { isOnlyIn: (name, word) => [...(words.get(name) ?? [])].every((each) => each === word) };
}

function usesIn(instruction: Instruction, escaper: string, isHead: boolean): readonly (readonly [string, string])[] {
  const { keyword, joined, bodyStart } = instruction;
  if (keyword === 'from') {
    const texts = (splitWords(joined.text, bodyStart, escaper) ?? []).map(({ text }) => text);
    return texts.flatMap((text) => variablesOf(text).map((name) => [name, text] as const));
  }
  if (keyword !== 'arg') return [];
  // A word that no FROM can have stands for any other use.
  return declarations(instruction, escaper).flatMap(({ name, value }) => [
    ...(isHead ? [] : [[name, ' '] as const]),
    ...variablesOf(value?.text ?? '').map((used) => [used, ' '] as const),
  ]);
}

function variablesOf(text: string): readonly string[] {
  return [...text.slice(0, 65_536).matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name);
}
