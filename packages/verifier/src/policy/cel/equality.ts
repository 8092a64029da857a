import { type CelList, type CelMap, type CelValue, isCelList, isCelMap, isCelUint } from '@bufbuild/cel';
import { isMessage } from '@bufbuild/protobuf';
import { isReflectMessage } from '@bufbuild/protobuf/reflect';
import { DurationSchema, TimestampSchema } from '@bufbuild/protobuf/wkt';
import type { Meter } from './meter.ts';

/**
 * Whether two values are equal, each step paid for: lists that hold the same list twice, nested, are small and yet take forever.
 * Rule: CEL language definition, "Equality": numbers across types by value, NaN equals nothing, values of different types never.
 */
export function equal(a: CelValue, b: CelValue, meter: Meter): boolean {
  meter.charge(1);
  const [left, right] = [plainNumber(a), plainNumber(b)];
  if (isNumber(left) && isNumber(right))
    return left === right || (typeof left !== typeof right && numericallyEqual(left, right));
  if (typeof left === 'string' && typeof right === 'string') {
    if (left.length === right.length) meter.chargeFor(left.length);
    return left === right;
  }
  if (left instanceof Uint8Array) return right instanceof Uint8Array && equalBytes(left, right, meter);
  if (isCelList(left)) return isCelList(right) && equalLists(left, right, meter);
  if (isCelMap(left)) return isCelMap(right) && equalMaps(left, right, meter);
  return left === right || equalTimes(left, right);
}

function plainNumber(value: CelValue): CelValue {
  return isCelUint(value) ? value.value : value;
}

function isNumber(value: CelValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function numericallyEqual(a: number | bigint, b: number | bigint): boolean {
  // The comparison of JavaScript is exact between the two types, unlike a conversion of one to the other.
  return a <= b && a >= b;
}

function equalBytes(a: Uint8Array, b: Uint8Array, meter: Meter): boolean {
  if (a.length !== b.length) return false;
  meter.chargeFor(a.length);
  return a.every((byte, at) => byte === b[at]);
}

function equalLists(a: CelList, b: CelList, meter: Meter): boolean {
  if (a.size !== b.size) return false;
  for (let at = 0; at < a.size; at++) {
    const [left, right] = [a.get(at), b.get(at)];
    if (left === undefined || right === undefined || !equal(left, right, meter)) return false;
  }
  return true;
}

function equalMaps(a: CelMap, b: CelMap, meter: Meter): boolean {
  if (a.size !== b.size) return false;
  for (const [key, left] of a) {
    // The library compares a number with each of a map's keys.
    meter.chargeFor(b.size);
    const right = b.get(key);
    if (right === undefined || !equal(left, right, meter)) return false;
  }
  return true;
}

function equalTimes(a: CelValue, b: CelValue): boolean {
  if (!isReflectMessage(a) || !isReflectMessage(b)) return false;
  const [left, right] = [a.message, b.message];
  for (const schema of [TimestampSchema, DurationSchema]) {
    if (isMessage(left, schema) && isMessage(right, schema))
      return left.seconds === right.seconds && left.nanos === right.nanos;
  }
  return false;
}
