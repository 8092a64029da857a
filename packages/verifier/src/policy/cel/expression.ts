import { parse } from '@bufbuild/cel';
import { ExpressionFault } from './fault.ts';
import { scanExpression } from './scan.ts';

/** An expression's tree as the library parses it (`cel.expr.ParsedExpr`, cel-spec syntax.proto). */
type Parsed = ReturnType<typeof parse>;
/** One node of it. */
export type Expr = NonNullable<Parsed['expr']>;
type Kind<C> = Extract<Expr['exprKind'], { readonly case: C }>['value'];
export type Call = Kind<'callExpr'>;
export type Comprehension = Kind<'comprehensionExpr'>;
export type Select = Kind<'selectExpr'>;
export type Struct = Kind<'structExpr'>;
export type Constant = Kind<'constExpr'>['constantKind'];

/** A parsed expression with what tells where its nodes stand. */
export interface Expression {
  readonly root: Expr;
  /** Offset of a node in UTF-16 units. */
  readonly offsetOf: (node: Expr) => number;
  /** `all`, `map`, …, `has`: the macro that a node was written as. */
  readonly macroOf: (node: Expr) => string | undefined;
}

/** Reads an expression's form; names and types are not looked at. @throws {ExpressionFault} */
export function parseExpression(text: string): Expression {
  scanExpression(text);
  const { expr, sourceInfo } = parseText(text);
  if (expr === undefined) throw new ExpressionFault(0, 'the expression is empty');
  return {
    root: expr,
    offsetOf: (node) => wordAt(text, sourceInfo?.positions[node.id.toString()] ?? 0),
    macroOf: (node) => callName(sourceInfo?.macroCalls[node.id.toString()]),
  };
}

/** The parts of a node that are evaluated, macros' own parts included. */
export function partsOf(node: Expr): readonly Expr[] {
  const { exprKind } = node;
  switch (exprKind.case) {
    case 'selectExpr':
      return defined([exprKind.value.operand]);
    case 'callExpr':
      return defined([exprKind.value.target, ...exprKind.value.args]);
    case 'listExpr':
      return exprKind.value.elements;
    case 'structExpr':
      return exprKind.value.entries.flatMap((entry) =>
        defined([entry.keyKind.case === 'mapKey' ? entry.keyKind.value : undefined, entry.value]),
      );
    case 'comprehensionExpr': {
      const { iterRange, accuInit, loopCondition, loopStep, result } = exprKind.value;
      return defined([iterRange, accuInit, loopCondition, loopStep, result]);
    }
    default:
      return [];
  }
}

/** `signature.annotations` where a node is a chain of names, else undefined. */
export function pathOf(node: Expr | undefined): string | undefined {
  if (node?.exprKind.case === 'identExpr') return node.exprKind.value.name;
  if (node?.exprKind.case !== 'selectExpr') return undefined;
  const base = pathOf(node.exprKind.value.operand);
  return base === undefined ? undefined : `${base}.${node.exprKind.value.field}`;
}

/** The parser places an operator at the space before it, a selection at its dot. */
function wordAt(text: string, offset: number): number {
  const before = /(?:\s*\.)?\s*/y;
  before.lastIndex = offset;
  return offset + (before.exec(text)?.[0].length ?? 0);
}

function callName(macro: Expr | undefined): string | undefined {
  return macro?.exprKind.case === 'callExpr' ? macro.exprKind.value.function : undefined;
}

function defined(nodes: readonly (Expr | undefined)[]): readonly Expr[] {
  return nodes.filter((node) => node !== undefined);
}

function parseText(text: string): Parsed {
  try {
    // A comment must end with its line, also the last.
    return parse(`${text}\n`);
  } catch (error) {
    throw new ExpressionFault(offsetOfParseError(error), 'this is not CEL from here on', hintOfParseError(error));
  }
}

/** The parser's error has `location.start.offset`; its class is not exported. A grammar's error can be any. */
function offsetOfParseError(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('location' in error)) return 0;
  const { location } = error;
  if (typeof location !== 'object' || location === null || !('start' in location)) return 0;
  const { start } = location;
  if (typeof start !== 'object' || start === null || !('offset' in start)) return 0;
  return typeof start.offset === 'number' ? start.offset : 0;
}

function hintOfParseError(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.message.includes('reserved identifier')) return 'this word is reserved in CEL';
  if (error.message.includes('surrogate')) return 'surrogate code points are not allowed in strings';
  return undefined;
}
