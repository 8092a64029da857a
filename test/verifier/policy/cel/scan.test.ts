import { describe, expect, it } from 'vitest';
import { refusal } from './condition-facts.ts';

const r = String.raw;

describe('the form of an expression', () => {
  it.each([
    ['', '1:1: the expression is empty'],
    [' \n ', '1:1: the expression is empty'],
    ['"\ud800" == ""', '1:1: the expression is not Unicode text (half a surrogate pair)'],
    ['(true', '1:1: `(` is never closed'],
    ['true &&\n [1, 2', '2:2: `[` is never closed'],
    ['true)', '1:5: `)` closes nothing'],
    ['[1, (2] == []', '1:7: `]` stands where `(` is to be closed (write `)` before it)'],
    ['image.tag == "abc', '1:14: the string that begins here is never closed with "'],
    ["image.tag == 'abc\n'", "1:14: the string that begins here is never closed with '"],
    ['image.tag == """abc"', '1:14: the string that begins here is never closed with """'],
    [
      r`image.tag.matches("a\.b")`,
      r`1:21: \. is no escape (write r"…" for a string whose backslashes stand for themselves, or \\ for one backslash)`,
    ],
    [
      r`image.tag == "\u12"`,
      r`1:15: \u is no escape (write r"…" for a string whose backslashes stand for themselves, or \\ for one backslash)`,
    ],
    [
      r`b"\u1234" == b""`,
      r`1:3: \u is no escape (write r"…" for a string whose backslashes stand for themselves, or \\ for one backslash)`,
    ],
    [r`image.tag == "\ud800"`, '1:1: this is not CEL from here on (surrogate code points are not allowed in strings)'],
    ['true &&', '1:6: this is not CEL from here on'],
    ['true\nfalse', '2:1: this is not CEL from here on'],
    ['for == 1', '1:1: this is not CEL from here on (this word is reserved in CEL)'],
    ['a.?b', '1:2: this is not CEL from here on'],
    ['true; false', '1:5: this is not CEL from here on'],
    ['image.tag == ´x´', '1:11: this is not CEL from here on'],
  ])('%j: %s', (text, message) => {
    expect(refusal(text)).toBe(message);
  });

  it.each([
    r`image.tag == "(["`,
    r`image.tag == '"'`,
    r`image.tag == """a"b'c"""`,
    `image.tag == '''a\nb'''`,
    r`image.tag == r"\"`,
    r`image.tag == R'\d'`,
    r`b"\xff\001" == b'a'`,
    r`br"\u" == bR"\u"`,
    r`image.tag == "\a\b\f\n\r\t\v\\\?\"\'\x41\u00e9\U0001F600\101"`,
    '// a comment with ( and "\ntrue',
    'true // the end (',
    'image.tag == "😀é"',
  ])('is accepted: %j', (text) => {
    expect(refusal(text)).toBe('loaded');
  });

  it('counts columns in UTF-16 units, lines by LF, CR LF and CR', () => {
    expect(refusal('"😀" == "" || x')).toBe('1:15: there is no variable x');
    expect(refusal('true ||\r\nfalse ||\rfalse ||\n x')).toBe('4:2: there is no variable x');
  });
});
