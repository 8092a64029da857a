import {
  type CelFunc,
  type CelList,
  type CelMap,
  CelScalar,
  type CelValue,
  celFunc,
  celList,
  isCelUint,
  listType,
  mapType,
} from '@bufbuild/cel';
import { equal } from './equality.ts';
import { ValueFault } from './fault.ts';
import { conditionLimits } from './limits.ts';
import type { Meter } from './meter.ts';

const { BOOL, DOUBLE, DYN, INT, STRING, UINT } = CelScalar;
const LIST = listType(DYN);
const MAP = mapType(DYN, DYN);

/** Equality of all values, and what makes or searches lists, paid for by element. */
export function listFunctions(meter: Meter): readonly CelFunc[] {
  return [
    celFunc('_==_', [DYN, DYN], BOOL, (a, b) => equal(a, b, meter)),
    celFunc('_!=_', [DYN, DYN], BOOL, (a, b) => !equal(a, b, meter)),
    celFunc('@in', [DYN, LIST], BOOL, (value, list) => isIn(value, list, meter)),
    celFunc('_+_', [LIST, LIST], LIST, (a, b) => concatenate(a, b, meter)),
    append(meter),
    celFunc('@index', [LIST, INT], DYN, elementAt),
    celFunc('@index', [MAP, DYN], DYN, (map, key) => valueAt(map, key, meter)),
    ...[INT, UINT, STRING, BOOL, DOUBLE].map((type) =>
      celFunc('@in', [type, MAP], BOOL, (key, map) => lookUp(map, key, meter) !== undefined),
    ),
  ];
}

function isIn(value: CelValue, list: CelList, meter: Meter): boolean {
  for (const element of list) {
    if (equal(element, value, meter)) return true;
  }
  return false;
}

function concatenate(a: CelList, b: CelList, meter: Meter): CelList {
  payForList(a.size + b.size, meter);
  meter.chargeFor(a.size + b.size);
  return celList([...a, ...b]);
}

/** The lists that `map` and `filter` are making. Nothing else can name such a list before it is done. */
function append(meter: Meter): CelFunc {
  const inTheMaking = new WeakMap<CelList, CelValue[]>();
  return celFunc('@append', [LIST, DYN], LIST, (list, element) => {
    payForList(list.size + 1, meter);
    const elements = inTheMaking.get(list);
    if (elements !== undefined) {
      elements.push(element);
      return list;
    }
    const first = [...list, element];
    const made = celList(first);
    inTheMaking.set(made, first);
    return made;
  });
}

function payForList(size: number, meter: Meter): void {
  const { maxListLength } = conditionLimits;
  if (size > maxListLength) meter.fail(`it makes a list of more than ${maxListLength} elements`);
}

function elementAt(list: CelList, index: bigint): CelValue {
  const element = index < 0n || index >= BigInt(list.size) ? undefined : list.get(Number(index));
  if (element === undefined) throw new ValueFault(`has ${list.size} elements, none at ${index}`);
  return element;
}

function valueAt(map: CelMap, key: CelValue, meter: Meter): CelValue {
  const value = lookUp(map, key, meter);
  if (value !== undefined) return value;
  const text = typeof key === 'string' ? JSON.stringify(key.length > 100 ? `${key.slice(0, 100)}…` : key) : 'such key';
  throw new ValueFault(`has no ${text}`);
}

/** The library compares a number with each of a map's keys. */
function lookUp(map: CelMap, key: CelValue, meter: Meter): CelValue | undefined {
  meter.chargeFor(map.size);
  return isKey(key) ? map.get(key) : undefined;
}

function isKey(value: CelValue): value is Parameters<CelMap['get']>[0] {
  return ['string', 'bigint', 'number', 'boolean'].includes(typeof value) || isCelUint(value);
}
