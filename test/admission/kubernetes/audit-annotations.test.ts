import { type Digest, digestOf } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import type { Outcome, PlacedOutcome } from '../../../packages/admission/src/index.ts';
import { auditAnnotations } from '../../../packages/admission/src/kubernetes/audit-annotations.ts';

const digest: Digest = digestOf(Buffer.from('image'));
const verified: Outcome = {
  isAllowed: true,
  isWarning: false,
  isUnpinned: false,
  verdict: 'verified',
  code: 'VERIFIED',
  why: '',
  digest,
};
const denied: Outcome = {
  isAllowed: false,
  isWarning: false,
  isUnpinned: false,
  verdict: 'denied',
  code: 'NO_SIGNATURE',
  why: '',
  rule: 'prod',
};
const undecided: Outcome = { ...denied, verdict: 'undecided', code: 'UNRESOLVED' };
const noted = (...outcomes: readonly (readonly [string, Outcome])[]) =>
  auditAnnotations({ outcomes: outcomes.map(([image, outcome]): PlacedOutcome => ({ image, outcome })), policy: 'p1' });

describe('auditAnnotations', () => {
  it('notes the policy, what was verified, and nothing more where all is well', () => {
    expect(noted(['r.example/a', verified])).toEqual({
      policy: 'p1',
      verdict: 'verified',
      verified: `r.example/a = ${digest}`,
    });
  });

  it('notes the worst verdict, and each image that was not simply verified', () => {
    expect(noted(['r.example/a', verified], ['r.example/b', undecided], ['r.example/c', denied])).toMatchObject({
      verdict: 'denied',
      images:
        'r.example/b: undecided UNRESOLVED, refused by rule prod; r.example/c: denied NO_SIGNATURE, refused by rule prod',
    });
    expect(noted(['r.example/a', verified], ['r.example/b', { ...undecided, isAllowed: true }])).toMatchObject({
      verdict: 'undecided',
      images: 'r.example/b: undecided UNRESOLVED, allowed by rule prod',
    });
  });

  it('names what was let through by a tag alone', () => {
    expect(noted(['r.example/a:1', { ...verified, isUnpinned: true }])).toMatchObject({ unpinned: 'r.example/a:1' });
  });

  it('notes a verified image that is refused, and gives no digest for it', () => {
    const annotations = noted(['r.example/a:1', { ...verified, isAllowed: false, code: 'NOT_PINNED' }]);
    expect(annotations).toMatchObject({ images: 'r.example/a:1: verified NOT_PINNED, refused' });
    expect(annotations).not.toHaveProperty('verified');
  });

  it('counts images that were there before, and notes nothing of an object without images', () => {
    expect(auditAnnotations({ outcomes: [], policy: 'p1', unchanged: 2 })).toEqual({ policy: 'p1', unchanged: '2' });
    expect(auditAnnotations({ outcomes: [], policy: 'p1' })).toEqual({});
  });

  it('keeps each annotation under 2048 characters, and counts what it leaves out', () => {
    const many = Array.from({ length: 250 }, (_, at) => [`r.example/${'i'.repeat(100)}${at}`, denied] as const);
    const { images = '' } = noted(...many);
    expect(images.length).toBeLessThanOrEqual(2048);
    expect(images).toMatch(/; and 2\d\d more$/);
    const { images: one = '' } = noted([`r.example/\u001b[31m${'i'.repeat(100_000)}`, denied]);
    expect(one.length).toBeLessThanOrEqual(480);
    expect(one).toContain('\\u{1b}');
  });
});
