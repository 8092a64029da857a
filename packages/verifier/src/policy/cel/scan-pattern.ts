import { ValueFault } from './fault.ts';
import { conditionLimits } from './limits.ts';

/**
 * Looks at a regular expression before it is compiled, which costs by what it would become and not by its length: `a{1000}` is written
 * out, `(?i)[a-\u{ffff}]` folded character by character. Other faults are left to the compiler.
 * @throws {ValueFault} Rule: RE2 syntax
 */
export function scanPattern(text: string): void {
  const { maxPatternParts, maxPatternClasses, maxFoldedCharacters } = conditionLimits;
  if ((text.match(/\\[pP]/g) ?? []).length > maxPatternClasses)
    throw new ValueFault(`the pattern has more than ${maxPatternClasses} classes \\p`);
  if (/\(\?[a-zA-Z]*i/.test(text) && charactersInRanges(text) > maxFoldedCharacters)
    throw new ValueFault(`under (?i) the pattern has ranges of more than ${maxFoldedCharacters} characters`);
  if (partsOf(text) > maxPatternParts)
    throw new ValueFault(`the pattern has more than ${maxPatternParts} parts, with what it repeats: repeat less`);
}

const range = /(\\x\{[0-9a-f]+\}|\\x[0-9a-f]{2}|[^\\])-(\\x\{[0-9a-f]+\}|\\x[0-9a-f]{2}|[^\\])/giu;

function charactersInRanges(text: string): number {
  const widths = [...text.matchAll(range)].map(([, from = '', to = '']) => codePointOf(to) - codePointOf(from));
  return widths.filter((width) => width > 0).reduce((sum, width) => sum + width, 0);
}

function codePointOf(text: string): number {
  const [, hex] = /^\\x\{?([0-9a-f]+)/i.exec(text) ?? [];
  return hex === undefined ? (text.codePointAt(0) ?? 0) : Number.parseInt(hex, 16);
}

const tokens = [
  /\\Q(?<quoted>.*?)(?:\\E|$)/,
  /\\(?:[pPx]\{[^}]*\}|[pP].|x[0-9a-fA-F]{2}|.)/,
  /(?<group>\()(?:\?(?:P?<\w*>|[a-zA-Z-]*:?))?/,
  // A class in brackets: its first `]` stands for itself.
  /\[\^?\]?(?:\\.|\[:\^?[a-z]{1,9}:\]|[^\]\\])*\]/,
  /\{(?<least>\d{1,4})(?:,(?<most>\d{0,4}))?\}/,
  /./,
];
const token = new RegExp(tokens.map(({ source }) => source).join('|'), 'gsu');

/** How many characters and classes there are once everything is written out as often as it is repeated. */
function partsOf(text: string): number {
  /** Of the groups that are open, the outermost first. */
  const open: number[] = [];
  let parts = 0;
  let last = 0;
  for (const [all, quoted, group, least, most] of text.matchAll(token)) {
    if (group !== undefined) {
      open.push(parts);
      parts = 0;
      last = 0;
    } else if (all === ')') {
      last = parts;
      parts += open.pop() ?? 0;
    } else if (least !== undefined) {
      const more = last * (Math.max(1, Number(least), Number(most ?? 0)) - 1);
      parts += more;
      last += more;
    } else if (!/^[|*+?^$]$/.test(all)) {
      last = 1;
      parts += quoted?.length ?? 1;
    }
  }
  return open.reduce((sum, outer) => sum + outer, parts);
}
