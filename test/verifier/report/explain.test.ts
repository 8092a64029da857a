import { decide, type Evidence, type Finding, type Rule } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { summaryOf } from '../../../packages/verifier/src/report/explain.ts';
import { remedyOf } from '../../../packages/verifier/src/report/remedy.ts';
import { atMs, by, evidenceOf, failure, image, keyOf, otherImage, proof, rule, source } from '../evidence-data.ts';

const any = rule({ kind: 'any', of: [source('alice')] });
const bound: Rule = { ...any, tag: 'bound' };
const two = rule({ kind: 'atLeast', count: 2, of: [source('alice'), source('bob')] });
const gap = (code: 'TIMEOUT' | 'LIMIT_REACHED', message: string): Partial<Evidence> => ({
  gaps: [{ what: code === 'TIMEOUT' ? 'blob' : 'limit', code, message }],
});

function explain(ruled: Rule | undefined, findings: readonly Finding[], changes: Partial<Evidence> = {}) {
  const evidence = evidenceOf(changes);
  const decision = decide(by(ruled), evidence, findings);
  return {
    code: decision.code,
    why: summaryOf(by(ruled), evidence, decision),
    todo: remedyOf(by(ruled), evidence, decision),
  };
}

describe('why, and what to do', () => {
  it.each<[string, ReturnType<typeof explain>, string, string | RegExp, RegExp | undefined]>([
    ['signed', explain(any, [proof('alice')]), 'VERIFIED', 'signed by alice', undefined],
    ['nothing attached', explain(any, []), 'NO_SIGNATURE', 'no signature is attached to this image', /signet sign/],
    [
      'others attached',
      explain(any, [], { skippedTotal: 3 }),
      'NO_SIGNATURE',
      'no signature is attached to this image (3 other referrers were passed over)',
      /signet copy/,
    ],
    [
      'attestations alone',
      explain(any, [failure('NOT_A_SIGNATURE', 'payload')]),
      'NO_SIGNATURE',
      /1 attest something else/,
      /signet sign/,
    ],
    [
      'another key',
      explain(any, [failure('KEY_NOT_TRUSTED')]),
      'NOT_TRUSTED',
      `signed by key 3f…; you trust key ${keyOf('alice').id.slice(0, 12)}`,
      /trusted key/,
    ],
    [
      'one of two',
      explain(two, [proof('alice')]),
      'NOT_TRUSTED',
      'signed by alice, but not by enough of the required signers (missing: bob)',
      /as many/,
    ],
    [
      'one of a group of two',
      explain(rule({ kind: 'source', source: { ...source('alice').source, threshold: 2 } }), [proof('alice')]),
      'NOT_TRUSTED',
      'alice: signed by 1 of the 2 different signers it needs',
      /as many/,
    ],
    [
      'one of all',
      explain(rule({ kind: 'all', of: [source('alice'), source('bob')] }), [proof('alice')]),
      'NOT_TRUSTED',
      'signed by alice, but not by enough of the required signers (missing: bob)',
      /as many/,
    ],
    [
      'what nothing can satisfy, signed',
      explain(rule({ kind: 'any', of: [] }), [failure('KEY_NOT_TRUSTED')]),
      'NOT_TRUSTED',
      'rule "test" is satisfied by no signature (require: never)',
      /change the rule/,
    ],
    [
      'what nothing can satisfy, unsigned',
      explain(rule({ kind: 'all', of: [source('alice'), { kind: 'any', of: [] }] }), []),
      'NO_SIGNATURE',
      'rule "test" is satisfied by no signature (require: never)',
      /change the rule/,
    ],
    [
      'an image of an index that is not signed itself',
      explain(any, [], { subject: { digest: image, index: otherImage } }),
      'NO_SIGNATURE',
      'no signature is attached to this image',
      /--recursive/,
    ],
    [
      'no proven time',
      explain({ ...any, maxAgeMs: 1_000 }, [proof('alice')]),
      'SIGNATURE_TIME',
      /no trusted timestamp/,
      /not read yet: .*maxAge/,
    ],
    [
      'too old',
      explain({ ...any, maxAgeMs: 1_000 }, [proof('alice', { verifiedAtMs: atMs - 10_000 })]),
      'SIGNATURE_TIME',
      /ago$/,
      /sign again/,
    ],
    [
      'a format that does not count',
      explain(rule({ kind: 'source', source: { ...source('alice').source, formats: ['cosign'] } }), [proof('alice')]),
      'NOT_TRUSTED',
      'alice: signed, but in the format test: only cosign counts',
      /--format/,
    ],
    [
      'another tag',
      explain(bound, [proof('alice', { signedReference: 'r.example/app:2' })]),
      'TAG_MISMATCH',
      'signed for r.example/app:2, asked r.example/app:1',
      /sign this tag/,
    ],
    [
      'a layout without a name',
      explain(bound, [proof('alice', { signedReference: 'r.example/app:2' })], { asked: { reference: 'oci:d:1' } }),
      'TAG_MISMATCH',
      /no name to compare/,
      /--signed-reference/,
    ],
    [
      'another annotation',
      explain({ ...any, annotations: { env: 'prod' } }, [proof('alice')]),
      'ANNOTATION_MISMATCH',
      'annotation "env" must be "prod": it is not there',
      /--annotation/,
    ],
    ['not read', explain(any, [], gap('TIMEOUT', 'too slow')), 'INCOMPLETE', 'could not decide: too slow', /doctor/],
    ['too much', explain(any, [], gap('LIMIT_REACHED', 'more')), 'INCOMPLETE', 'could not decide: more', /limit/],
    [
      'unknown',
      explain(any, [], { gaps: [{ what: 'resolve', code: 'NOT_FOUND', message: 'no such tag' }] }),
      'UNRESOLVED',
      'the reference could not be resolved: no such tag',
      /check the reference/,
    ],
    [
      'no rule, and no name to choose one by',
      explain(undefined, [], { asked: { reference: 'oci:d:1' } }),
      'NO_RULE',
      /an image layout has no name/,
      /--signed-reference/,
    ],
    ['no rule', explain(undefined, []), 'NO_RULE', 'no rule of the policy matches this image', /add a rule/],
  ])('%s', (_, { code, why, todo }, wanted, text, next) => {
    expect(code).toBe(wanted);
    if (typeof text === 'string') expect(why).toBe(text);
    else expect(why).toMatch(text);
    if (next === undefined) expect(todo).toBeUndefined();
    else expect(todo).toMatch(next);
  });

  it('the failure that came furthest is told', () => {
    const far = {
      ...failure('SUBJECT_MISMATCH', 'subject', 'signed for another'),
      checks: proof('alice').checks.slice(0, 3),
    };
    const { why } = explain(any, [
      failure('KEY_NOT_TRUSTED'),
      {
        ...far,
        checks: [
          ...far.checks,
          { name: 'subject', result: 'fail', code: 'SUBJECT_MISMATCH', message: 'signed for another', rule: 'test' },
        ],
      },
    ]);
    expect(why).toBe('signed for another');
  });

  it('of many trusted keys three are named', () => {
    const of = ['a', 'b', 'c', 'd'].map(source);
    expect(explain(rule({ kind: 'any', of }), [failure('KEY_NOT_TRUSTED')]).why).toMatch(/(, key [0-9a-f]{12}){2}, …$/);
  });
});
