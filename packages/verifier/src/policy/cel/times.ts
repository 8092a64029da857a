import { ValueFault } from './fault.ts';

/** A point in time, or a span: whole seconds, and the rest in nanoseconds of the same sign (of a point: never below 0). */
export interface Seconds {
  readonly seconds: bigint;
  readonly nanos: number;
}

/** A point in time as people name it. `month` and `dayOfYear` count from 0, `dayOfWeek` from Sunday = 0. */
export interface Calendar {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly dayOfWeek: number;
  readonly dayOfYear: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** `2026-01-31T12:00:00Z`. @throws {ValueFault} for anything else, and for days that do not exist. Rule: RFC 3339 5.6 */
export function parseTimestamp(text: string): Seconds {
  const [all, year, month, day, hours, minutes, seconds, fraction = '', zone = ''] = rfc3339.exec(text) ?? [];
  if (all === undefined) throw new ValueFault(`${quoted(text)} is no time such as 2026-01-31T12:00:00Z`);
  const [y, mo, d, h, mi, s] = [year, month, day, hours, minutes, seconds].map(Number) as Six;
  const days = daysOf(y, mo - 1, d);
  const exists = y > 0 && calendarOfDays(days).month === mo - 1 && calendarOfDays(days).day === d;
  if (!exists || h > 23 || mi > 59 || s > 59) throw new ValueFault(`${quoted(text)} is a time that does not exist`);
  const local = days * 86_400 + h * 3600 + mi * 60 + s;
  return { seconds: BigInt(local - parseZone(zone) * 60), nanos: Number(fraction.padEnd(9, '0')) };
}

type Six = [number, number, number, number, number, number];

const unitNanos: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** `72h`, `1h30m`, `-1.5s`. @throws {ValueFault}. Rule: CEL language definition, "duration(string)" */
export function parseDuration(text: string): Seconds {
  if (/^[-+]?0$/.test(text)) return { seconds: 0n, nanos: 0 };
  const form = /^([-+]?)((?:\d{1,18}(?:\.\d{0,18})?(?:ns|us|µs|ms|s|m|h)){1,16})$/.exec(text);
  if (form === null) throw new ValueFault(`${quoted(text)} is no duration such as 72h or 1h30m`);
  let nanos = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of (form[2] ?? '').matchAll(/(\d+)(?:\.(\d*))?([a-zµ]+)/g)) {
    const each = unitNanos[unit] ?? 0n;
    nanos += BigInt(whole) * each + (BigInt(`0${fraction}`) * each) / 10n ** BigInt(fraction.length);
  }
  if (nanos >= 2n ** 63n) throw new ValueFault(`${quoted(text)} is longer than 292 years`);
  const signed = form[1] === '-' ? -nanos : nanos;
  return { seconds: signed / 1_000_000_000n, nanos: Number(signed % 1_000_000_000n) };
}

/**
 * Minutes east of UTC: `UTC`, `Z`, `+02:00`, `-05:30`. @throws {ValueFault} for names of places: their rules are the machine's,
 * and the same policy must give the same answer everywhere.
 */
export function parseZone(text: string): number {
  if (text === 'UTC' || text === 'Z') return 0;
  const [, sign, hours = '', minutes = ''] = /^([+-])(\d\d):(\d\d)$/.exec(text) ?? [];
  if (sign === undefined || Number(hours) > 23 || Number(minutes) > 59)
    throw new ValueFault(`${quoted(text)} is no time zone: UTC, or an offset such as +02:00`);
  const offset = Number(hours) * 60 + Number(minutes);
  return sign === '-' ? -offset : offset;
}

/** What the calendar and the clock show so many minutes east of UTC. */
export function toCalendar(seconds: bigint, minutesEast: number): Calendar {
  const local = Number(seconds) + minutesEast * 60;
  const days = Math.floor(local / 86_400);
  const ofDay = local - days * 86_400;
  return {
    ...calendarOfDays(days),
    hours: Math.floor(ofDay / 3600),
    minutes: Math.floor(ofDay / 60) % 60,
    seconds: ofDay % 60,
  };
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar; `month` counts from 0. */
function daysOf(year: number, month: number, day: number): number {
  // Years from March on: the leap day is the last of a year, and months have the lengths 31 30 31 30 31 31 30 …
  const shifted = month < 2 ? year - 1 : year;
  const fromMarch = Math.floor((153 * ((month + 10) % 12) + 2) / 5) + day - 1;
  return shifted * 365 + leapDays(shifted) + fromMarch - 719_468;
}

function leapDays(year: number): number {
  return Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400);
}

type Day = Pick<Calendar, 'year' | 'month' | 'day' | 'dayOfWeek' | 'dayOfYear'>;

function calendarOfDays(days: number): Day {
  let year = 1970 + Math.floor(days / 365.2425);
  while (daysOf(year + 1, 0, 1) <= days) year++;
  while (daysOf(year, 0, 1) > days) year--;
  let month = 11;
  while (daysOf(year, month, 1) > days) month--;
  const day = days - daysOf(year, month, 1) + 1;
  return { year, month, day, dayOfWeek: (((days + 4) % 7) + 7) % 7, dayOfYear: days - daysOf(year, 0, 1) };
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
