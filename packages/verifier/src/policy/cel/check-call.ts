import { didYouMean } from '../nearest.ts';
import type { Expr, Expression } from './expression.ts';
import { ExpressionFault } from './fault.ts';
import { functions, functionText, isOperator, type Signature } from './functions.ts';
import { checkLiteral } from './literals.ts';
import { macros } from './macros.ts';
import { type Bindings, dyn, fits, joinTypes, substitute, type Type, typeText } from './types.ts';

/** A call of a function or operator whose arguments have been looked at. */
export interface CheckedCall {
  readonly node: Expr;
  /** As the parser names it. */
  readonly name: string;
  readonly method: boolean;
  /** The receiver, if it is a method, then the arguments. */
  readonly parts: readonly Expr[];
  readonly types: readonly Type[];
}

/** The type that a call gives. @throws {ExpressionFault} if there is no such function, or it does not take these arguments */
export function checkCall(call: CheckedCall, expression: Expression): Type {
  const offset = expression.offsetOf(call.node);
  const signatures = signaturesOf(call.name, offset);
  const results = signatures.flatMap((signature) => resultOf(signature, call));
  if (results.length === 0) throw wrongArguments(call, signatures, offset);
  for (const [at, part] of call.parts.entries())
    checkLiteral({ name: call.name, at, part, offset: expression.offsetOf(part) });
  return results.slice(1).reduce((type, other) => joinTypes(type, other) ?? dyn, results[0] ?? dyn);
}

/** The ways to call a function. @throws {ExpressionFault} if there is none of this name */
export function signaturesOf(name: string, offset: number): readonly Signature[] {
  const signatures = functions.get(name);
  if (signatures === undefined) throw unknownFunction(name, offset);
  return signatures;
}

function resultOf(signature: Signature, call: CheckedCall): readonly Type[] {
  const { parameters, result, method } = signature;
  if (method !== call.method || parameters.length !== call.types.length) return [];
  const bindings: Bindings = new Map();
  const all = parameters.every((wanted, at) => fits(call.types[at] ?? dyn, wanted, bindings));
  return all ? [substitute(result, bindings)] : [];
}

function unknownFunction(name: string, offset: number): ExpressionFault {
  if (macros.includes(name))
    return new ExpressionFault(offset, `${name} takes a new name and an expression`, `write list.${name}(x, …)`);
  if (name === 'has')
    return new ExpressionFault(offset, 'has takes a field or a key', 'write has(signature.verifiedAt)');
  const known = [...functions.keys()].filter((other) => !isOperator(other));
  return new ExpressionFault(offset, `there is no function ${name}`, didYouMean(name, [...known, ...macros, 'has']));
}

function wrongArguments(call: CheckedCall, signatures: readonly Signature[], offset: number): ExpressionFault {
  const record = call.types.find((type) => type.kind === 'record');
  if (record !== undefined)
    return new ExpressionFault(offset, `${typeText(record)} is no value`, 'name one of its fields');
  const given = callText(call.name, call.method, call.types);
  return new ExpressionFault(offset, `${given} is not defined`, hintFor(call, signatures));
}

function hintFor(call: CheckedCall, signatures: readonly Signature[]): string {
  if (call.types.some((type) => type.kind === 'null'))
    return 'nothing here is ever null: has(…) tells whether it is there';
  if (call.name === '_==_' || call.name === '_!=_') return 'both sides must be of one type';
  if (call.name === '_?_:_') return 'the first part must be a bool, the other two of one type';
  return `it is defined for ${offered(call.name, signatures)}`;
}

function offered(name: string, signatures: readonly Signature[]): string {
  const texts = signatures.map(({ method, parameters }) => callText(name, method, parameters));
  return texts.length > 6 ? `${texts.slice(0, 6).join(', ')}, …` : texts.join(', ');
}

/** `string.contains(int)`, `string == int`. */
function callText(name: string, method: boolean, types: readonly Type[]): string {
  const texts = types.map(typeText);
  const text = functionText(name);
  if (name === '_?_:_') return texts.join(' ? ').replace(/ \? ([^?]*)$/, ' : $1');
  if (name === '_[_]') return `${texts[0]}[${texts[1]}]`;
  if (isOperator(name)) return texts.length === 1 ? `${text}${texts[0]}` : texts.join(` ${text} `);
  const [receiver = '', ...rest] = method ? texts : ['', ...texts];
  return `${method ? `${receiver}.` : ''}${text}(${rest.join(', ')})`;
}
