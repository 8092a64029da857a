import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChallenges } from '../../../packages/oci/src/auth/challenge.ts';

const read = (...headers: readonly string[]): readonly unknown[] =>
  parseChallenges(headers).map(({ scheme, parameters, token68 }) => [
    scheme,
    Object.fromEntries(parameters),
    ...(token68 === undefined ? [] : [token68]),
  ]);

describe('WWW-Authenticate', () => {
  it.each([
    ['Basic realm="a"', [['basic', { realm: 'a' }]]],
    ['BASIC Realm=a', [['basic', { realm: 'a' }]]],
    ['Negotiate', [['negotiate', {}]]],
    ['Negotiate YWJj==', [['negotiate', {}, 'YWJj==']]],
    ['Bearer realm="https://r/t?x=1,2",service="s"', [['bearer', { realm: 'https://r/t?x=1,2', service: 's' }]]],
    ['Bearer realm = "a" , scope = "b c"', [['bearer', { realm: 'a', scope: 'b c' }]]],
    [String.raw`Bearer realm="a\"b\\c"`, [['bearer', { realm: 'a"b\\c' }]]],
    [
      'Basic realm="a", Bearer realm="b",service=c',
      [
        ['basic', { realm: 'a' }],
        ['bearer', { realm: 'b', service: 'c' }],
      ],
    ],
    [
      'Negotiate, Basic realm="a"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'a' }],
      ],
    ],
    [
      'Negotiate YWJj, Basic realm="a"',
      [
        ['negotiate', {}, 'YWJj'],
        ['basic', { realm: 'a' }],
      ],
    ],
    [', ,Basic realm="a",, ,', [['basic', { realm: 'a' }]]],
    ['Bearer realm="a",realm="b"', [['bearer', { realm: 'a' }]]],
    ['Basic', [['basic', {}]]],
    ['', []],
    ['"Basic"', []],
    [
      'Basic realm="a" garbage"',
      [
        ['basic', { realm: 'a' }],
        ['garbage', {}],
      ],
    ],
    ['Basic realm="never ends', [['basic', {}]]],
  ])('%s', (header, expected) => {
    // What follows the first fault is not held against what stood before it.
    expect(read(header).slice(0, expected.length)).toEqual(expected);
  });

  it('may come several times', () => {
    expect(read('Basic realm="a"', 'Bearer realm="b"')).toEqual([
      ['basic', { realm: 'a' }],
      ['bearer', { realm: 'b' }],
    ]);
  });

  it('is read back as it was written, whatever the values', () => {
    const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
    const text = fc.stringMatching(/^[\x20-\x7e]{0,30}$/);
    const challenge = fc.tuple(
      token,
      fc.uniqueArray(fc.tuple(token, text), { selector: ([name]) => name, minLength: 1 }),
    );
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 4 }), (challenges) => {
        const header = challenges
          .map(([scheme, pairs]) => {
            const parameters = pairs.map(([name, value]) => `${name}="${value.replace(/(["\\])/g, '\\$1')}"`);
            return `${scheme} ${parameters.join(',')}`;
          })
          .join(', ');
        expect(read(header)).toEqual(challenges.map(([scheme, pairs]) => [scheme, Object.fromEntries(pairs)]));
      }),
    );
  });

  it('of any bytes ends, without an error, in time that its length allows', () => {
    fc.assert(fc.property(fc.array(fc.string()), (headers) => Array.isArray(parseChallenges(headers))));
    const soup = fc.stringMatching(/^[a ="\\,]{0,60}$/);
    fc.assert(fc.property(soup, (header) => Array.isArray(parseChallenges([header]))));
    const began = performance.now();
    for (const part of ['a ', 'a="', ',', 'a=a,', '\\"', '= ', '"\\'])
      parseChallenges([part.repeat(16_384 / part.length)]);
    expect(parseChallenges(['a'.repeat(20_000)])).toEqual([]);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});
