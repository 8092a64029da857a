import { decide, type Evidence, type Finding, type Gap, type Requirement, type Rule, toReport } from '@signet/verifier';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptedSigner } from '../../../packages/verifier/src/decision/decide.ts';
import type { FormatName } from '../../../packages/verifier/src/format-names.ts';
import { by, evidenceOf, failure, image, keyOf, otherImage, proof, rule, source } from '../evidence-data.ts';

const gap: Gap = { what: 'referrers', code: 'UNAUTHORIZED', message: 'the listing was refused' };
const any = rule({ kind: 'any', of: [source('alice'), source('bob')] });
const two = rule({ kind: 'atLeast', count: 2, of: [source('alice'), source('bob')] });
const bound: Rule = { ...any, tag: 'bound' };
const annotated: Rule = { ...any, annotations: { env: 'prod' } };
const signedFor = (signedReference: string) => proof('alice', { signedReference });
const open = proof('alice', {}, [
  { name: 'revocation', result: 'unknown', code: 'NOT_ASKED', message: 'no answer', rule: 'test' },
]);
const expired = proof('alice', {}, [
  { name: 'expiry', result: 'fail', code: 'SIGNATURE_INVALID', message: 'expired', rule: 'test' },
]);
const noTag = evidenceOf({
  asked: { reference: 'r.example/app@x', digest: image, name: { repository: 'r.example/app' } },
});
const noName = evidenceOf({ asked: { reference: 'oci:dir:1', tag: '1' } });

const { subject: _, ...withoutSubject } = evidenceOf();

