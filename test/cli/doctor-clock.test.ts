import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { examineClock } from '../../packages/cli/src/doctor/clock.ts';

describe('the clock that doctor shows', () => {
  it.each([
    [0, "agrees with the registry's (0 s apart)"],
    [30_000, "agrees with the registry's (30 s apart)"],
    [-30_000, "agrees with the registry's (30 s apart)"],
  ])('agrees within what a slow answer explains: %i ms', (clockOffsetMs, text) => {
    expect(examineClock({ clockOffsetMs })).toEqual({ about: 'clock', state: 'good', text });
  });

  it.each([
    [30_001, '30 s behind'],
    [-119_000, '119 s ahead of'],
    [121_000, '2 min behind'],
    [-7_200_000, '2 h ahead of'],
    [10 * 86_400_000, '10 days behind'],
  ])('is a note beyond that, with the side: %i ms', (clockOffsetMs, words) => {
    const { state, text } = examineClock({ clockOffsetMs });
    expect(state).toBe('note');
    expect(text).toContain(`this machine's clock is ${words} the registry's`);
  });

  it('that no registry states was not compared', () => {
    expect(examineClock({})).toMatchObject({ state: 'note', text: expect.stringContaining('not compared') });
  });

  it('is never a problem: which of the two is wrong nobody knows', () => {
    fc.assert(fc.property(fc.integer(), (clockOffsetMs) => examineClock({ clockOffsetMs }).state !== 'problem'));
  });
});
