import { escapeForTerminal, toJsonText } from '@signet/verifier';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const unprintable = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{DI}]/u;

describe('escapeForTerminal', () => {
  it.each([
    ['\u001b[31mred', '\\u{1b}[31mred'],
    ['a\nb\r\tc', 'a\\u{a}b\\u{d}\\u{9}c'],
    ['\u202eevil', '\\u{202e}evil'],
    ['zero\u200bwidth', 'zero\\u{200b}width'],
    ['\u009b31m', '\\u{9b}31m'],
    ['\ud800', '\\u{d800}'],
    ['v1\u3164', 'v1\\u{3164}'],
    ['a\u034f\u115f\ufe0f', 'a\\u{34f}\\u{115f}\\u{fe0f}'],
    ['\u{e0041}', '\\u{e0041}'],
    ['Grüße, 世界', 'Grüße, 世界'],
  ])('%j becomes %j', (text, wanted) => {
    expect(escapeForTerminal(text)).toBe(wanted);
  });

  it('cuts what is too long', () => {
    expect(escapeForTerminal('x'.repeat(20), 5)).toBe('xxxxx…');
  });

  it('leaves no command to a build system, which looks for it within lines', () => {
    expect(escapeForTerminal('a ##vso[task.setvariable variable=x]y')).toBe(
      'a #\\u{23}vso[task.setvariable variable=x]y',
    );
    expect(escapeForTerminal('###[error]no')).toBe('##\\u{23}[error]no');
    expect(escapeForTerminal('## a [b]')).toBe('## a [b]');
    expect(toJsonText('##VSO[x]', 0)).toBe('"#\\u0023VSO[x]"');
  });

  it('leaves nothing unprintable', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeForTerminal(text)).not.toMatch(unprintable);
      }),
    );
  });
});

describe('toJsonText', () => {
  it('is the same value without anything unprintable', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.string({ unit: 'binary' }), (value, text) => {
        const written = toJsonText({ value, text });
        expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify({ value, text })));
        expect(written.replaceAll('\n', '')).not.toMatch(unprintable);
      }),
    );
  });
});
