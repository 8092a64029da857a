import { RE2JS } from 're2js';
import { ValueFault } from './fault.ts';
import { conditionLimits } from './limits.ts';
import { scanPattern } from './scan-pattern.ts';

/** A compiled regular expression. */
export interface Pattern {
  /** Instructions: the time of a match is bounded by this times the length of the text. */
  readonly size: number;
  /** Whether it is found anywhere in a text. */
  readonly test: (text: string) => boolean;
}

/**
 * Compiles for RE2JS, whose time is linear in the text. The engine that comes with the CEL library is not used: where its automaton
 * grows too large it falls back to one that takes the square of the pattern's size for each character.
 * @throws {ValueFault} if it is none, or too large. Rule: RE2 syntax, which CEL's `matches` has
 */
export function compilePattern(text: string): Pattern {
  const { maxPatternLength, maxPatternProgram } = conditionLimits;
  if (text.length > maxPatternLength) throw new ValueFault(`the pattern is longer than ${maxPatternLength} characters`);
  scanPattern(text);
  const compiled = compile(text);
  const size = compiled.programSize();
  if (size > maxPatternProgram)
    throw new ValueFault(`the pattern compiles to ${size} instructions, more than ${maxPatternProgram}: repeat less`);
  return { size, test: (subject) => compiled.test(subject) };
}

function compile(text: string): RE2JS {
  try {
    return RE2JS.compile(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : 'it cannot be read';
    throw new ValueFault(`this is no regular expression that RE2 takes: ${reason.slice(0, 200)}`);
  }
}
