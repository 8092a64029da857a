import { didYouMean } from '../nearest.ts';
import { checkCall, signaturesOf } from './check-call.ts';
import type { Comprehension, Constant, Expr, Expression, Select, Struct } from './expression.ts';
import { ExpressionFault } from './fault.ts';
import { conditionLimits } from './limits.ts';
import { macroParts } from './macros.ts';
import {
  bool,
  bytes,
  double,
  dyn,
  int,
  joinTypes,
  listOf,
  mapOf,
  nothing,
  string,
  type Type,
  typeText,
  uint,
} from './types.ts';

/** Walks over an expression and finds what cannot be evaluated, or is no answer of yes or no. @throws {ExpressionFault} */
export function checkTypes(expression: Expression, variables: Readonly<Record<string, Type>>): void {
  const names = new Map(Object.entries(variables));
  const type = typeOf(expression.root, { names, loops: 0, depth: 0, expression });
  if (type.kind === 'bool') return;
  const hint = type.kind === 'dyn' ? 'compare it with something, such as `== true`' : undefined;
  throw new ExpressionFault(0, `a condition must be a bool, this is ${nounFor(type)}`, hint);
}

/** Where in an expression a node stands. */
interface Scope {
  readonly expression: Expression;
  /** Our variables, and those of the macros around. */
  readonly names: ReadonlyMap<string, Type>;
  /** Macros around. */
  readonly loops: number;
  /** Nodes around. */
  readonly depth: number;
}

function typeOf(node: Expr, outer: Scope): Type {
  const scope = { ...outer, depth: outer.depth + 1 };
  if (scope.depth > conditionLimits.maxDepth)
    throw fault(scope, node, `the expression is nested deeper than ${conditionLimits.maxDepth}`);
  const { exprKind } = node;
  switch (exprKind.case) {
    case 'constExpr':
      return typeOfConstant(node, exprKind.value.constantKind, scope);
    case 'identExpr':
      return typeOfName(node, exprKind.value.name, scope);
    case 'selectExpr':
      return typeOfSelect(node, exprKind.value, scope);
    case 'callExpr': {
      const { target, args, function: name } = exprKind.value;
      signaturesOf(name, scope.expression.offsetOf(node));
      const parts = target === undefined ? args : [target, ...args];
      const types = parts.map((part) => typeOf(part, scope));
      return checkCall({ node, name, method: target !== undefined, parts, types }, scope.expression);
    }
    case 'listExpr':
      return typeOfList(node, exprKind.value.elements, scope);
    case 'structExpr':
      return typeOfMap(node, exprKind.value, scope);
    case 'comprehensionExpr':
      return typeOfLoop(node, exprKind.value, scope);
    default:
      throw fault(scope, node, 'this is not supported');
  }
}

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

function typeOfConstant(node: Expr, constant: Constant, scope: Scope): Type {
  switch (constant.case) {
    case 'boolValue':
      return bool;
    case 'int64Value':
      if (constant.value >= int64.min && constant.value <= int64.max) return int;
      throw fault(scope, node, `${constant.value} does not fit an int (64 bits)`);
    case 'uint64Value':
      if (constant.value < 2n ** 64n) return uint;
      throw fault(scope, node, `${constant.value}u does not fit a uint (64 bits)`);
    case 'doubleValue':
      if (Number.isFinite(constant.value)) return double;
      throw fault(scope, node, 'this number does not fit a double');
    case 'stringValue':
      return string;
    case 'bytesValue':
      return bytes;
    case 'nullValue':
      return nothing;
    default:
      throw fault(scope, node, 'this is not supported');
  }
}

function typeOfName(node: Expr, name: string, scope: Scope): Type {
  const type = scope.names.get(name);
  if (type !== undefined) return type;
  throw fault(scope, node, `there is no variable ${name}`, didYouMean(name, scope.names.keys()));
}

function typeOfSelect(node: Expr, select: Select, scope: Scope): Type {
  const { operand, field: name, testOnly } = select;
  if (operand === undefined) throw fault(scope, node, 'this is not supported');
  const type = typeOf(operand, scope);
  if (type.kind === 'dyn') return testOnly ? bool : dyn;
  if (type.kind === 'map' && (type.key.kind === 'string' || type.key.kind === 'dyn'))
    return testOnly ? bool : type.value;
  if (type.kind !== 'record') throw fault(scope, node, `${nounFor(type)} has no field ${name}`);
  const field = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined;
  if (field === undefined)
    throw fault(scope, node, `${type.name} has no field ${name}`, didYouMean(name, Object.keys(type.fields)));
  if (!testOnly) return field.type;
  if (field.optional === true) return bool;
  const hint = field.type.kind === 'string' ? `write ${type.name}.${name} != "" to ask whether it is empty` : undefined;
  throw fault(scope, node, `${type.name}.${name} is always there`, hint);
}

