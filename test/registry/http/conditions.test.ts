import { isDigest } from '@signet/oci';
import { isNotModified } from '@signet/registry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEntityTags, writeCondition } from '../../../packages/registry/src/http/conditions.ts';
import { digest } from '../client.ts';

const [one, two] = [digest('1'), digest('2')];

describe('a list of entity tags', () => {
  it.each([
    ['"a"', [{ isWeak: false, value: 'a' }]],
    ['W/"a"', [{ isWeak: true, value: 'a' }]],
    ['""', [{ isWeak: false, value: '' }]],
    ['  "a" ,\t"b"  ', ['a', 'b'].map((value) => ({ isWeak: false, value }))],
    ['"a,b", "c"', ['a,b', 'c'].map((value) => ({ isWeak: false, value }))],
    // Rule: RFC 9110, 5.6.1: a recipient takes empty elements.
    [', "a",, "b",', ['a', 'b'].map((value) => ({ isWeak: false, value }))],
    [one, [{ isWeak: false, value: one }]],
  ])('%s is read', (text, wanted) => {
    expect(parseEntityTags(text)).toEqual(wanted);
  });

  it.each([' * ', '*'])('%j is any', (text) => {
    expect(parseEntityTags(text)).toBe('*');
  });

  it.each([
    '',
    ' ',
    ',',
    'a',
    '"a',
    'a"',
    '"a""b"',
    '"a" "b"',
    '"a"b',
    'w/"a"',
    'W/',
    'W/a',
    'W/ "a"',
    '*, "a"',
    '"a", *',
    '**',
    '"a b"',
    '"a\u0000"',
    '"a\u007f"',
    `W/${one}`,
    `${one}x`,
    `'${one}'`,
  ])('%j is none', (text) => {
    expect(parseEntityTags(text)).toBeUndefined();
  });

  it('gives back what was put together, whatever it is', () => {
    const character = fc.integer({ min: 0x21, max: 0xff }).filter((code) => code !== 0x22 && code !== 0x7f);
    const value = fc.array(character, { maxLength: 20 }).map((codes) => String.fromCharCode(...codes));
    const tags = fc.array(fc.record({ isWeak: fc.boolean(), value }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(tags, (list) => {
        const text = list.map((tag) => `${tag.isWeak ? 'W/' : ''}"${tag.value}"`).join(', ');
        expect(parseEntityTags(text)).toEqual(list);
      }),
    );
  });

  it('reads the longest header quickly, and never throws', () => {
    for (const text of [
      '"'.repeat(16_384),
      'W/'.repeat(8192),
      ', '.repeat(8192),
      `"${'a'.repeat(16_000)}`,
      '"",'.repeat(5461),
    ]) {
      parseEntityTags(text);
    }
    fc.assert(fc.property(fc.string(), (text) => void parseEntityTags(text)));
  });
});

describe('a read is not modified', () => {
  const etag = `"${one}"`;

  it.each([etag, `W/${etag}`, `"x", ${etag}`, '*'])('If-None-Match: %s', (value) => {
    expect(isNotModified({ 'if-none-match': value }, etag)).toBe(true);
  });

  it.each([undefined, '', '"x"', `"${two}"`, `"x${one}"`, `x${etag}`, `${etag}x`])('unlike %s', (value) => {
    expect(isNotModified({ 'if-none-match': value }, etag)).toBe(false);
  });
});

describe('a write goes through', () => {
  const cases: readonly (readonly [header: string, value: string, over: readonly (string | undefined)[]])[] = [
    ['if-match', '*', [one, two]],
    ['if-match', `"${one}"`, [one]],
    ['if-match', one, [one]],
    ['if-match', `"x", "${one}", "${two}"`, [one, two]],
    ['if-match', `W/"${one}"`, []],
    ['if-match', `W/"${one}", "${two}"`, [two]],
    ['if-match', '"x"', []],
    ['if-match', '', []],
    ['if-match', `"${one}`, []],
    ['if-match', `"${one}" and more`, []],
    ['if-none-match', '*', [undefined]],
    ['if-none-match', `"${one}"`, [two, undefined]],
    ['if-none-match', `W/"${one}", "x"`, [two, undefined]],
    ['if-none-match', '"x"', [one, two, undefined]],
    // What cannot be read cannot hold.
    ['if-none-match', '', []],
    ['if-none-match', '*, *', []],
    ['if-none-match', `"${one}`, []],
  ];
  it.each(cases)('with %s: %s over %j alone', (header, value, over) => {
    const holds = writeCondition({ [header]: value });
    const states = [one, two, undefined].filter((state) => state === undefined || isDigest(state));
    expect(states.filter((now) => holds?.(now))).toEqual(states.filter((state) => over.includes(state)));
  });

  it('where both conditions hold, and only there', () => {
    const holds = writeCondition({ 'if-match': `"${one}", "${two}"`, 'if-none-match': `"${two}"` });
    expect([one, two, undefined].map((now) => now !== undefined && isDigest(now) && holds?.(now))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('without a condition', () => {
    expect(writeCondition({})).toBeUndefined();
  });
});
