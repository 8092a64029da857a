import { describe, expect, it } from 'vitest';
import { durationText, timeText } from '../../../packages/verifier/src/policy/time-text.ts';

describe('times as policies write them', () => {
  it.each([
    [0, '1970-01-01T00:00:00Z'],
    [1_500, '1970-01-01T00:00:01.500Z'],
    [9e15, '9000000000000000 ms'],
  ])('%i is %s', (ms, text) => expect(timeText(ms)).toBe(text));
});

describe('durations as policies write them', () => {
  it.each([
    [90_000, '90s'],
    [900_000, '15m'],
    [3_600_000 * 72, '3d'],
    [3_600_000 * 5, '5h'],
    [1_500, '1500 ms'],
  ])('%i ms is %s', (ms, text) => expect(durationText(ms)).toBe(text));
});