function typeOfList(node: Expr, elements: readonly Expr[], scope: Scope): Type {
  checkLength(node, elements.length, scope);
  let element: Type = dyn;
  for (const part of elements) element = joinWith(element, part, { scope, what: 'elements of a list' });
  return listOf(element);
}

function typeOfMap(node: Expr, struct: Struct, scope: Scope): Type {
  if (struct.messageName !== '')
    throw fault(scope, node, `there are no messages such as ${struct.messageName}`, 'a map is written {"key": value}');
  checkLength(node, struct.entries.length, scope);
  let key: Type = dyn;
  let value: Type = dyn;
  for (const entry of struct.entries) {
    if (entry.keyKind.case !== 'mapKey' || entry.value === undefined) throw fault(scope, node, 'this is not supported');
    key = joinWith(key, entry.keyKind.value, { scope, what: 'keys of a map' });
    if (!['string', 'int', 'uint', 'bool', 'dyn'].includes(key.kind))
      throw fault(scope, entry.keyKind.value, `${nounFor(key)} cannot be the key of a map`);
    value = joinWith(value, entry.value, { scope, what: 'values of a map' });
  }
  return mapOf(key, value);
}

function joinWith(type: Type, part: Expr, { scope, what }: { readonly scope: Scope; readonly what: string }): Type {
  const added = typeOf(part, scope);
  const joined = joinTypes(type, added);
  if (joined !== undefined) return joined;
  if (added.kind === 'record') throw fault(scope, part, `${added.name} is no value; name one of its fields`);
  throw fault(
    scope,
    part,
    `all ${what} must be of one type: this is ${nounFor(added)}, the ones before are ${typeText(type)}`,
  );
}

function checkLength(node: Expr, length: number, scope: Scope): void {
  const { maxLiteralElements } = conditionLimits;
  if (length > maxLiteralElements) throw fault(scope, node, `there are more than ${maxLiteralElements} elements`);
}

function typeOfLoop(node: Expr, loop: Comprehension, outer: Scope): Type {
  const { expression } = outer;
  const macro = expression.macroOf(node);
  const parts = macroParts(macro, loop);
  if (parts === undefined || loop.iterRange === undefined) throw fault(outer, node, 'this is not supported');
  const element = elementOf(node, typeOf(loop.iterRange, outer), outer);
  const scope = innerScope(node, { name: loop.iterVar, element }, outer);
  if (parts.predicate !== undefined) {
    const predicate = typeOf(parts.predicate, scope);
    if (predicate.kind !== 'bool' && predicate.kind !== 'dyn')
      throw fault(scope, parts.predicate, `${macro} asks for a bool, this is ${nounFor(predicate)}`);
  }
  if (macro === 'filter') return listOf(element);
  return parts.transform === undefined ? bool : typeOfList(node, [parts.transform], scope);
}

function elementOf(node: Expr, range: Type, scope: Scope): Type {
  if (range.kind === 'list') return range.element;
  if (range.kind === 'map') return range.key;
  if (range.kind === 'dyn') return dyn;
  throw fault(
    scope,
    node,
    `${scope.expression.macroOf(node)} walks over a list or the keys of a map, not over ${nounFor(range)}`,
  );
}

function innerScope(node: Expr, inner: { readonly name: string; readonly element: Type }, outer: Scope): Scope {
  const { maxComprehensionDepth } = conditionLimits;
  if (outer.loops === maxComprehensionDepth)
    throw fault(
      outer,
      node,
      `all, exists, exists_one, filter and map may not be nested deeper than ${maxComprehensionDepth}`,
    );
  if (outer.names.has(inner.name))
    throw fault(outer, node, `${inner.name} names something already`, 'take another name for the elements');
  const names = new Map([...outer.names, [inner.name, inner.element]]);
  return { ...outer, names, loops: outer.loops + 1 };
}

/** `a string`, `an int`. */
function nounFor(type: Type): string {
  const text = typeText(type);
  return `${/^[aio]/.test(text) ? 'an' : 'a'} ${text}`;
}

function fault(scope: Scope, node: Expr, message: string, hint?: string): ExpressionFault {
  return new ExpressionFault(scope.expression.offsetOf(node), message, hint);
}
