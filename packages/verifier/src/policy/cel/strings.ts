import { type CelFunc, CelScalar, celFunc, celMethod } from '@bufbuild/cel';
import { conditionLimits } from './limits.ts';
import type { Meter } from './meter.ts';
import type { Pattern } from './patterns.ts';

const { BOOL, BYTES, INT, STRING } = CelScalar;

/** Functions of strings and bytes, paid for by their length. `patternOf` compiles a pattern, or has it already. */
export function stringFunctions(meter: Meter, patternOf: (text: string) => Pattern): readonly CelFunc[] {
  return [...searches(meter), ...sizes(meter), ...concatenations(meter), ...orders(meter), matches(meter, patternOf)];
}

function searches(meter: Meter): readonly CelFunc[] {
  return [
    celMethod('contains', STRING, [STRING], BOOL, function (part) {
      // In the worst case the search compares the part anew at each place.
      meter.chargeFor(this.length * Math.max(1, part.length), conditionLimits.unitsPerStep * 16);
      return this.includes(part);
    }),
    celMethod('startsWith', STRING, [STRING], BOOL, function (part) {
      meter.chargeFor(part.length);
      return this.startsWith(part);
    }),
    celMethod('endsWith', STRING, [STRING], BOOL, function (part) {
      meter.chargeFor(part.length);
      return this.endsWith(part);
    }),
  ];
}

function matches(meter: Meter, patternOf: (text: string) => Pattern): CelFunc {
  return celMethod('matches', STRING, [STRING], BOOL, function (text) {
    const pattern = patternOf(text);
    meter.chargeFor(this.length * pattern.size, conditionLimits.matchUnitsPerStep);
    return pattern.test(this);
  });
}

function sizes(meter: Meter): readonly CelFunc[] {
  const sizeOf = (text: string): bigint => {
    meter.chargeFor(text.length);
    return BigInt(text.length - pairsIn(text));
  };
  return [
    celFunc('size', [STRING], INT, sizeOf),
    celMethod('size', STRING, [], INT, function () {
      return sizeOf(this);
    }),
  ];
}

/** Characters beyond U+FFFF, which JavaScript counts as two. */
function pairsIn(text: string): number {
  return text.match(/[\u{10000}-\u{10ffff}]/gu)?.length ?? 0;
}

function concatenations(meter: Meter): readonly CelFunc[] {
  const pay = (length: number): void => {
    const { maxStringLength } = conditionLimits;
    if (length > maxStringLength) meter.fail(`it makes a string of more than ${maxStringLength} characters`);
    meter.chargeFor(length);
  };
  return [
    celFunc('_+_', [STRING, STRING], STRING, (a, b) => {
      pay(a.length + b.length);
      return a + b;
    }),
    celFunc('_+_', [BYTES, BYTES], BYTES, (a, b) => {
      pay(a.length + b.length);
      const joined = new Uint8Array(a.length + b.length);
      joined.set(a);
      joined.set(b, a.length);
      return joined;
    }),
  ];
}

function orders(meter: Meter): readonly CelFunc[] {
  const operators: readonly (readonly [string, (order: number) => boolean])[] = [
    ['_<_', (order) => order < 0],
    ['_<=_', (order) => order <= 0],
    ['_>_', (order) => order > 0],
    ['_>=_', (order) => order >= 0],
  ];
  return operators.flatMap(([name, holds]) => [
    celFunc(name, [STRING, STRING], BOOL, (a, b) => {
      meter.chargeFor(a.length + b.length);
      return holds(orderOfTexts(a, b));
    }),
    celFunc(name, [BYTES, BYTES], BOOL, (a, b) => {
      meter.chargeFor(Math.min(a.length, b.length));
      return holds(orderOfBytes(a, b));
    }),
  ]);
}

/** By code points, which is the order of their UTF-8 bytes; JavaScript orders by UTF-16 units. */
function orderOfTexts(a: string, b: string): number {
  if (a === b) return 0;
  if (!/[\ud800-\udfff]/.test(a + b)) return a < b ? -1 : 1;
  const encoder = new TextEncoder();
  return orderOfBytes(encoder.encode(a), encoder.encode(b));
}

function orderOfBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at < 0 || at >= b.length ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? 0);
}
