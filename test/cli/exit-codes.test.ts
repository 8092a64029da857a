import { describe, expect, it } from 'vitest';
import { EXIT, exitCodeOf, worstOf } from '../../packages/cli/src/exit-codes.ts';

describe('exit codes', () => {
  it('has one code a verdict', () => {
    expect(exitCodeOf).toEqual({ verified: 0, denied: 1, undecided: 3 });
  });

  it.each([
    [[], 0],
    [[0, 0], 0],
    [[0, 3], 3],
    [[3, 1, 0], 1],
    [[1, 3], 1],
    [[3, 2], 2],
    [[2, 1], 1],
    [[130, 1], 130],
  ] as const)('of %j the worst is %i', (codes, worst) => {
    expect(worstOf(codes)).toBe(worst);
  });

  it('knows all codes', () => {
    expect(Object.values(EXIT).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 130]);
  });
});
