import type { Expr } from './expression.ts';
import { ExpressionFault, ValueFault } from './fault.ts';
import { compilePattern } from './patterns.ts';
import { parseDuration, parseTimestamp, parseZone } from './times.ts';

/** One argument of a call; the receiver of a method is argument 0. */
export interface Argument {
  /** Of the function. */
  readonly name: string;
  readonly at: number;
  readonly part: Expr;
  readonly offset: number;
}

/** Looks at what is written down, so that a mistake shows when the policy is loaded, not when an image is refused. @throws {ExpressionFault} */
export function checkLiteral({ name, at, part, offset }: Argument): void {
  const text = stringOf(part);
  const read = name === 'matches' ? pattern(at, text, offset) : reader(name, at);
  if (read === undefined || text === undefined) return;
  try {
    read(text);
  } catch (error) {
    if (error instanceof ValueFault) throw new ExpressionFault(offset, error.message);
    throw error;
  }
}

type Read = (text: string) => unknown;

/** A pattern that came from the image or the signature would let whoever wrote it choose what is accepted. */
function pattern(at: number, text: string | undefined, offset: number): Read | undefined {
  if (at !== 1) return undefined;
  if (text === undefined)
    throw new ExpressionFault(offset, 'the pattern of matches must be a string that is written down here');
  return compilePattern;
}

function reader(name: string, at: number): Read | undefined {
  if (at === 0 && name === 'timestamp') return parseTimestamp;
  if (at === 0 && name === 'duration') return parseDuration;
  return at === 1 && name.startsWith('get') ? parseZone : undefined;
}

function stringOf(part: Expr): string | undefined {
  if (part.exprKind.case !== 'constExpr') return undefined;
  const { constantKind } = part.exprKind.value;
  return constantKind.case === 'stringValue' ? constantKind.value : undefined;
}
