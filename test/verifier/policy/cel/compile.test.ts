import { describe, expect, it } from 'vitest';
import { PolicyError } from '../../../../packages/verifier/src/errors.ts';
import {
  ConditionReader,
  compileCondition,
  readCondition,
} from '../../../../packages/verifier/src/policy/cel/compile.ts';
import { answer, factsWith, outcome } from './condition-facts.ts';

describe('compileCondition', () => {
  it('gives a condition that keeps its text and answers', () => {
    const condition = compileCondition('signature.annotations["team"] == "web"');
    expect(condition.text).toBe('signature.annotations["team"] == "web"');
    expect(condition.evaluate(factsWith())).toEqual({ result: 'pass', message: 'the condition is met' });
    expect(condition.evaluate(factsWith({ annotations: { team: 'ops' } }))).toEqual({
      result: 'fail',
      message: 'the condition is not met',
    });
  });

  it('throws a PolicyError with the place within the expression, and a hint', () => {
    let thrown: unknown;
    try {
      compileCondition('image.tag == "x" ||\n  image.tga == "y"');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(PolicyError);
    expect(thrown).toMatchObject({
      code: 'POLICY_INVALID',
      place: { file: '', line: 2, column: 9 },
      hint: 'did you mean "tag"?',
    });
    expect(String(thrown)).toContain('image has no field tga');
  });

  it('gives callers the same without a place in the message', () => {
    expect(readCondition('imag.tag == ""')).toEqual({
      problem: { message: 'there is no variable imag', line: 1, column: 1, hint: 'did you mean "image"?' },
    });
  });

  it('answers the same however often and in whatever order it is asked', () => {
    const first = compileCondition('[1, 2, 3].map(x, x * 2) == [2, 4, 6]');
    const second = compileCondition('signature.annotations.all(k, k.size() > 0)');
    for (let turn = 0; turn < 3; turn++) {
      expect(first.evaluate(factsWith()).result).toBe('pass');
      expect(second.evaluate(factsWith()).result).toBe('pass');
    }
  });
});

describe('the variables', () => {
  it.each([
    ['image.registry', 'registry.example.com'],
    ['image.repository', 'prod/web'],
    ['image.tag', 'v1.2'],
    ['image.digest', `sha256:${'a'.repeat(64)}`],
    ['image.platform', 'linux/arm64'],
    ['signature.format', 'sigstore'],
    ['signature.signer.kind', 'key'],
    ['signature.signer.keyId', 'c0ffee'],
    ['signature.signer.issuer', ''],
    ['signature.signer.subject', ''],
    ['signature.reference', 'registry.example.com/prod/web:v1.2'],
    ['signature.annotations["org.example/stage"]', 'prod'],
    ['signature.annotations.team', 'web'],
  ])('%s is %j', (path, value) => {
    expect(outcome(`${path} == ${JSON.stringify(value)}`)).toBe('pass');
    expect(outcome(`${path} == "another"`)).toBe('fail');
  });

  it('has times as timestamps, to the millisecond', () => {
    expect(outcome('signature.claimedAt == timestamp("2026-01-31T23:30:15.25Z")')).toBe('pass');
    expect(outcome('signature.claimedAt == timestamp("2026-01-31T23:30:15.251Z")')).toBe('fail');
  });
});

describe('what is not there', () => {
  it('is told by has()', () => {
    expect(outcome('has(signature.verifiedAt)')).toBe('fail');
    expect(outcome('has(signature.verifiedAt)', factsWith({ verifiedAtMs: 0 }))).toBe('pass');
    expect(outcome('has(signature.annotations.team)')).toBe('pass');
    expect(outcome('has(signature.annotations.none)')).toBe('fail');
    expect(outcome('"none" in signature.annotations')).toBe('fail');
  });

  it('fails the condition when used, for it was read and does not show what was asked for', () => {
    expect(answer('signature.verifiedAt > timestamp("2026-01-01T00:00:00Z")')).toEqual({
      result: 'fail',
      message:
        'the condition has no answer (line 1, column 11): signature.verifiedAt is not there (has(signature.verifiedAt) tells)',
    });
    expect(answer('signature.annotations["none"] == "x"')).toEqual({
      result: 'fail',
      message: 'the condition has no answer (line 1, column 22): signature.annotations has no "none"',
    });
  });

  it('does not pass when denied either', () => {
    expect(outcome('signature.annotations["none"] != "x"')).toBe('fail');
    expect(outcome('!(signature.annotations.none == "x")')).toBe('fail');
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('is not what JavaScript calls %s', (name) => {
    expect(outcome(`has(signature.annotations.${name})`)).toBe('fail');
    expect(outcome(`"${name}" in signature.annotations`)).toBe('fail');
    expect(outcome(`signature.${name} == ""`)).toBe('refused');
    expect(outcome(`${name} == ""`)).toBe('refused');
    const own = JSON.parse(`{"${name}":"x"}`) as Record<string, string>;
    expect(outcome(`signature.annotations["${name}"] == "x"`, factsWith({ annotations: own }))).toBe('pass');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1e17, 1e17])('includes a time that CEL does not have: %s', (ms) => {
    expect(outcome('has(signature.claimedAt)', factsWith({ claimedAtMs: ms }))).toBe('fail');
  });
});

describe('the conditions of one policy', () => {
  it('are read once each, however often they stand there', () => {
    const reader = new ConditionReader();
    const text = `image.tag == "${'x'.repeat(4_000)}"`;
    const first = reader.read(text);
    expect(first).toHaveProperty('condition');
    for (let time = 0; time < 100; time += 1) expect(reader.read(text)).toBe(first);
  });

  it('are bounded together, if they differ', () => {
    const reader = new ConditionReader();
    const text = (at: number): string => `image.tag == "${'é'.repeat(1_000)}${at}"`.padEnd(2_048 - 1_000);
    for (let at = 1_000; at < 1_064; at += 1) expect(reader.read(text(at)), `${at}`).toHaveProperty('condition');
    expect(reader.read(text(1_064))).toEqual({
      problem: {
        message: 'the different conditions of the policy have more than 131072 bytes together',
        line: 1,
        column: 1,
      },
    });
    expect(reader.read(text(1_000))).toHaveProperty('condition');
  });
});
