import { Composer, type CST, type Document, Lexer, LineCounter, Parser } from 'yaml';
import type { Place } from '../place.ts';
import type { Budget } from './budget.ts';
import { policyLimits } from './limits.ts';
import { quoted } from './problems.ts';

/** What stops reading: where, and what to do. Given, not thrown, by the functions here that have a caller to tell. */
export interface SyntaxFault {
  readonly message: string;
  readonly place: Place;
  readonly hint?: string;
}

/** One document of YAML 1.2 (so of JSON too), or why there is none. */
export type YamlText =
  | {
      readonly kind: 'document';
      readonly contents: Document.Parsed['contents'];
      readonly placeOf: (offset: number) => Place;
    }
  | { readonly kind: 'faults'; readonly faults: readonly SyntaxFault[] };

/**
 * Reads one YAML document with its places, bounded in tokens and depth before anything recurses over it. Directives and a second
 * document are refused. Rule: YAML 1.2.2, core schema.
 */
export function readYaml(text: string, file: string, budget: Budget): YamlText {
  const lines = new LineCounter();
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const tokens = tokensOf(text, lines, budget);
  const broken = tokens.fault ?? faultOfTokens(tokens.list);
  if (broken !== undefined) {
    const { offset, message, hint } = broken;
    return { kind: 'faults', faults: [{ message, place: placeOf(offset), ...(hint === undefined ? {} : { hint }) }] };
  }
  const document = compose(tokens.list, text.length);
  if (document === undefined) return { kind: 'faults', faults: [tooDeep(placeOf(0))] };
  const wrong = [...document.errors, ...document.warnings].slice(0, policyLimits.maxProblems);
  if (wrong.length > 0)
    return {
      kind: 'faults',
      faults: wrong.map(({ message, pos }) => explained(message, text, placeOf(pos[0]), pos[0])),
    };
  return { kind: 'document', contents: document.contents, placeOf };
}

interface TokenFault {
  readonly offset: number;
  readonly message: string;
  readonly hint?: string;
}

/** Tokens of the concrete syntax, as far as they are within bounds. The parser keeps a stack of its own: it does not recurse. */
function tokensOf(
  text: string,
  lines: LineCounter,
  budget: Budget,
): { readonly list: CST.Token[]; readonly fault?: TokenFault } {
  const list: CST.Token[] = [];
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    list.push(...parser.next(lexeme));
    const tooMany = budget.spend('tokens', 1);
    if (tooMany !== undefined) return { list, fault: { offset: parser.offset, message: tooMany } };
    if (parser.stack.length > policyLimits.maxDepth)
      return { list, fault: { offset: parser.offset, message: tooDeepMessage } };
  }
  list.push(...parser.end());
  return { list };
}

/** What tokens alone show: broken syntax, directives, a second document. */
function faultOfTokens(tokens: readonly CST.Token[]): TokenFault | undefined {
  const documents = tokens.filter(({ type }) => type === 'document');
  for (const token of tokens) {
    if (token.type === 'error') return { offset: token.offset, message: `not YAML: ${shortened(token.message)}` };
    if (token.type === 'directive') return { offset: token.offset, message: 'directives (%) are not read in a policy' };
    if (token === documents[1])
      return {
        offset: token.offset,
        message: 'a second document begins here: a policy is one',
        hint: 'remove the line ---, or keep the documents in files of their own',
      };
  }
  return undefined;
}

/** Undefined where it is nested too deep for the library. */
function compose(tokens: readonly CST.Token[], length: number): Document.Parsed | undefined {
  // uniqueKeys compares each key with all before it: duplicates are found by the caller, in one pass.
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const { stackTraceLimit } = Error;
  try {
    // A file may have half a million faults, each an error: where the library noticed them costs more than all else, and nobody reads it.
    Error.stackTraceLimit = 0;
    return composer.compose(tokens, true, length).next().value ?? undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

const tooDeepMessage = `nested deeper than ${policyLimits.maxDepth} levels`;

function tooDeep(place: Place): SyntaxFault {
  return { message: tooDeepMessage, place };
}

/** The library's message in one line, with the hint that most people need: YAML takes a star at the beginning for an alias. */
function explained(message: string, text: string, place: Place, offset: number): SyntaxFault {
  const [first = ''] = message.split('\n', 1);
  const isStar = text[offset] === '*' || /alias/i.test(first);
  return {
    message: `not YAML: ${shortened(first.replace(/ at line \d+, column \d+:?$/, ''))}`,
    place,
    ...(isStar ? { hint: starHint } : {}),
  };
}

/** What the library quotes may be as long as the file. */
function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** For what begins with a star and was meant as a pattern. */
export const starHint: string = `a pattern that begins with * stands in quotes: ${quoted('*.example.com/**')}`;
