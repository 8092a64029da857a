import { describe, expect, it } from 'vitest';
import { conditionLimits } from '../../../../packages/verifier/src/policy/cel/limits.ts';
import { BoundReached, Meter } from '../../../../packages/verifier/src/policy/cel/meter.ts';
import { answer, factsWith, outcome } from './condition-facts.ts';

const { maxSteps, maxStringLength, maxListLength } = conditionLimits;
const tooManySteps = {
  result: 'unknown',
  message: `the condition could not be evaluated: it takes more than ${maxSteps} steps`,
};
const list = (length: number): string => `[${Array.from({ length }, (_, at) => at % 10).join(',')}]`;
/** `["x"].map(a, a + a).map(b, b + b)…`: doubles what `step` doubles. */
const doubled = (start: string, times: number, step = (x: string) => `${x} + ${x}`): string =>
  start + Array.from({ length: times }, (_, at) => `.map(v${at}, ${step(`v${at}`)})`).join('');

describe('an evaluation beyond a bound is unknown', () => {
  it('loops within loops: the expression that would run for seconds', () => {
    expect(answer(`${list(900)}.map(x, ${list(900)}.map(y, x * y)).size() == 900`)).toEqual(tooManySteps);
    expect(answer(`${list(900)}.all(x, ${list(900)}.all(y, x + y >= 0))`)).toEqual(tooManySteps);
    expect(answer(`${list(900)}.exists(x, ${list(900)}.exists(y, x + y < 0))`)).toEqual(tooManySteps);
    expect(answer(`${list(30)}.map(x, ${list(30)}.map(y, x * y)).size() == 30`).result).toBe('pass');
  });

  it('loops over many annotations', () => {
    const annotations = (count: number) =>
      factsWith({ annotations: Object.fromEntries(Array.from({ length: count }, (_, at) => [`key${at}`, 'v'])) });
    const pairs = 'signature.annotations.all(a, signature.annotations.all(b, a != "" && b != ""))';
    expect(answer(pairs, annotations(1000))).toEqual(tooManySteps);
    expect(answer(pairs, annotations(50)).result).toBe('pass');
  });

  it('lists that hold themselves twice, compared', () => {
    const twice = (x: string) => `[${x}, ${x}]`;
    expect(answer(`${doubled('[[1]]', 40, twice)}.map(x, x == x)[0]`)).toEqual(tooManySteps);
    expect(answer(`${doubled('[[1]]', 8, twice)}.map(x, x == x)[0]`).result).toBe('pass');
    expect(answer(`${doubled('[[1]]', 40, twice)}.map(x, x in [x])[0]`)).toEqual(tooManySteps);
    const maps = (x: string) => `{"a": ${x}, "b": ${x}}`;
    expect(answer(`${doubled('[{"c": 1}]', 40, maps).replace('{"c": 1}', 'dyn({"c": 1})')}.map(x, x == x)[0]`)).toEqual(
      tooManySteps,
    );
  });

  it('strings, bytes and lists that double', () => {
    const strings = doubled(`["${'x'.repeat(64)}"]`, 11);
    expect(answer(`${strings}[0].size() == ${maxStringLength}`)).toEqual({
      result: 'unknown',
      message: `the condition could not be evaluated: it makes a string of more than ${maxStringLength} characters`,
    });
    expect(answer(`${doubled(`["${'x'.repeat(64)}"]`, 10)}[0].size() == ${maxStringLength}`).result).toBe('pass');
    expect(outcome(`${doubled(`[b"${'x'.repeat(64)}"]`, 11)}[0].size() == 1`)).toBe('unknown');
    expect(answer(`${doubled('[[1]]', 14)}[0].size() == 1`)).toEqual({
      result: 'unknown',
      message: `the condition could not be evaluated: it makes a list of more than ${maxListLength} elements`,
    });
    expect(answer(`${doubled('[[1]]', 13)}[0].size() == 8192`).result).toBe('pass');
  });

  it('regular expressions over long texts, and the catastrophic one', () => {
    expect(
      answer('signature.reference.matches("(a+)+$")', factsWith({ reference: `${'a'.repeat(9_999)}!` })).result,
    ).toBe('fail');
    expect(answer('signature.reference.matches("^(a+)+$")', factsWith({ reference: 'a'.repeat(9_999) })).result).toBe(
      'pass',
    );
    expect(
      answer('signature.reference.matches("(a+)+$")', factsWith({ reference: `${'a'.repeat(4_000_000)}!` })),
    ).toEqual(tooManySteps);
    const automaton = '(?:[ab]?){200}[ab]*a[ab]{200}[^ab]';
    expect(
      answer(`signature.reference.matches("${automaton}")`, factsWith({ reference: 'abba'.repeat(20_000) })),
    ).toEqual(tooManySteps);
  });

  it('long texts searched, measured, compared and converted in a loop', () => {
    const facts = factsWith({ reference: 'x'.repeat(1_000_000), annotations: { same: `${'x'.repeat(999_999)}y` } });
    for (const step of [
      'signature.reference.contains("xxxxxxxxxxxxxxxy")',
      'signature.reference.size() == 0',
      'size(signature.reference) == 0',
      'signature.reference == signature.annotations.same',
      'signature.reference > signature.annotations.same',
      'signature.annotations.same.startsWith(signature.reference)',
      'signature.annotations.same.endsWith(signature.reference)',
      'bytes(signature.reference) == b""',
      'signature.reference.matches("#")',
    ]) {
      expect(answer(`${list(100)}.exists(x, ${step})`, facts), step).toEqual(tooManySteps);
      expect(outcome(`${list(100)}.exists(x, ${step})`), step).toBe('fail');
    }
  });

  it('maps with numbers for keys, which the library searches one by one', () => {
    const map = `{${Array.from({ length: 350 }, (_, at) => `${at}u:1`).join(',')}}`;
    expect(answer(`${list(300)}.map(x, ${map}[7u])[0] == 1`)).toEqual(tooManySteps);
    expect(answer(`${map}[7u] == 1`).result).toBe('pass');
  });
});

describe('a bound that was reached', () => {
  const endless = `${list(900)}.map(x, ${list(900)}.map(y, x * y)).size() == 0`;

  it('is not forgotten where CEL forgets errors: neither yes nor no comes of it', () => {
    for (const text of [`${endless} || true`, `!(${endless}) || true`, `${endless} && false`])
      expect(outcome(text), text).toBe('unknown');
    expect(outcome(`true || ${endless}`)).toBe('pass');
  });

  it('does not outlive its evaluation', () => {
    expect(outcome(endless)).toBe('unknown');
    expect(outcome('[1, 2].all(x, x > 0)')).toBe('pass');
  });
});

describe('Meter', () => {
  it('counts down to the bound, and no further', () => {
    const meter = new Meter();
    meter.start();
    meter.charge(maxSteps);
    expect(meter.used).toBe(maxSteps);
    expect(meter.reached).toBeUndefined();
    expect(() => meter.charge(1)).toThrow(BoundReached);
    expect(meter.reached).toBe(`it takes more than ${maxSteps} steps`);
  });

  it('fails everything after a bound was reached, until it is started again', () => {
    const meter = new Meter();
    meter.start();
    expect(() => meter.fail('too long')).toThrow('too long');
    expect(() => meter.charge(0)).toThrow('too long');
    expect(() => meter.fail('another')).toThrow('too long');
    meter.start();
    expect(() => meter.chargeFor(65, 64)).not.toThrow();
    expect(meter.used).toBe(2);
  });
});
