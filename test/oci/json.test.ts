import { parseJson, RegistryError } from '@signet/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thrownCode } from './code-of.ts';

const parse = (text: string, options?: Parameters<typeof parseJson>[1]): unknown =>
  parseJson(Buffer.from(text), options);

describe('parseJson', () => {
  it('reads what JSON.parse reads', () => {
    // Keys are unique in what JSON.stringify writes.
    fc.assert(
      fc.property(fc.json({ maxDepth: 20 }), (text) => {
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('refuses a key that stands twice in one object, however it is spelt', () => {
    expect(thrownCode(() => parse('{"a":1,"a":2}'))).toBe('JSON_INVALID');
    expect(thrownCode(() => parse('{"a":1,"\\u0061":2}'))).toBe('JSON_INVALID');
    expect(thrownCode(() => parse('[{"x":{"a":[{}],"a":2}}]'))).toBe('JSON_INVALID');
  });

  it('finds the end of a string behind any backslashes and quotes', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\\"{,a]*$/), fc.stringMatching(/^[\\"}:a]*$/), (key, value) => {
        const text = JSON.stringify({ [key]: value, [`${key}.`]: [value] });
        expect(parse(text)).toEqual(JSON.parse(text));
        const twice = `{${JSON.stringify(key)}:${JSON.stringify(value)},${JSON.stringify(key)}:1}`;
        expect(thrownCode(() => parse(twice))).toBe('JSON_INVALID');
      }),
    );
  });

  it('takes equal keys of different objects and equal strings in lists', () => {
    expect(parse('{"x":{"a":"a"},"a":["a","a",{"a":"a"}]}')).toEqual({ x: { a: 'a' }, a: ['a', 'a', { a: 'a' }] });
  });

  it('takes duplicate keys only where it is told to', () => {
    expect(parse('{"a":1,"a":2}', { allowDuplicateKeys: true })).toEqual({ a: 2 });
  });

  it('bounds the depth', () => {
    expect(parse(`${'['.repeat(64)}${']'.repeat(64)}`)).toBeDefined();
    expect(thrownCode(() => parse(`${'['.repeat(65)}${']'.repeat(65)}`))).toBe('JSON_INVALID');
    expect(thrownCode(() => parse('{"a":'.repeat(100_000)))).toBe('JSON_INVALID');
    expect(thrownCode(() => parse('[[1]]', { maxDepth: 1 }))).toBe('JSON_INVALID');
  });

  it('refuses a byte order mark, wrong UTF-8 and what follows the value', () => {
    expect(thrownCode(() => parseJson(Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d])))).toBe('JSON_INVALID');
    expect(thrownCode(() => parseJson(Buffer.from([0x22, 0xff, 0x22])))).toBe('JSON_INVALID');
    expect(thrownCode(() => parseJson(Buffer.from([0x22, 0xc3])))).toBe('JSON_INVALID');
    expect(parse('"\u00e9"')).toBe('\u00e9');
    expect(thrownCode(() => parse('{} {}'))).toBe('JSON_INVALID');
    expect(thrownCode(() => parse(''))).toBe('JSON_INVALID');
  });

  it('looks at each character once, also where strings never end', () => {
    // Quadratic time would take hours here; the test's own time limit is the bound.
    for (const text of ['\\"'.repeat(2_000_000), `["${'\\"'.repeat(2_000_000)}`, '"\\"'.repeat(1_000_000)])
      expect(thrownCode(() => parse(text))).toBe('JSON_INVALID');
  });

  it('throws nothing but its own error, whatever the bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string().map(Buffer.from),
      fc.stringMatching(/^[{}[\]",:\\a1]*$/).map(Buffer.from),
    );
    fc.assert(
      fc.property(bytes, (input) => {
        try {
          parseJson(input);
        } catch (error) {
          expect(error).toBeInstanceOf(RegistryError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
