import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PolicyError } from '../../../../packages/verifier/src/errors.ts';
import { compileCondition } from '../../../../packages/verifier/src/policy/cel/compile.ts';
import { functions, functionText, isOperator } from '../../../../packages/verifier/src/policy/cel/functions.ts';
import { randomRuns } from '../../../support/random-runs.ts';
import { factsWith } from './condition-facts.ts';

/** Expressions of any type, most of them refused. */
const { expression } = fc.letrec<{ expression: string; leaf: string }>((tie) => ({
  leaf: fc.constantFrom(
    '1',
    '-2',
    '3u',
    '1.5',
    '"a"',
    'r"\\d"',
    'b"x"',
    'true',
    'null',
    '[]',
    '{}',
    'x',
    'image',
    'image.tag',
    'signature.annotations',
    'signature.annotations["team"]',
    'signature.claimedAt',
    'signature.verifiedAt',
    'timestamp(0)',
    'duration("1h")',
    'dyn([1])',
  ),
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('+', '-', '*', '/', '%', '==', '!=', '<', '>=', '&&', '||', 'in'),
        tie('expression'),
      )
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc
      .tuple(
        fc.constantFrom(...[...functions.keys()].filter((name) => !isOperator(name)).map(functionText), 'has'),
        tie('expression'),
      )
      .map(([name, a]) => `${name}(${a})`),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('contains', 'matches', 'startsWith', 'size', 'getHours', 'nope'),
        tie('expression'),
      )
      .map(([a, name, b]) => `${a}.${name}(${b})`),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('all', 'exists', 'exists_one', 'filter', 'map'),
        fc.constantFrom('x', 'y', 'image'),
        tie('expression'),
      )
      .map(([a, macro, name, b]) => `${a}.${macro}(${name}, ${b})`),
    fc.array(tie('expression'), { maxLength: 4 }).map((parts) => `[${parts.join(', ')}]`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `{${a}: ${b}}`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `${a}[${b}]`),
  ),
}));

/** What is thrown when loaded is a PolicyError; what is loaded answers, twice the same. Gives the answer, if there is one. */
function tryOut(text: string): string | undefined {
  const facts = factsWith();
  try {
    const condition = compileCondition(text);
    const first = condition.evaluate(facts);
    expect(['pass', 'fail', 'unknown']).toContain(first.result);
    expect(condition.evaluate(facts)).toEqual(first);
    expect(compileCondition(text).evaluate(facts)).toEqual(first);
    return first.result;
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    expect(error.code).toBe('POLICY_INVALID');
    const lines = text.split(/\r\n|\n|\r/);
    expect(error.place?.line).toBeLessThanOrEqual(lines.length);
    expect(error.place?.column).toBeLessThanOrEqual((lines[(error.place?.line ?? 1) - 1] ?? '').length + 1);
    return undefined;
  }
}

describe('any text', () => {
  it('made of expressions is refused with a place, or answers', () => {
    const results = new Set<string | undefined>();
    const compared = fc.tuple(expression, expression).map(([a, b]) => `${a} == ${b}`);
    fc.assert(
      fc.property(fc.oneof(expression, compared), (text) => void results.add(tryOut(text))),
      // One of each answer, so that all of them are seen whatever is drawn.
      { numRuns: 1500, examples: [['1 == 1'], ['1 == 2'], ['1 == ']] },
    );
    expect([...results]).toEqual(expect.arrayContaining(['pass', 'fail', undefined]));
  });

  it('of characters that mean something to CEL', () => {
    const pieces = fc.constantFrom(
      ...'()[]{}"\'\\.,:?!&|+-*/%<>= \n\r\t0aeurbx_`@#$'.split(''),
      '"""',
      '//',
      'image',
      'true',
      '😀',
      '\ud800',
      '\0',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => void tryOut(parts.join(''))),
      { numRuns: randomRuns(1500) },
    );
  });

  it('that repeats one piece up to the longest that is read, or beyond', () => {
    const pieces = [
      '(',
      '[',
      '{',
      '{1:',
      'a[',
      'a(',
      'a.b(',
      '!',
      '-',
      '- ',
      '1+',
      '1?1:',
      'true&&',
      'true||(',
      '.a',
      '"',
      "'''",
      '\\',
      '// ',
      '[1].map(x,',
      '1,',
      'a.',
      'r"',
      '"\\u00',
      '\n',
      '{"a":',
      '1==',
      '(-',
      '[!',
      '1 in [',
    ];
    for (const piece of pieces) {
      for (const length of [32, 64, 4096, 8192]) {
        expect(tryOut(piece.repeat(Math.floor(length / piece.length))), piece).toBeUndefined();
        tryOut(`true || ${piece.repeat(Math.floor((length - 8) / piece.length))}`);
      }
    }
  });

  it('as a regular expression compiles in bounds or is refused', () => {
    const pieces = fc.constantFrom(
      'a',
      '.',
      '*',
      '+',
      '?',
      '(',
      ')',
      '[',
      ']',
      '|',
      '{2,5}',
      '{100}',
      '{0,1000}',
      '^',
      '$',
      '\\\\pL',
      '\\\\b',
      '(?i)',
      '[^a-z]',
      '(?P<n>',
    );
    const facts = factsWith({ reference: 'abcab'.repeat(200) });
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        const text = `signature.reference.matches("${parts.join('')}")`;
        if (tryOut(text) !== undefined)
          expect(['pass', 'fail', 'unknown']).toContain(compileCondition(text).evaluate(facts).result);
      }),
      { numRuns: randomRuns(300) },
    );
  });
});

describe('any facts', () => {
  it('are answered for', () => {
    const condition = compileCondition(
      'signature.annotations.all(k, signature.annotations[k].size() < 9) && signature.reference.matches("^[a-z]*$") && signature.claimedAt < timestamp(0) + duration("1h")',
    );
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(fc.dictionary(text, text), text, fc.double(), (annotations, reference, claimedAtMs) => {
        expect(['pass', 'fail', 'unknown']).toContain(
          condition.evaluate(factsWith({ annotations, reference, claimedAtMs })).result,
        );
      }),
    );
  });
});
