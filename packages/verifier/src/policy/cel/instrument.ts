import { type Expr, partsOf } from './expression.ts';
import { appended } from './macros.ts';

/**
 * Changes a checked expression so that its evaluation can be bounded: each turn of a loop first pays for all that it may evaluate
 * (`@tick`), and `map` and `filter` add to their list in place (`@append`) instead of copying it in each turn. `a[b]` becomes a call
 * of a function of ours (`@index`), whose error says where it was.
 */
export function instrument(node: Expr): void {
  for (const part of partsOf(node)) instrument(part);
  if (node.exprKind.case === 'callExpr' && node.exprKind.value.function === '_[_]')
    node.exprKind.value.function = '@index';
  if (node.exprKind.case !== 'comprehensionExpr') return;
  const loop = node.exprKind.value;
  const { loopCondition, loopStep } = loop;
  if (loopCondition === undefined || loopStep === undefined) return;
  const cost = countNodes(loopCondition) + countNodes(loopStep);
  appendInPlace(loopStep);
  loop.loopCondition = call(node.id, '_&&_', [
    call(node.id, '@tick', [constant(node.id, BigInt(cost))]),
    loopCondition,
  ]);
}

/** Parts of an expression, each evaluated at most once outside of loops. */
export function countNodes(node: Expr): number {
  return partsOf(node).reduce((count, part) => count + countNodes(part), 1);
}

/** The step of a loop is `@result + [x]`, or that between `?` and `:`. */
function appendInPlace(step: Expr): void {
  if (step.exprKind.case !== 'callExpr') return;
  const { args } = step.exprKind.value;
  const element = appended(step);
  if (element !== undefined) step.exprKind = call(step.id, '@append', [...args.slice(0, 1), element]).exprKind;
  else if (args[1] !== undefined && appended(args[1]) !== undefined) appendInPlace(args[1]);
}

function call(id: bigint, name: string, args: Expr[]): Expr {
  return {
    $typeName: 'cel.expr.Expr',
    id,
    exprKind: { case: 'callExpr', value: { $typeName: 'cel.expr.Expr.Call', function: name, args } },
  };
}

function constant(id: bigint, value: bigint): Expr {
  const constantKind = { case: 'int64Value', value } as const;
  return {
    $typeName: 'cel.expr.Expr',
    id,
    exprKind: { case: 'constExpr', value: { $typeName: 'cel.expr.Constant', constantKind } },
  };
}
