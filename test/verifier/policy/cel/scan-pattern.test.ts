import { describe, expect, it } from 'vitest';
import { ValueFault } from '../../../../packages/verifier/src/policy/cel/fault.ts';
import { scanPattern } from '../../../../packages/verifier/src/policy/cel/scan-pattern.ts';

/** `fine`, or what is told. */
function scan(pattern: string): string {
  try {
    scanPattern(pattern);
    return 'fine';
  } catch (error) {
    if (error instanceof ValueFault) return error.message;
    throw error;
  }
}

describe('a pattern is refused before it is compiled', () => {
  const tooMany = 'the pattern has more than 4000 parts, with what it repeats: repeat less';
  it.each([
    ['a{1000}a{1000}a{1000}a{1000}', 'fine'],
    ['a{1000}a{1000}a{1000}a{1000}b', tooMany],
    ['(?:ab){1000}(?:cd){1000}', 'fine'],
    ['(?:ab){1000}(?:cd){1000}e', tooMany],
    ['((a{20}){20}){10}', 'fine'],
    ['((a{20}){20}){11}', tooMany],
    ['(a{20}b{20}){101}', tooMany],
    ['[a-z{1000}]{1000}[^]a]{1000}\\pL{1000}\\x{1F600}{1000}', 'fine'],
    ['[[:alpha:]]{1000}\\\\{1000}[\\]]{1000}.{1000}x', tooMany],
    ['a{,1000}b{x}c{', 'fine'],
    ['\\Qa{1000}{1000}\\E', 'fine'],
    ['\\Qabcd\\E{1000}(?:\\Qabcd\\E){1000}', tooMany],
    ['(a{1000}(b{1000}', 'fine'],
    ['a{1000})b{1000})', 'fine'],
  ])('that writes out too much: %s: %s', (pattern, told) => {
    expect(scan(pattern)).toBe(told);
  });

  it('that has too many tables of characters', () => {
    expect(scan('\\pL'.repeat(32))).toBe('fine');
    expect(scan('\\pL'.repeat(16) + '\\P{Greek}'.repeat(17))).toBe('the pattern has more than 32 classes \\p');
  });

  it('that looks for too many characters in both cases', () => {
    const told = 'under (?i) the pattern has ranges of more than 4096 characters';
    expect(scan('(?i)[а-яѐ-џ]')).toBe('fine');
    expect(scan('(?i)[\\x{0}-\\x{1000}]')).toBe('fine');
    expect(scan('(?i)[\\x{0}-\\x{1001}]')).toBe(told);
    expect(scan('(?si)[a-\uffff]')).toBe(told);
    expect(scan('(?i:[\\x00-\u{10ffff}])')).toBe(told);
    expect(scan('(?i)[\\x{0}-\\x{900}]x[\\x{0}-\\x{900}]')).toBe(told);
    expect(scan('[a-\uffff](?s)')).toBe('fine');
  });

  it('in a time that its length bounds', () => {
    for (const piece of ['[', '[:', '[[:a', '\\p{', '\\Q', '(', ')', '{1', 'a-', '(?i', '\\'])
      expect(() => scan(piece.repeat(1000 / piece.length))).not.toThrow();
  });
});
