import type { Comprehension, Expr } from './expression.ts';

/** The macros that walk over a list, or over the keys of a map. */
export const macros: readonly string[] = ['all', 'exists', 'exists_one', 'existsOne', 'filter', 'map'];

/** What the user wrote inside of a macro's brackets. */
export interface MacroParts {
  /** What must be true or false of each. */
  readonly predicate: Expr | undefined;
  /** What `map` makes of each. */
  readonly transform: Expr | undefined;
}

/** Finds the user's parts in the loop that the parser made of a macro; undefined for a loop of another form. */
export function macroParts(macro: string | undefined, loop: Comprehension): MacroParts | undefined {
  const step = argumentsOf(loop.loopStep);
  if (macro === 'all' || macro === 'exists') return only({ predicate: step[1], transform: undefined });
  if (macro === 'exists_one' || macro === 'existsOne' || macro === 'filter')
    return only({ predicate: step[0], transform: undefined });
  if (macro !== 'map') return undefined;
  if (step.length === 2) return only({ predicate: undefined, transform: appended(loop.loopStep) });
  const transform = appended(step[1]);
  return transform === undefined ? undefined : only({ predicate: step[0], transform });
}

/** The element of `@result + [element]`, which is how the macros `map` and `filter` collect. */
export function appended(node: Expr | undefined): Expr | undefined {
  const [list, added] = argumentsOf(node);
  if (node?.exprKind.case !== 'callExpr' || node.exprKind.value.function !== '_+_') return undefined;
  if (list?.exprKind.case !== 'identExpr' || list.exprKind.value.name !== '@result') return undefined;
  return added?.exprKind.case === 'listExpr' ? added.exprKind.value.elements[0] : undefined;
}

function only(parts: MacroParts): MacroParts | undefined {
  return parts.predicate === undefined && parts.transform === undefined ? undefined : parts;
}

function argumentsOf(node: Expr | undefined): readonly Expr[] {
  return node?.exprKind.case === 'callExpr' ? node.exprKind.value.args : [];
}
