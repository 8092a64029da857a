import type { Place } from '../place.ts';
import type { PolicyNode } from './node.ts';

/** Where in the file a place inside a scalar's text is; the scalar's own place where that cannot be told (folded text). */
export function placeInText(node: PolicyNode, inside: { readonly line: number; readonly column: number }): Place {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return node.place;
  const { place, source, style } = node;
  if (style === 'literal') return placeInLiteral(place, source, { value: node.value, inside });
  if (style === 'folded' || source.includes('\n') || inside.line !== 1) return place;
  const before =
    style === 'plain' ? inside.column - 1 : 1 + sourceLength(source.slice(1), inside.column - 1, source[0]);
  return { ...place, column: place.column + before };
}

interface Inside {
  readonly value: string;
  readonly inside: { readonly line: number; readonly column: number };
}

/** Below the header each line of the text is a line of the file, indented alike. */
function placeInLiteral(place: Place, source: string, { value, inside }: Inside): Place {
  const isText = (line: string): boolean => line.trim() !== '';
  const spaces = (line: string | undefined): number => /^ */.exec(line ?? '')?.[0].length ?? 0;
  const indent = spaces(source.split('\n').slice(1).find(isText)) - spaces(value.split('\n').find(isText));
  return { ...place, line: place.line + inside.line, column: Math.max(0, indent) + inside.column };
}

/** What stands for one character in text between double quotes. Rule: YAML 1.2.2, 5.7. */
const doubleQuoted = /\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\[\s\S]|[\s\S]/y;
const singleQuoted = /''|[\s\S]/y;

/** How many characters of the source stand for the first ones of a quoted text. */
function sourceLength(source: string, characters: number, quote: string | undefined): number {
  const one = quote === "'" ? singleQuoted : doubleQuoted;
  let at = 0;
  for (let count = 0; count < characters && at < source.length; count += 1) {
    one.lastIndex = at;
    at += one.exec(source)?.[0].length ?? 1;
  }
  return at;
}
