import { type CelFunc, CelScalar, celFunc, celUint } from '@bufbuild/cel';
import { ValueFault } from './fault.ts';
import type { Meter } from './meter.ts';

const { BOOL, BYTES, DOUBLE, INT, STRING, UINT } = CelScalar;

/** Conversions from and to strings. The library's take `""`, `" 5 "` and `0x10` as numbers. */
export function conversionFunctions(meter: Meter): readonly CelFunc[] {
  return [
    celFunc('int', [STRING], INT, toInt),
    celFunc('uint', [STRING], UINT, (text) => celUint(toUint(text))),
    celFunc('double', [STRING], DOUBLE, toDouble),
    celFunc('bool', [STRING], BOOL, toBool),
    celFunc('bytes', [STRING], BYTES, (text) => {
      meter.chargeFor(text.length);
      return new TextEncoder().encode(text);
    }),
    celFunc('string', [BYTES], STRING, (bytes) => {
      meter.chargeFor(bytes.length);
      return decode(bytes);
    }),
  ];
}

function toInt(text: string): bigint {
  const value = /^[+-]?\d{1,19}$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
  if (value === undefined || BigInt.asIntN(64, value) !== value) throw noValue(text, 'an int');
  return value;
}

function toUint(text: string): bigint {
  const value = /^\+?\d{1,20}$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
  if (value === undefined || BigInt.asUintN(64, value) !== value) throw noValue(text, 'a uint');
  return value;
}

function toDouble(text: string): number {
  const decimal = text.length <= 100 && /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text);
  if (!decimal) throw noValue(text, 'a double');
  return Number(text);
}

const words: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'True', 'TRUE', 't', '1'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE', 'f', '0'].map((word) => [word, false] as const),
]);

function toBool(text: string): boolean {
  const value = words.get(text);
  if (value === undefined) throw noValue(text, 'a bool');
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // The decoder throws for one reason alone.
    throw new ValueFault('the bytes are not UTF-8');
  }
}

function noValue(text: string, wanted: string): ValueFault {
  return new ValueFault(`${JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)} is not ${wanted}`);
}
