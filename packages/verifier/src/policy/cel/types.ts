/** Kinds of value without parts. `dyn`: known only when evaluated; also the element type of `[]`. */
export type SimpleKind =
  | 'bool'
  | 'int'
  | 'uint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'timestamp'
  | 'duration'
  | 'null'
  | 'dyn';

/** A field of a record. `optional`: it may be absent, and `has()` tells whether it is there. */
export interface Field {
  readonly type: Type;
  readonly optional?: true;
  /** One line for the docs. */
  readonly about: string;
}

/** The type of an expression. A record is one of our variables: it has fields and is no value that could be passed on. */
export type Type =
  | { readonly kind: SimpleKind }
  | { readonly kind: 'list'; readonly element: Type }
  | { readonly kind: 'map'; readonly key: Type; readonly value: Type }
  | { readonly kind: 'record'; readonly name: string; readonly fields: Readonly<Record<string, Field>> }
  | { readonly kind: 'parameter'; readonly name: string };

export const bool: Type = { kind: 'bool' };
export const int: Type = { kind: 'int' };
export const uint: Type = { kind: 'uint' };
export const double: Type = { kind: 'double' };
export const string: Type = { kind: 'string' };
export const bytes: Type = { kind: 'bytes' };
export const timestamp: Type = { kind: 'timestamp' };
export const duration: Type = { kind: 'duration' };
export const nothing: Type = { kind: 'null' };
export const dyn: Type = { kind: 'dyn' };
/** A list of one type of element. */
export const listOf = (element: Type): Type => ({ kind: 'list', element });
/** A map of one type of key and one of value. */
export const mapOf = (key: Type, value: Type): Type => ({ kind: 'map', key, value });
/** Stands for whatever type the arguments have, the same wherever it occurs in one signature. */
export const parameter = (name: string): Type => ({ kind: 'parameter', name });

/** As it is written in messages and docs: `map<string, string>`. */
export function typeText(type: Type): string {
  if (type.kind === 'list') return `list<${typeText(type.element)}>`;
  if (type.kind === 'map') return `map<${typeText(type.key)}, ${typeText(type.value)}>`;
  if (type.kind === 'record' || type.kind === 'parameter') return type.name;
  return type.kind;
}

/** The one type that both are, `dyn` where only one of them is known; undefined where they differ. Records have none. */
export function joinTypes(a: Type, b: Type): Type | undefined {
  if (a.kind === 'record' || b.kind === 'record') return undefined;
  if (a.kind === 'dyn') return b;
  if (b.kind === 'dyn') return a;
  if (a.kind === 'list' && b.kind === 'list') return joinLists(a.element, b.element);
  if (a.kind === 'map' && b.kind === 'map') return joinMaps(a, b);
  return a.kind === b.kind ? a : undefined;
}

/** What the parameters of a signature stand for in one call. */
export type Bindings = Map<string, Type>;

/** Whether an argument fits a parameter's type; binds the signature's type parameters on the way. */
export function fits(argument: Type, wanted: Type, bindings: Bindings): boolean {
  if (wanted.kind === 'parameter') return bind(wanted.name, argument, bindings);
  if (argument.kind === 'dyn') return true;
  if (wanted.kind === 'list') return argument.kind === 'list' && fits(argument.element, wanted.element, bindings);
  if (wanted.kind === 'map') {
    if (argument.kind !== 'map') return false;
    return fits(argument.key, wanted.key, bindings) && fits(argument.value, wanted.value, bindings);
  }
  return wanted.kind === argument.kind && argument.kind !== 'record';
}

/** A signature's type with its parameters replaced by what they are bound to. */
export function substitute(type: Type, bindings: Bindings): Type {
  if (type.kind === 'parameter') return bindings.get(type.name) ?? dyn;
  if (type.kind === 'list') return listOf(substitute(type.element, bindings));
  if (type.kind === 'map') return mapOf(substitute(type.key, bindings), substitute(type.value, bindings));
  return type;
}

function bind(name: string, argument: Type, bindings: Bindings): boolean {
  const joined = joinTypes(bindings.get(name) ?? dyn, argument);
  if (joined === undefined) return false;
  bindings.set(name, joined);
  return true;
}

function joinLists(a: Type, b: Type): Type | undefined {
  const element = joinTypes(a, b);
  return element === undefined ? undefined : listOf(element);
}

function joinMaps(a: Type & { kind: 'map' }, b: Type & { kind: 'map' }): Type | undefined {
  const key = joinTypes(a.key, b.key);
  const value = joinTypes(a.value, b.value);
  return key === undefined || value === undefined ? undefined : mapOf(key, value);
}
