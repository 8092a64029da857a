import type { Evidence, Finding, Gap, Rule } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { answersOf } from '../../../packages/verifier/src/decision/answers.ts';
import { evidenceOf, failure, keyOf, otherImage, proof, rule } from '../evidence-data.ts';

const both = { name: 'team', keys: [keyOf('alice'), keyOf('bob')] };
const team = rule({ kind: 'source', source: both });
const pair = rule({ kind: 'source', source: { ...both, threshold: 2 } });
const gap: Gap = { what: 'referrers', code: 'UNAUTHORIZED', message: 'the listing was refused' };
const expired = proof('alice', {}, [
  { name: 'timestamp', result: 'pass', code: 'OK', message: 'stamped', rule: 'test' },
  { name: 'expiry', result: 'fail', code: 'SIGNATURE_INVALID', message: 'it expired', rule: 'test' },
]);
const open = proof('alice', {}, [
  { name: 'revocation', result: 'unknown', code: 'NOT_ASKED', message: 'no answer', rule: 'test' },
]);

function answer(by: Rule, findings: readonly Finding[], evidence: Evidence = evidenceOf()): string {
  const [said] = answersOf(by, evidence, findings);
  return `${said?.source} ${said?.answer}: ${said?.reason}`;
}

describe('answersOf', () => {
  it.each<[string, Rule, readonly Finding[], Partial<Evidence>, string]>([
    ['a signature', team, [proof('alice')], {}, 'team yes: signed'],
    [
      'two of the same key',
      pair,
      [proof('alice'), proof('alice', { claimedAtMs: 1 })],
      {},
      'team no: signed by 1 of the 2 different signers it needs',
    ],
    ['two of two keys', pair, [proof('alice'), proof('bob')], {}, 'team yes: signed'],
    ['none', team, [], {}, 'team no: no signature of it was found'],
    ['that of another', team, [failure('KEY_NOT_TRUSTED')], {}, 'team no: no signature of it was found'],
    [
      'that of another image',
      team,
      [proof('alice', { subject: otherImage })],
      {},
      'team no: no signature of it was found',
    ],
    ['one that failed a check', team, [expired], {}, 'team no: it expired'],
    ['one with an open check', team, [open], {}, 'team unknown: no answer'],
    ['a gap', team, [], { gaps: [gap] }, 'team unknown: the listing was refused'],
    ['before the end', team, [], { complete: false }, 'team unknown: not everything was read yet'],
    [
      'one of two before the end',
      pair,
      [proof('alice')],
      { complete: false },
      'team unknown: not everything was read yet',
    ],
  ])('%s', (_, by, findings, evidence, wanted) => {
    expect(answer(by, findings, evidenceOf(evidence))).toBe(wanted);
  });

  it('says nothing where there is no rule', () => {
    expect(answersOf(undefined, evidenceOf(), [proof('alice')])).toEqual([]);
  });
});
