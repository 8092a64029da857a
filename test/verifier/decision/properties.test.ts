import {
  type Condition,
  decide,
  type Finding,
  type Gap,
  noRefusals,
  type Requirement,
  type Rule,
} from '@signet/verifier';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomRuns } from '../../support/random-runs.ts';
import { atMs, by, evidenceOf, failure, keyOf, otherImage, proof, rule } from '../evidence-data.ts';

const people = ['alice', 'bob', 'carol'] as const;
const gap: Gap = { what: 'blob', code: 'TIMEOUT', message: 'slow' };
const open = { name: 'revocation', result: 'unknown', code: 'NOT_ASKED', message: 'no answer', rule: 'test' } as const;
const condition: Condition = {
  text: 'x',
  evaluate: ({ signature }) => ({ result: signature.annotations.env === 'prod' ? 'pass' : 'fail', message: 'x' }),
};

/** A source of some of the people. */
const sources: fc.Arbitrary<Requirement> = fc
  .record({ keys: fc.subarray([...people], { minLength: 1 }), threshold: fc.constantFrom(1, 1, 2) })
  .map(({ keys, threshold }) => ({
    kind: 'source',
    source: { name: `${keys.join('+')}/${threshold}`, keys: keys.map(keyOf), threshold },
  }));
const { tree: trees } = fc.letrec<{ tree: Requirement }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    sources,
    fc.record({ kind: fc.constantFrom('any' as const, 'all' as const), of: fc.array(tie('tree'), { maxLength: 3 }) }),
    fc.record({
      kind: fc.constant('atLeast' as const),
      count: fc.integer({ min: 1, max: 3 }),
      of: fc.array(tie('tree'), { maxLength: 3 }),
    }),
  ),
}));
const rules: fc.Arbitrary<Rule> = fc
  .record({ require: trees, isBound: fc.boolean(), isYoung: fc.boolean(), hasCondition: fc.boolean() })
  .map(({ require, isBound, isYoung, hasCondition }) =>
    rule(require, {
      ...(isBound ? { tag: 'bound' } : {}),
      ...(isYoung ? { maxAgeMs: 1_000 } : {}),
      ...(hasCondition ? { condition } : {}),
    }),
  );
const signatures: fc.Arbitrary<Finding> = fc
  .record({
    who: fc.constantFrom(...people, 'mallory'),
    tag: fc.constantFrom('1', '2'),
    verifiedAtMs: fc.constantFrom(atMs, atMs - 2_000),
    env: fc.constantFrom('prod', 'dev'),
    isOpen: fc.boolean(),
  })
  .map(({ who, tag, verifiedAtMs, env, isOpen }) =>
    proof(who, { signedReference: `r.example/app:${tag}`, verifiedAtMs, annotations: { env } }, isOpen ? [open] : []),
  );
const invalid = fc.oneof(
  fc.constantFrom(failure('SIGNATURE_INVALID'), failure('KEY_NOT_TRUSTED'), failure('ENVELOPE_MALFORMED', 'integrity')),
  signatures.map(({ proven: _, ...finding }) => finding),
  fc.constant(proof('alice', { subject: otherImage })),
);
const lists = fc.array(signatures, { maxLength: 5 });
const answer = (ruled: Rule, findings: readonly Finding[], gaps: readonly Gap[] = []) =>
  decide(by(ruled), evidenceOf({ gaps }), findings);

describe('whatever the rule and the signatures', () => {
  it('an invalid signature changes no verdict', () => {
    fc.assert(
      fc.property(rules, lists, invalid, (ruled, findings, more) => {
        expect(answer(ruled, [more, ...findings]).verdict).toBe(answer(ruled, findings).verdict);
      }),
      { numRuns: randomRuns(2_000) },
    );
  });

  it('a valid signature more never takes a yes away', () => {
    fc.assert(
      fc.property(rules, lists, signatures, (ruled, findings, more) => {
        if (answer(ruled, findings).verdict === 'verified')
          expect(answer(ruled, [more, ...findings]).verdict).toBe('verified');
      }),
      { numRuns: randomRuns(2_000) },
    );
  });

  it('but by a refused key it does, and only then', () => {
    const refuse = { ...noRefusals, keyIds: new Set([keyOf('carol').id]) };
    fc.assert(
      fc.property(rules, lists, (ruled, findings) => {
        const isByCarol = findings.some(({ proven }) => JSON.stringify(proven?.identity).includes(keyOf('carol').id));
        const { verdict, code } = decide(by(ruled, { refuse }), evidenceOf(), findings);
        expect(code === 'REFUSED_KEY').toBe(isByCarol);
        if (!isByCarol) expect(verdict).toBe(answer(ruled, findings).verdict);
      }),
      { numRuns: randomRuns(2_000) },
    );
  });

  it('the order of signatures, sources and keys does not matter', () => {
    fc.assert(
      fc.property(rules, lists, (ruled, findings) => {
        const { verdict, code } = answer(ruled, findings);
        expect(answer(ruled, findings.toReversed())).toMatchObject({ verdict, code });
        expect(answer({ ...ruled, require: turned(ruled.require) }, findings)).toMatchObject({ verdict, code });
      }),
      { numRuns: randomRuns(2_000) },
    );
  });

  it('what was not read never makes a yes, and turns every no into undecided', () => {
    fc.assert(
      fc.property(rules, lists, (ruled, findings) => {
        const { verdict } = answer(ruled, findings);
        expect(answer(ruled, findings, [gap]).verdict).toBe(verdict === 'denied' ? 'undecided' : verdict);
      }),
      { numRuns: randomRuns(2_000) },
    );
  });

  it('what could not be looked at never makes a yes that the rest does not make', () => {
    fc.assert(
      fc.property(rules, lists, (ruled, findings) => {
        const sure = findings.filter(({ checks }) => checks.every(({ result }) => result !== 'unknown'));
        expect(answer(ruled, findings).verdict === 'verified').toBe(answer(ruled, sure).verdict === 'verified');
      }),
      { numRuns: randomRuns(2_000) },
    );
  });

  it('one signer, trusted by however many sources, never meets atLeast 2', () => {
    fc.assert(
      fc.property(fc.array(sources, { minLength: 2, maxLength: 4 }), lists, (of, findings) => {
        const alone = findings.filter(({ proven }) => JSON.stringify(proven?.identity).includes(keyOf('alice').id));
        expect(answer(rule({ kind: 'atLeast', count: 2, of }), alone).verdict).not.toBe('verified');
      }),
      { numRuns: randomRuns(2_000) },
    );
  });
});

/** The same requirement, all its lists and keys the other way round. */
function turned(requirement: Requirement): Requirement {
  if (requirement.kind !== 'source') return { ...requirement, of: requirement.of.toReversed().map(turned) };
  const { source } = requirement;
  return { kind: 'source', source: { ...source, keys: source.keys.toReversed() } };
}
