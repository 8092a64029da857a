import { PolicyError } from '../../errors.ts';
import type { Condition } from '../condition.ts';
import { checkTypes } from './check-types.ts';
import { planExpression } from './evaluate.ts';
import { parseExpression } from './expression.ts';
import { ExpressionFault, lineAndColumn } from './fault.ts';
import { conditionLimits } from './limits.ts';
import { conditionVariables } from './variables.ts';

/** Why an expression is no condition. Line and column count from 1 within the expression, columns in UTF-16 units. */
export interface ConditionProblem {
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly hint?: string;
}

/** A condition, ready to be evaluated. @throws {PolicyError} POLICY_INVALID, its place within the expression: `file` is empty */
export function compileCondition(text: string): Condition {
  const read = readCondition(text);
  if ('condition' in read) return read.condition;
  const { message, line, column, hint } = read.problem;
  const place = { file: '', line, column };
  throw new PolicyError('POLICY_INVALID', message, hint === undefined ? { place } : { place, hint });
}

/** The same for callers that know where in a file the expression stands: they add the place themselves. Never throws. */
export function readCondition(
  text: string,
): { readonly condition: Condition } | { readonly problem: ConditionProblem } {
  try {
    const expression = parseExpression(text);
    checkTypes(expression, conditionVariables);
    return { condition: { text, evaluate: planExpression(text, expression) } };
  } catch (error) {
    return { problem: problemOf(text, error) };
  }
}

/** Reads the conditions of one policy: each text once, and all different ones within a bound. */
export class ConditionReader {
  private readonly known = new Map<string, ReturnType<typeof readCondition>>();
  private bytes = 0;

  /** As {@link readCondition}. */
  read(text: string): ReturnType<typeof readCondition> {
    const found = this.known.get(text) ?? this.readNew(text);
    this.known.set(text, found);
    return found;
  }

  private readNew(text: string): ReturnType<typeof readCondition> {
    const { maxTotalBytes } = conditionLimits;
    this.bytes += new TextEncoder().encode(text).length;
    if (this.bytes <= maxTotalBytes) return readCondition(text);
    const message = `the different conditions of the policy have more than ${maxTotalBytes} bytes together`;
    return { problem: { message, line: 1, column: 1 } };
  }
}

function problemOf(text: string, error: unknown): ConditionProblem {
  if (!(error instanceof ExpressionFault))
    return { message: `the expression cannot be read: ${String(error)}`, line: 1, column: 1 };
  const { offset, message, hint } = error;
  return { message, ...lineAndColumn(text, offset), ...(hint === undefined ? {} : { hint }) };
}