describe('decide', () => {
  const rows: readonly (readonly [string, Rule | undefined, Evidence, readonly Finding[], string])[] = [
    ['a trusted signature', any, evidenceOf(), [proof('alice')], 'verified VERIFIED'],
    [
      'a trusted one behind a bad one',
      any,
      evidenceOf(),
      [failure('SIGNATURE_INVALID'), proof('bob')],
      'verified VERIFIED',
    ],
    ['a trusted one beside a gap', any, evidenceOf({ gaps: [gap] }), [proof('alice')], 'verified VERIFIED'],
    ['a trusted one before the end', any, evidenceOf({ complete: false }), [proof('alice')], 'verified VERIFIED'],
    ['no signature', any, evidenceOf(), [], 'denied NO_SIGNATURE'],
    ['only an attestation', any, evidenceOf(), [failure('NOT_A_SIGNATURE', 'payload')], 'denied NO_SIGNATURE'],
    [
      'an attestation and a wrong key',
      any,
      evidenceOf(),
      [failure('NOT_A_SIGNATURE'), failure('KEY_NOT_TRUSTED')],
      'denied NOT_TRUSTED',
    ],
    ['a key that nobody trusts', any, evidenceOf(), [failure('KEY_NOT_TRUSTED')], 'denied NOT_TRUSTED'],
    ['a proven signer that is not in the rule', any, evidenceOf(), [proof('mallory')], 'denied NOT_TRUSTED'],
    ['a proof of another image', any, evidenceOf(), [proof('alice', { subject: otherImage })], 'denied NOT_TRUSTED'],
    ['a proven one that expired', any, evidenceOf(), [expired], 'denied NOT_TRUSTED'],
    ['a proven one whose revocation is unknown', any, evidenceOf(), [open], 'undecided INCOMPLETE'],
    ['no rule', undefined, evidenceOf(), [proof('alice')], 'denied NO_RULE'],
    ['no subject', any, withoutSubject, [], 'undecided UNRESOLVED'],
    [
      'an unknown digest',
      any,
      evidenceOf({ gaps: [{ ...gap, what: 'resolve', code: 'NOT_FOUND' }] }),
      [],
      'undecided UNRESOLVED',
    ],
    ['a gap and no signature', any, evidenceOf({ gaps: [gap] }), [], 'undecided INCOMPLETE'],
    ['a gap and a wrong key', any, evidenceOf({ gaps: [gap] }), [failure('KEY_NOT_TRUSTED')], 'undecided INCOMPLETE'],
    ['not all was read', any, evidenceOf({ complete: false }), [], 'undecided INCOMPLETE'],
    ['one of two signers', two, evidenceOf(), [proof('alice')], 'denied NOT_TRUSTED'],
    [
      'the same signer twice',
      two,
      evidenceOf(),
      [proof('alice'), proof('alice', { signedReference: 'x/y:2' })],
      'denied NOT_TRUSTED',
    ],
    ['two of two signers', two, evidenceOf(), [proof('alice'), proof('bob')], 'verified VERIFIED'],
    ['one of two signers, the other open', two, evidenceOf(), [open, proof('bob')], 'undecided INCOMPLETE'],
    ['bound and signed for it', bound, evidenceOf(), [signedFor('r.example/app:1')], 'verified VERIFIED'],
    ['bound and signed for another tag', bound, evidenceOf(), [signedFor('r.example/app:2')], 'denied TAG_MISMATCH'],
    [
      'bound and signed for another repository',
      bound,
      evidenceOf(),
      [signedFor('r.example/other:1')],
      'denied TAG_MISMATCH',
    ],
    [
      'bound and signed for another registry',
      bound,
      evidenceOf(),
      [signedFor('s.example/app:1')],
      'denied TAG_MISMATCH',
    ],
    [
      'bound and signed for the repository alone',
      bound,
      evidenceOf(),
      [signedFor('r.example/app')],
      'denied TAG_MISMATCH',
    ],
    ['bound and signed for no reference', bound, evidenceOf(), [proof('alice')], 'denied TAG_MISMATCH'],
    [
      'bound and signed for no valid reference',
      bound,
      evidenceOf(),
      [signedFor('r.example/APP:1')],
      'denied TAG_MISMATCH',
    ],
    ['bound, by digest, same repository', bound, noTag, [signedFor('r.example/app:7')], 'verified VERIFIED'],
    ['bound, by digest, other repository', bound, noTag, [signedFor('r.example/other:7')], 'denied TAG_MISMATCH'],
    ['bound, a layout without a name', bound, noName, [signedFor('r.example/app:1')], 'denied TAG_MISMATCH'],
    ['any, another tag', any, evidenceOf(), [signedFor('r.example/app:2')], 'verified VERIFIED'],
    [
      'annotations as asked',
      annotated,
      evidenceOf(),
      [proof('alice', { annotations: { env: 'prod' } })],
      'verified VERIFIED',
    ],
    [
      'an annotation of another value',
      annotated,
      evidenceOf(),
      [proof('alice', { annotations: { env: 'dev' } })],
      'denied ANNOTATION_MISMATCH',
    ],
    ['an annotation that is not there', annotated, evidenceOf(), [proof('alice')], 'denied ANNOTATION_MISMATCH'],
    [
      'an annotation by the name of a method',
      { ...any, annotations: { toString: 'x' } },
      evidenceOf(),
      [proof('alice')],
      'denied ANNOTATION_MISMATCH',
    ],
    [
      'both wrong',
      { ...bound, annotations: { env: 'prod' } },
      evidenceOf(),
      [signedFor('r.example/app:2')],
      'denied TAG_MISMATCH',
    ],
  ];
  for (const [title, ruled, evidence, findings, wanted] of rows) {
    it(`${title}: ${wanted}`, () => {
      const { verdict, code } = decide(by(ruled), evidence, findings);
      expect(`${verdict} ${code}`).toBe(wanted);
    });
  }

  it('does not take the conditions of an earlier rule over when a report is replayed', () => {
    const first = decide(by(bound), evidenceOf(), [signedFor('r.example/app:2')]);
    expect(decide(by(any), evidenceOf(), first.findings).verdict).toBe('verified');
    expect(decide(by(bound), evidenceOf(), first.findings).code).toBe('TAG_MISMATCH');
  });

  it('says of each source what it answers', () => {
    const { sources } = decide(by(two), evidenceOf(), [proof('alice'), failure('KEY_NOT_TRUSTED')]);
    expect(sources).toEqual([
      { source: 'alice', answer: 'yes', reason: 'signed' },
      { source: 'bob', answer: 'no', reason: 'no signature of it was found' },
    ]);
    expect(decide(by(two), evidenceOf({ gaps: [gap] }), []).sources.map(({ answer }) => answer)).toEqual([
      'unknown',
      'unknown',
    ]);
    expect(decide(by(any), evidenceOf(), [open]).sources[0]).toEqual({
      source: 'alice',
      answer: 'unknown',
      reason: 'no answer',
    });
  });
});

