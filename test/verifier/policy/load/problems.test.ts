import { describe, expect, it } from 'vitest';
import { policyLimits } from '../../../../packages/verifier/src/policy/load/limits.ts';
import { Problems, quoted, toPolicyError } from '../../../../packages/verifier/src/policy/load/problems.ts';

const at = (line: number, column = 1, file = 'policy.yaml') => ({ file, line, column });

describe('problems', () => {
  it('are told by file in the order of reading, then by place', () => {
    const problems = new Problems();
    problems.add('third', at(2));
    problems.warn('other file', at(1, 1, 'base.yaml'));
    problems.add('second', at(1, 9));
    problems.add('first', at(1, 2));
    expect(problems.list().map(({ message }) => message)).toEqual(['first', 'second', 'third', 'other file']);
  });

  it('are told once each', () => {
    const problems = new Problems();
    problems.add('same', at(1));
    problems.add('same', at(1));
    expect(problems.list()).toHaveLength(1);
    expect(problems.hasAt(at(1))).toBe(true);
    expect(problems.hasAt(at(1, 2))).toBe(false);
  });

  it('in floods: warnings never hide that there is an error', () => {
    const problems = new Problems();
    for (let line = 1; line <= 2 * policyLimits.maxProblems; line += 1) problems.warn('flood', at(line));
    expect(problems.hasErrors).toBe(false);
    problems.add('the one that counts', at(1));
    expect(problems.hasErrors).toBe(true);
    expect(problems.list()).toHaveLength(policyLimits.maxProblems + 1);
    for (let line = 1; line <= 2 * policyLimits.maxProblems; line += 1) problems.add('flood', at(line));
    expect(problems.isFull).toBe(true);
    expect(problems.list()).toHaveLength(2 * policyLimits.maxProblems);
  });
});

describe('the error of problems', () => {
  it('is none for warnings', () => {
    const problems = new Problems();
    problems.warn('not meant?', at(1));
    expect(toPolicyError(problems.list())).toBeUndefined();
  });

  it('of one fault has its code, place, hint and cause', () => {
    const problems = new Problems();
    const cause = new Problems();
    problems.add('broken', at(3, 4), { code: 'POLICY_UNSUPPORTED', hint: 'mend it', cause });
    expect(toPolicyError(problems.list())).toMatchObject({
      code: 'POLICY_UNSUPPORTED',
      message: 'policy.yaml:3:4: broken',
      place: at(3, 4),
      hint: 'mend it',
      cause,
    });
  });

  it('of several has the others as its cause', () => {
    const problems = new Problems();
    problems.add('one', at(1));
    problems.add('two', at(2), { hint: 'so' });
    expect(toPolicyError(problems.list())).toMatchObject({
      message: 'policy.yaml:1:1: one (and 1 more)',
      cause: { errors: [{ message: 'policy.yaml:2:1: two', hint: 'so' }] },
    });
  });
});

it('text of a policy is short in a message', () => {
  expect(quoted('a"b')).toBe('"a\\"b"');
  expect(quoted('x'.repeat(500)).length).toBeLessThan(90);
});
