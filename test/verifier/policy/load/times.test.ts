import { describe, expect, it } from 'vitest';
import { parseDuration, parseTime } from '../../../../packages/verifier/src/policy/load/times.ts';

describe('a duration', () => {
  it.each([
    ['1s', 1_000],
    ['90s', 90_000],
    ['15m', 900_000],
    ['72h', 259_200_000],
    ['30d', 2_592_000_000],
    ['999999d', 86_399_913_600_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '0d', '-1d', '1', 'd', '1w', '1.5h', '1h30m', '1000000d', ' 1d', '1d ', '1D', '1toString'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe('a time', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2026-01-01T00:00:00Z', 1_767_225_600_000],
    ['2024-02-29T23:59:59Z', Date.UTC(2024, 1, 29, 23, 59, 59)],
  ])('%s is %d', (text, ms) => {
    expect(parseTime(text)).toBe(ms);
  });

  it.each([
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01',
    '2026-01-01T00:00:00.5Z',
    '2026-01-01T00:00:00+01:00',
  ])('%s is none', (text) => {
    expect(parseTime(text)).toBeUndefined();
  });
});