describe('a source that takes some formats only', () => {
  const only = (name: string, ...formats: readonly FormatName[]): Requirement => {
    return { kind: 'source', source: { ...source(name).source, formats } };
  };
  const signed = (name: string, format: FormatName): Finding => ({ ...proof(name), format });
  const answer = (require: Requirement, ...findings: readonly Finding[]): string =>
    decide(by(rule(require)), evidenceOf(), findings).code;

  it('counts signatures in these, and passes over the others', () => {
    expect(answer(only('alice', 'cosign'), signed('alice', 'cosign'))).toBe('VERIFIED');
    expect(answer(only('alice', 'cosign'), signed('alice', 'sigstore'))).toBe('NOT_TRUSTED');
    expect(answer(only('alice', 'cosign'), signed('alice', 'sigstore'), signed('alice', 'cosign'))).toBe('VERIFIED');
    expect(answer(only('alice', 'cosign', 'sigstore'), signed('alice', 'sigstore'))).toBe('VERIFIED');
    expect(answer(only('alice'), signed('alice', 'sigstore'))).toBe('NOT_TRUSTED');
  });

  it('does not make one signer two', () => {
    const both = [signed('alice', 'sigstore'), signed('alice', 'cosign')];
    const one = { ...source('alice').source, formats: ['cosign'] } as const;
    const other = { ...one, name: 'alice again', formats: ['sigstore'] } as const;
    const of = [one, other].map((each): Requirement => ({ kind: 'source', source: each }));
    expect(answer({ kind: 'atLeast', count: 2, of }, ...both)).toBe('NOT_TRUSTED');
    expect(answer({ kind: 'all', of }, ...both)).toBe('VERIFIED');
  });

  it('says so, of a signer that it trusts and of this image alone', () => {
    const reason = (...findings: readonly Finding[]) =>
      decide(by(rule(only('alice', 'cosign'))), evidenceOf(), findings).sources[0]?.reason;
    expect(reason(signed('alice', 'sigstore'))).toBe('signed, but in the format sigstore: only cosign counts');
    expect(reason(signed('mallory', 'sigstore'))).toBe('no signature of it was found');
    expect(reason({ ...proof('alice', { subject: otherImage }), format: 'sigstore' })).toBe(
      'no signature of it was found',
    );
  });
});

describe('decide, whatever comes', () => {
  const findings = fc.array(
    fc.constantFrom(
      proof('alice'),
      proof('bob'),
      proof('mallory'),
      open,
      expired,
      signedFor('r.example/app:1'),
      signedFor('r.example/app:2'),
      failure('KEY_NOT_TRUSTED'),
      failure('NOT_A_SIGNATURE'),
    ),
    { maxLength: 6 },
  );
  const rules = fc.constantFrom(any, two, bound, annotated, { ...two, tag: 'bound' as const });
  const bad = fc.constantFrom(
    failure('SIGNATURE_INVALID'),
    failure('KEY_NOT_TRUSTED'),
    failure('ENVELOPE_MALFORMED', 'integrity'),
    proof('alice', { subject: otherImage }),
  );
  const verdict = (r: Rule, e: Evidence, f: readonly Finding[]) => decide(by(r), e, f).verdict;

  it('an invalid signature changes no verdict', () => {
    fc.assert(
      fc.property(rules, findings, bad, (r, f, more) => {
        expect(verdict(r, evidenceOf(), [...f, more])).toBe(verdict(r, evidenceOf(), f));
      }),
    );
  });

  it('the order of findings does not matter', () => {
    fc.assert(
      fc.property(
        rules,
        findings.chain((f) => fc.tuple(fc.constant(f), fc.shuffledSubarray(f, { minLength: f.length }))),
        (r, [f, shuffled]) => {
          expect(verdict(r, evidenceOf(), shuffled)).toBe(verdict(r, evidenceOf(), f));
          expect(decide(by(r), evidenceOf(), shuffled).code).toBe(decide(by(r), evidenceOf(), f).code);
        },
      ),
    );
  });

  it('a gap never yields verified and turns every no into undecided', () => {
    fc.assert(
      fc.property(rules, findings, (r, f) => {
        const without = verdict(r, evidenceOf(), f);
        expect(verdict(r, evidenceOf({ gaps: [gap] }), f)).toBe(without === 'denied' ? 'undecided' : without);
      }),
    );
  });

  it('more evidence never takes a yes away', () => {
    fc.assert(
      fc.property(rules, findings, findings, (r, f, more) => {
        if (verdict(r, evidenceOf(), f) === 'verified')
          expect(verdict(r, evidenceOf({ gaps: [gap] }), [...f, ...more])).toBe('verified');
      }),
    );
  });
});

