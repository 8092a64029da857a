import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalBytes } from '../../../packages/dct/src/metadata/canonical.ts';
import { randomRuns } from '../../support/random-runs.ts';
import { thrownCode } from '../code-of.ts';
import { realFiles } from '../real-files.ts';

const text = (value: unknown): string => Buffer.from(canonicalBytes(value)).toString();

describe('the canonical form', () => {
  it.each([
    [
      'members in order, without white space',
      { b: [1, { d: null, c: true }], a: 'x' },
      '{"a":"x","b":[1,{"c":true,"d":null}]}',
    ],
    ['nothing escaped but quotes and backslashes', 'a"b\\c/<>&\n\u0001\u2028é', '"a\\"b\\\\c/<>&\n\u0001\u2028é"'],
    [
      'members in the order of their UTF-8 bytes, not of their UTF-16 units',
      { '\u{1F600}': 1, '\uFFFD': 2, é: 3, z: 4 },
      '{"z":4,"é":3,"\uFFFD":2,"\u{1F600}":1}',
    ],
    [
      'whole numbers, however they are written',
      JSON.parse('[0,-0,1e3,1.0,-7,9007199254740991]'),
      '[0,0,1000,1,-7,9007199254740991]',
    ],
    ['members of any name', JSON.parse('{"__proto__":1,"constructor":2}'), '{"__proto__":1,"constructor":2}'],
    ['nothing in it', [{}, [], ''], '[{},[],""]'],
  ])('%s', (_what, value, expected) => {
    expect(text(value)).toBe(expected);
  });

  it.each([
    ['a fraction', 1.5],
    ['a number beyond 2^53', 2 ** 53],
    ['an infinite number', Number.POSITIVE_INFINITY],
    ['half a surrogate pair', { a: '\ud800' }],
    ['half a surrogate pair in a name', { '\udc00': 1 }],
  ])('there is none of %s', (_what, value) => {
    expect(thrownCode(() => canonicalBytes(value))).toBe('DCT_MALFORMED');
  });

  it('is what stands in the files that the real programs write', () => {
    for (const [name, file] of realFiles()) {
      const { signed } = JSON.parse(file.toString()) as { signed: unknown };
      expect(file.toString(), name).toContain(`"signed":${text(signed)},`);
    }
  });

  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, false),
      fc.maxSafeInteger(),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 6 }), tie('any'), { maxKeys: 5 }),
    ),
  })).any;

  it('does not depend on the order of members, and says all that the value says', () => {
    fc.assert(
      fc.property(value, (some) => {
        const once = text(some);
        expect(text(reversed(some))).toBe(once);
        expect(text(JSON.parse(once))).toBe(once);
      }),
      { numRuns: randomRuns(1000) },
    );
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, each]) => [key, reversed(each)])
      .reverse(),
  );
}
