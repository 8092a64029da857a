import { type CelError, isCelError, plan } from '@bufbuild/cel';
import type { ConditionAnswer, ConditionFacts } from '../condition.ts';
import { toActivation } from './activation.ts';
import { type Expr, type Expression, partsOf, pathOf } from './expression.ts';
import { lineAndColumn } from './fault.ts';
import { functionText } from './functions.ts';
import { countNodes, instrument } from './instrument.ts';
import { createMachine } from './machine.ts';

const machine = createMachine();

/** Makes a checked expression ready to be evaluated; it is changed on the way. */
export function planExpression(text: string, expression: Expression): (facts: ConditionFacts) => ConditionAnswer {
  const nodes = nodesById(expression.root);
  const cost = countNodes(expression.root);
  instrument(expression.root);
  const run = plan(machine.env, expression.root);
  const explain = (error: CelError): string => {
    const node = nodes.get(error.exprId ?? 0n);
    const { line, column } = lineAndColumn(text, node === undefined ? 0 : expression.offsetOf(node));
    return `the condition has no answer (line ${line}, column ${column}): ${shortened(reasonOf(error, node))}`;
  };
  return (facts) => {
    machine.start();
    try {
      machine.meter.charge(cost);
      return answerOf(run(toActivation(facts)), explain);
    } catch (error) {
      // The library turns all that its functions throw into values; what comes here is a fault of its own.
      return unknown(error instanceof Error ? error.message : 'it cannot be evaluated');
    }
  };
}

/** Only what reached a bound is unknown: an error means that the evidence was read, and does not show what was asked for. */
function answerOf(value: unknown, explain: (error: CelError) => string): ConditionAnswer {
  const { reached } = machine.meter;
  if (reached !== undefined) return unknown(reached);
  if (isCelError(value)) return { result: 'fail', message: explain(value) };
  if (value === true) return { result: 'pass', message: 'the condition is met' };
  if (value === false) return { result: 'fail', message: 'the condition is not met' };
  return { result: 'fail', message: 'the condition gives no bool' };
}

function unknown(reason: string): ConditionAnswer {
  return { result: 'unknown', message: `the condition could not be evaluated: ${reason}` };
}

function nodesById(root: Expr): ReadonlyMap<bigint, Expr> {
  const nodes = new Map<bigint, Expr>();
  const visit = (node: Expr): void => {
    nodes.set(node.id, node);
    for (const part of partsOf(node)) visit(part);
  };
  visit(root);
  return nodes;
}

/** The library names the field or key that is not there, not whose it is. */
function reasonOf(error: CelError, node: Expr | undefined): string {
  const [, name, types] = /^found no matching overload for '(.*)' applied to '(.*)'$/s.exec(error.message) ?? [];
  if (name !== undefined) return `${functionText(name)} does not take ${types}`;
  if (node?.exprKind.case === 'callExpr' && node.exprKind.value.function === '@index')
    return `${pathOf(node.exprKind.value.args[0]) ?? 'this'} ${error.message}`;
  if (node?.exprKind.case !== 'selectExpr' || !error.message.startsWith('field not found')) return error.message;
  const { operand, field } = node.exprKind.value;
  const path = pathOf(node);
  if (pathOf(operand) === 'signature') return `${path} is not there (has(${path}) tells)`;
  return `${pathOf(operand) ?? 'this'} has no "${field}"`;
}

/** What is quoted may come from outside. */
function shortened(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
