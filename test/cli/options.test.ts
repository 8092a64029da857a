import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, parseDuration, parseInteger } from '../../packages/cli/src/options/duration.ts';
import { parseAnnotationFlags } from '../../packages/cli/src/options/keys.ts';

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['30', 30_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
  ])('%s is %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '0', '0s', '-1s', '1.5s', '25h', '1d', '1 s', 'abc', '9'.repeat(30)])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow('a duration is');
  });
});

describe('parseInteger', () => {
  it('takes whole numbers in its range alone', () => {
    expect(parseInteger(1, 10)('10')).toBe(10);
    for (const text of ['0', '11', '', '1e1', '0x5', ' 5'])
      expect(() => parseInteger(1, 10)(text)).toThrow('from 1 to 10');
  });
});

describe('parseAnnotationFlags', () => {
  it('splits at the first equals sign', () => {
    expect(parseAnnotationFlags({ annotation: ['a=b=c', 'd='] })).toEqual({ a: 'b=c', d: '' });
    expect(parseAnnotationFlags({})).toEqual({});
  });

  it.each([[['a']], [['=b']], [['a=1', 'a=2']]])('refuses %j', (texts) => {
    expect(() => parseAnnotationFlags({ annotation: texts })).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  it('takes both names of the option as one, and tells by which a wrong one was given', () => {
    expect(parseAnnotationFlags({ annotation: ['a=1'], userMetadata: ['b=2'] })).toEqual({ a: '1', b: '2' });
    const twice = () => parseAnnotationFlags({ annotation: ['a=1'], userMetadata: ['a=1'] });
    expect(twice).toThrow('--user-metadata a is given twice');
  });

  it('keeps any key, those of Object.prototype too', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'toString', '__proto__'), fc.string()), (wanted) => {
        const texts = Object.entries(wanted).map(([key, value]) => `${key}=${value}`);
        expect(Object.entries(parseAnnotationFlags({ annotation: texts }))).toEqual(Object.entries(wanted));
      }),
    );
  });
});

describe('collect', () => {
  it('keeps what came before', () => expect(collect('b', collect('a', undefined))).toEqual(['a', 'b']));
});
