import { describe, expect, it } from 'vitest';
import { checkAnnotations } from '../../../../packages/verifier/src/decision/checks/annotations.ts';
import { proof, rule, source } from '../../evidence-data.ts';

const any = rule({ kind: 'any', of: [source('alice')] });
const proven = (says: Parameters<typeof proof>[1] = {}) => proof('alice', says).proven ?? expect.fail('proves nothing');

describe('checkAnnotations', () => {
  const wanted = (annotations: Record<string, string>) => ({ ...any, annotations });
  const signed = proven({ annotations: { env: 'prod', empty: '' } });

  it.each<[string, Record<string, string>, string]>([
    ['nothing asked', {}, 'skip NOT_ASKED'],
    ['as asked', { env: 'prod' }, 'pass OK'],
    ['all as asked', { env: 'prod', empty: '' }, 'pass OK'],
    ['another value', { env: 'dev' }, 'fail ANNOTATION_MISMATCH'],
    ['a part of the value', { env: 'pro' }, 'fail ANNOTATION_MISMATCH'],
    ['one of two', { env: 'prod', team: 'a' }, 'fail ANNOTATION_MISMATCH'],
    ['not there, empty asked', { team: '' }, 'fail ANNOTATION_MISMATCH'],
    ['what every object has', { toString: 'x' }, 'fail ANNOTATION_MISMATCH'],
  ])('%s', (_, annotations, outcome) => {
    const { result, code } = checkAnnotations(signed, wanted(annotations));
    expect(`${result} ${code}`).toBe(outcome);
  });

  it('says what is signed instead', () => {
    expect(checkAnnotations(signed, wanted({ env: 'dev' })).message).toBe(
      'annotation "env" must be "dev": it says "prod"',
    );
    expect(checkAnnotations(signed, wanted({ team: 'a' })).message).toContain('it is not there');
    expect(checkAnnotations(signed, wanted({ toString: 'x' })).message).toContain('it is not there');
  });
});
