import { type CelFunc, CelScalar, celFunc, celMethod, objectType } from '@bufbuild/cel';
import { create } from '@bufbuild/protobuf';
import { DurationSchema, TimestampSchema } from '@bufbuild/protobuf/wkt';
import { ValueFault } from './fault.ts';
import { type Calendar, parseDuration, parseTimestamp, parseZone, toCalendar } from './times.ts';

const { INT, STRING } = CelScalar;
const TIMESTAMP = objectType(TimestampSchema);
const DURATION = objectType(DurationSchema);

/**
 * Reading times, and what the calendar and the clock show of them. The library's own depend on the time zone of the machine:
 * an hour that its summer time leaves out is told as another. Its `timestamp(int)` takes milliseconds, CEL's takes seconds.
 */
export function timeFunctions(): readonly CelFunc[] {
  return [
    celFunc('timestamp', [STRING], TIMESTAMP, (text) => create(TimestampSchema, parseTimestamp(text))),
    celFunc('timestamp', [INT], TIMESTAMP, (seconds) => create(TimestampSchema, inRange(seconds))),
    celFunc('duration', [STRING], DURATION, (text) => create(DurationSchema, parseDuration(text))),
    celFunc('duration', [INT], DURATION, (seconds) => create(DurationSchema, parseDuration(`${seconds}s`))),
    ...getter('getFullYear', (at) => at.year),
    ...getter('getMonth', (at) => at.month),
    ...getter('getDate', (at) => at.day),
    ...getter('getDayOfMonth', (at) => at.day - 1),
    ...getter('getDayOfWeek', (at) => at.dayOfWeek),
    ...getter('getDayOfYear', (at) => at.dayOfYear),
    ...getter('getHours', (at) => at.hours),
    ...getter('getMinutes', (at) => at.minutes),
    ...getter('getSeconds', (at) => at.seconds),
    ...getter('getMilliseconds', (_at, nanos) => Math.floor(nanos / 1_000_000)),
  ];
}

function inRange(seconds: bigint): { readonly seconds: bigint } {
  if (seconds < -62_135_596_800n || seconds > 253_402_300_799n)
    throw new ValueFault(`${seconds} is no time from the year 1 to 9999`);
  return { seconds };
}

function getter(name: string, part: (at: Calendar, nanos: number) => number): readonly CelFunc[] {
  return [
    celMethod(name, TIMESTAMP, [], INT, function () {
      return BigInt(part(toCalendar(this.message.seconds, 0), this.message.nanos));
    }),
    celMethod(name, TIMESTAMP, [STRING], INT, function (zone) {
      return BigInt(part(toCalendar(this.message.seconds, parseZone(zone)), this.message.nanos));
    }),
  ];
}
