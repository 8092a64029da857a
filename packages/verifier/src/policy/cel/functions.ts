import {
  bool,
  bytes,
  double,
  duration,
  dyn,
  int,
  listOf,
  mapOf,
  parameter,
  string,
  type Type,
  timestamp,
  uint,
} from './types.ts';

/** One way to call a function or operator. */
export interface Signature {
  /** Called as `receiver.name(arguments)`; the receiver is the first of `parameters`. */
  readonly method: boolean;
  readonly parameters: readonly Type[];
  readonly result: Type;
}

const T = parameter('T');
const K = parameter('K');
const V = parameter('V');
const func = (parameters: readonly Type[], result: Type): Signature => ({ method: false, parameters, result });
const method = (parameters: readonly Type[], result: Type): Signature => ({ method: true, parameters, result });
const both = (parameters: readonly Type[], result: Type): readonly Signature[] => [
  func(parameters, result),
  method(parameters, result),
];

const ordered = [int, uint, double, string, bytes, bool, timestamp, duration].map((type) => func([type, type], bool));
const inTimeZone = [method([timestamp], int), method([timestamp, string], int)];
const ofTimes = [...inTimeZone, method([duration], int)];

/** All that a condition may call; operators by the names that CEL's parser gives them. Everything else is refused when loaded. */
export const functions: ReadonlyMap<string, readonly Signature[]> = new Map(
  Object.entries({
    '!_': [func([bool], bool)],
    '_&&_': [func([bool, bool], bool)],
    '_||_': [func([bool, bool], bool)],
    '_?_:_': [func([bool, T, T], T)],
    '_==_': [func([T, T], bool)],
    '_!=_': [func([T, T], bool)],
    '_<_': ordered,
    '_<=_': ordered,
    '_>_': ordered,
    '_>=_': ordered,
    '@in': [func([T, listOf(T)], bool), func([K, mapOf(K, V)], bool)],
    '_[_]': [func([listOf(T), int], T), func([mapOf(K, V), K], V)],
    '_+_': [
      func([int, int], int),
      func([uint, uint], uint),
      func([double, double], double),
      func([string, string], string),
      func([bytes, bytes], bytes),
      func([listOf(T), listOf(T)], listOf(T)),
      func([timestamp, duration], timestamp),
      func([duration, timestamp], timestamp),
      func([duration, duration], duration),
    ],
    '_-_': [
      func([int, int], int),
      func([uint, uint], uint),
      func([double, double], double),
      func([timestamp, timestamp], duration),
      func([timestamp, duration], timestamp),
      func([duration, duration], duration),
    ],
    '_*_': [func([int, int], int), func([uint, uint], uint), func([double, double], double)],
    '_/_': [func([int, int], int), func([uint, uint], uint), func([double, double], double)],
    '_%_': [func([int, int], int), func([uint, uint], uint)],
    '-_': [func([int], int), func([double], double)],

    size: [string, bytes, listOf(T), mapOf(K, V)].flatMap((type) => both([type], int)),
    contains: [method([string, string], bool)],
    startsWith: [method([string, string], bool)],
    endsWith: [method([string, string], bool)],
    matches: [method([string, string], bool)],

    bool: [bool, string].map((type) => func([type], bool)),
    int: [int, uint, double, string, timestamp, duration].map((type) => func([type], int)),
    uint: [uint, int, double, string].map((type) => func([type], uint)),
    double: [double, int, uint, string].map((type) => func([type], double)),
    string: [string, bool, int, uint, double, bytes, timestamp, duration].map((type) => func([type], string)),
    bytes: [bytes, string].map((type) => func([type], bytes)),
    timestamp: [timestamp, string, int].map((type) => func([type], timestamp)),
    duration: [duration, string, int].map((type) => func([type], duration)),
    dyn: [func([T], dyn)],

    getFullYear: inTimeZone,
    getMonth: inTimeZone,
    getDate: inTimeZone,
    getDayOfMonth: inTimeZone,
    getDayOfWeek: inTimeZone,
    getDayOfYear: inTimeZone,
    getHours: ofTimes,
    getMinutes: ofTimes,
    getSeconds: ofTimes,
    getMilliseconds: inTimeZone,
  } satisfies Record<string, readonly Signature[]>),
);

/** As a user writes it: `==` for `_==_`, `in` for `@in`. */
export function functionText(name: string): string {
  return isOperator(name) ? name.replace(/[@_]/g, '') : name;
}

/** Whether a name of the parser's is an operator's. */
export function isOperator(name: string): boolean {
  return !/^[A-Za-z]/.test(name);
}