describe('toReport', () => {
  const report = (r: Rule, e: Evidence, f: readonly Finding[]) =>
    toReport({ ruling: by(r), evidence: e, decision: decide(by(r), e, f) });

  it.each([
    ['enforce', false],
    ['warn', true],
    ['audit', true],
  ] as const)('mode %s with a denied image: allowed %s, the verdict kept', (mode, allowed) => {
    expect(report({ ...any, mode }, evidenceOf(), [])).toMatchObject({ verdict: 'denied', allowed, mode });
    expect(report({ ...any, mode }, evidenceOf({ gaps: [gap] }), [])).toMatchObject({ verdict: 'undecided', allowed });
    expect(report({ ...any, mode }, evidenceOf(), [proof('alice')])).toMatchObject({
      verdict: 'verified',
      allowed: true,
    });
  });

  it('names the nearest miss and what to do', () => {
    expect(report(bound, evidenceOf(), [signedFor('r.example/app:2')])).toMatchObject({
      summary: 'signed for r.example/app:2, asked r.example/app:1',
      remedy: expect.stringContaining('signet sign'),
    });
    expect(report(any, evidenceOf(), [failure('KEY_NOT_TRUSTED')]).summary).toMatch(
      /^signed by key 3f…; you trust key [0-9a-f]{12}, key [0-9a-f]{12}$/,
    );
    expect(report(two, evidenceOf(), [proof('alice')]).summary).toBe(
      'signed by alice, but not by enough of the required signers (missing: bob)',
    );
    expect(report(any, evidenceOf(), []).summary).toBe('no signature is attached to this image');
    expect(report(any, evidenceOf({ gaps: [gap] }), []).summary).toBe('could not decide: the listing was refused');
    expect(report(bound, noName, [signedFor('r.example/app:1')]).remedy).toContain('--signed-reference');
  });

  it('says what is known of the tag', () => {
    expect(report(any, evidenceOf(), [proof('alice')]).tag).toBe('digest-only');
    expect(report(any, evidenceOf(), [signedFor('r.example/app:2')]).tag).toBe('digest-only');
    expect(report(any, evidenceOf(), [signedFor('r.example/app:1')]).tag).toBe('bound');
    expect(report(bound, noTag, [signedFor('r.example/app:7')]).tag).toBe('repository-only');
  });

  it('hands out no digest that was not resolved', () => {
    expect(report(any, evidenceOf({ gaps: [{ ...gap, what: 'resolve' }] }), []).digest).toBeUndefined();
    expect(report(any, evidenceOf(), []).digest).toBe(image);
  });
});

describe('acceptedSigner', () => {
  it('is who signed, where the signature meets the rule', () => {
    const signer = `test key:${keyOf('alice').id}`;
    expect(acceptedSigner(proof('alice'), by(any), evidenceOf())).toBe(signer);
    const wanted = by(annotated);
    expect(acceptedSigner(proof('alice'), wanted, evidenceOf())).toBeUndefined();
    expect(acceptedSigner(proof('alice', { annotations: { env: 'prod' } }), wanted, evidenceOf())).toBe(signer);
    expect(acceptedSigner(expired, by(any), evidenceOf())).toBeUndefined();
    expect(acceptedSigner(failure('SIGNATURE_INVALID'), by(any), evidenceOf())).toBeUndefined();
  });
});
