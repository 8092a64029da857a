import { ExpressionFault } from './fault.ts';
import { conditionLimits } from './limits.ts';

const encoder = new TextEncoder();

/**
 * Looks at the characters before the parser does: length, nesting of brackets, ends of strings, escapes that CEL does not have.
 * @throws {ExpressionFault}
 */
export function scanExpression(text: string): void {
  const { maxExpressionBytes } = conditionLimits;
  if (encoder.encode(text).length > maxExpressionBytes)
    throw new ExpressionFault(0, `the expression is longer than ${maxExpressionBytes} bytes`);
  if (!text.isWellFormed()) throw new ExpressionFault(0, 'the expression is not Unicode text (half a surrogate pair)');
  if (text.trim() === '') throw new ExpressionFault(0, 'the expression is empty');
  const open: Bracket[] = [];
  for (let at = 0; at < text.length; ) at = scanToken(text, at, open);
  const last = open.at(-1);
  if (last !== undefined) throw new ExpressionFault(last.offset, `\`${last.character}\` is never closed`);
}

interface Bracket {
  readonly character: string;
  readonly offset: number;
}

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const stringStart = /(?:[bB]?[rR]?)("""|'''|"|')/y;
const wordOrNumber = /[A-Za-z_0-9]+/y;
const comment = /\/\/[^\n\r]*/y;

/** The offset after the token at `at`. */
function scanToken(text: string, at: number, open: Bracket[]): number {
  const opened = matchAt(stringStart, text, at);
  if (opened !== undefined) return scanString(text, at, opened);
  const skipped = matchAt(wordOrNumber, text, at) ?? matchAt(comment, text, at);
  if (skipped !== undefined) return at + skipped[0].length;
  scanBracket(text[at] ?? '', at, open);
  return at + 1;
}

function scanBracket(character: string, offset: number, open: Bracket[]): void {
  if (character in closing) {
    if (open.length === conditionLimits.maxNesting)
      throw new ExpressionFault(offset, `brackets are nested deeper than ${conditionLimits.maxNesting}`);
    open.push({ character, offset });
  } else if (character === ')' || character === ']' || character === '}') {
    const last = open.pop();
    if (last === undefined) throw new ExpressionFault(offset, `\`${character}\` closes nothing`);
    const wanted = closing[last.character];
    if (wanted !== character)
      throw new ExpressionFault(
        offset,
        `\`${character}\` stands where \`${last.character}\` is to be closed`,
        `write \`${wanted}\` before it`,
      );
  }
}

function scanString(text: string, start: number, opened: RegExpExecArray): number {
  const quote = opened[1] ?? '"';
  const prefix = opened[0].slice(0, -quote.length).toLowerCase();
  const raw = prefix.includes('r');
  for (let at = start + opened[0].length; at < text.length; ) {
    if (text.startsWith(quote, at)) return at + quote.length;
    if (quote.length === 1 && /[\n\r]/.test(text[at] ?? '')) break;
    at += text[at] === '\\' && !raw ? scanEscape(text, at, prefix) : 1;
  }
  throw new ExpressionFault(start, `the string that begins here is never closed with ${quote}`);
}

const escapes = /\\(?:[abfnrtv\\?"'`]|[xX][0-9a-fA-F]{2}|[0-3][0-7]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/y;

/** The library takes an escape that CEL does not have as two characters; other CEL programs refuse it, and so do we. */
function scanEscape(text: string, at: number, prefix: string): number {
  const found = matchAt(escapes, text, at);
  const allowed = found !== undefined && !(prefix === 'b' && /^\\[uU]/.test(found[0]));
  if (allowed) return found[0].length;
  const written = [...text.slice(at, at + 3)].slice(0, 2).join('');
  throw new ExpressionFault(
    at,
    `${written} is no escape`,
    'write r"…" for a string whose backslashes stand for themselves, or \\\\ for one backslash',
  );
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
