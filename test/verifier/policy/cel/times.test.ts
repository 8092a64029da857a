import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseDuration,
  parseTimestamp,
  parseZone,
  toCalendar,
} from '../../../../packages/verifier/src/policy/cel/times.ts';

describe('parseTimestamp', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0n, 0],
    ['1969-12-31T23:59:59.5Z', -1n, 500_000_000],
    ['2026-01-31T12:00:00.000000001+02:00', 1769853600n, 1],
    ['2024-02-29T00:00:00-05:30', 1709184600n, 0],
    ['0001-01-01T00:00:00Z', -62135596800n, 0],
    ['9999-12-31T23:59:59Z', 253402300799n, 0],
  ])('%s', (text, seconds, nanos) => {
    expect(parseTimestamp(text)).toEqual({ seconds, nanos });
  });

  it.each([
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-32T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:60Z',
    '0000-01-01T00:00:00Z',
  ])('%s does not exist', (text) => {
    expect(() => parseTimestamp(text)).toThrow('does not exist');
  });

  it.each([
    '',
    '2026-01-01',
    '2026-01-01T00:00:00',
    '2026-01-01 00:00:00Z',
    '2026-1-1T0:0:0Z',
    '2026-01-01T00:00:00.Z',
  ])('%j is none', (text) => {
    expect(() => parseTimestamp(text)).toThrow('is no time such as');
  });

  it('and toCalendar agree with the calendar of JavaScript', () => {
    const instants = fc.integer({ min: -62_135_596_800, max: 253_402_300_799 });
    fc.assert(
      fc.property(instants, (seconds) => {
        const date = new Date(seconds * 1000);
        const text = date.toISOString();
        fc.pre(/^\d{4}-/.test(text));
        expect(parseTimestamp(text).seconds).toBe(BigInt(seconds));
        expect(toCalendar(BigInt(seconds), 0)).toEqual({
          year: date.getUTCFullYear(),
          month: date.getUTCMonth(),
          day: date.getUTCDate(),
          dayOfWeek: date.getUTCDay(),
          dayOfYear: (Date.parse(text.slice(0, 10)) - Date.parse(`${text.slice(0, 4)}-01-01`)) / 86_400_000,
          hours: date.getUTCHours(),
          minutes: date.getUTCMinutes(),
          seconds: date.getUTCSeconds(),
        });
      }),
    );
  });
});

describe('parseDuration', () => {
  it.each([
    ['72h', 259_200n, 0],
    ['1h30m', 5400n, 0],
    ['1.5s', 1n, 500_000_000],
    ['-1.5s', -1n, -500_000_000],
    ['+1ms', 0n, 1_000_000],
    ['1us1µs1ns', 0n, 2001],
    ['0', 0n, 0],
  ])('%s', (text, seconds, nanos) => {
    expect(parseDuration(text)).toEqual({ seconds, nanos });
  });

  it.each(['', '-', '1', '1d', 'h', '1 h', '1h 30m', '1e3s', '--1s', '1.2.3s', '9'.repeat(19)])(
    '%j is none',
    (text) => {
      expect(() => parseDuration(text)).toThrow('is no duration');
    },
  );

  it('is bounded', () => {
    expect(parseDuration('2562047h')).toEqual({ seconds: 9_223_369_200n, nanos: 0 });
    expect(() => parseDuration('2562048h')).toThrow('longer than 292 years');
    expect(() => parseDuration('1s'.repeat(17))).toThrow('is no duration');
  });
});

describe('parseZone', () => {
  it.each([
    ['UTC', 0],
    ['Z', 0],
    ['+02:00', 120],
    ['-05:30', -330],
  ])('%s', (text, minutes) => {
    expect(parseZone(text)).toBe(minutes);
  });

  it.each(['', 'Europe/Berlin', 'EST', '+2:00', '02:00', '+24:00', '+00:60', '+02:00 '])('%j is none', (text) => {
    expect(() => parseZone(text)).toThrow('is no time zone');
  });
});
