import { describe, expect, it } from 'vitest';
import { didYouMean, nearest } from '../../../packages/verifier/src/policy/nearest.ts';

const fields = ['images', 'mode', 'require', 'annotations', 'maxAge', 'of'];

describe('the nearest known name', () => {
  it.each([
    ['requires', 'require'],
    ['reqiure', 'require'],
    ['image', 'images'],
    ['maxage', 'maxAge'],
    ['Mode', 'mode'],
    ['anotations', 'annotations'],
  ])('of %s is %s', (word, name) => {
    expect(nearest(word, fields)).toBe(name);
  });

  it.each(['signature', 'x', '', 'q'.repeat(10_000)])('is none where none is near: %.20s', (word) => {
    expect(nearest(word, fields)).toBeUndefined();
    expect(didYouMean(word, fields)).toBeUndefined();
  });

  it('becomes a question', () => {
    expect(didYouMean('requires', fields)).toBe('did you mean "require"?');
  });

  it('of many is the one with fewest changes', () => {
    expect(nearest('team-b', ['team-a', 'team-bb', 'team-c'])).toBe('team-a');
    expect(nearest('team-bb1', ['team-a', 'team-bb', 'team-c'])).toBe('team-bb');
  });

  it('is looked for among thousands only until that costs too much', () => {
    const names = Array.from({ length: 10_000 }, (_, at) => `name-${at}`);
    expect(nearest('nam-17', names)).toBe('name-17');
    expect(nearest('name-9999x', names)).not.toBe('name-9999');
  });
});
