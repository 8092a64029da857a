import { describe, expect, it } from 'vitest';
import { parseGoDuration } from '../../../packages/admission/src/server/duration.ts';

describe('parseGoDuration', () => {
  it.each([
    ['10s', 10_000],
    ['1m30s', 90_000],
    ['1.5s', 1500],
    ['250ms', 250],
    ['1h', 3_600_000],
    ['100us', 0.1],
  ])('%s', (text, ms) => {
    expect(parseGoDuration(text)).toBeCloseTo(ms);
  });

  it.each(['', '10', 's', '-5s', '1 s', '10sx', '9'.repeat(50)])('%s is none', (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  });
});
