import type { Check, CheckName, Finding } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { nearestMiss } from '../../../packages/verifier/src/decision/nearest-miss.ts';
import { failure, proof } from '../evidence-data.ts';

const failed = (...names: readonly CheckName[]): Finding =>
  proof(
    'alice',
    {},
    names.map((name): Check => ({ name, result: 'fail', code: 'NOT_ASKED', message: 'no', rule: 'test' })),
  );
const isAnyThere = (some: readonly Finding[]) => some.length > 0;

describe('nearestMiss', () => {
  it.each([
    ['tag', 'TAG_MISMATCH'],
    ['annotations', 'ANNOTATION_MISMATCH'],
    ['age', 'SIGNATURE_TIME'],
    ['condition', 'CONDITION_FAILED'],
    ['expiry', 'NOT_TRUSTED'],
  ] as const)('one signature that fails by %s alone: %s', (name, code) => {
    expect(nearestMiss([failed(name)], isAnyThere)).toBe(code);
  });

  it('of several checks that one signature fails, the first is named', () => {
    expect(nearestMiss([failed('annotations', 'condition')], isAnyThere)).toBe('ANNOTATION_MISMATCH');
    expect(nearestMiss([failed('age', 'condition')], isAnyThere)).toBe('SIGNATURE_TIME');
    expect(nearestMiss([failed('tag', 'annotations', 'age', 'condition')], isAnyThere)).toBe('TAG_MISMATCH');
    expect(nearestMiss([failed('tag', 'expiry')], isAnyThere)).toBe('NOT_TRUSTED');
  });

  it('of two signatures, each with one failure of its own, the nearer one is named', () => {
    expect(nearestMiss([failed('condition'), failed('age')], isAnyThere)).toBe('SIGNATURE_TIME');
    expect(nearestMiss([failed('tag', 'age'), failed('condition')], isAnyThere)).toBe('CONDITION_FAILED');
  });

  it('nothing that signs the image is no signature; anything else is one that is not trusted', () => {
    expect(nearestMiss([], isAnyThere)).toBe('NO_SIGNATURE');
    const [attestation, foreign] = [failure('NOT_A_SIGNATURE', 'payload'), failure('KEY_NOT_TRUSTED')];
    expect(nearestMiss([attestation], isAnyThere)).toBe('NO_SIGNATURE');
    expect(nearestMiss([attestation, foreign], isAnyThere)).toBe('NOT_TRUSTED');
  });
});
