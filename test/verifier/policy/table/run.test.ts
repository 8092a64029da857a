import { parseReference } from '@signet/oci';
import { type Expected, type MadeSignature, type Policy, runTable, type TableCase } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { atMs, image, keyOf, otherImage, rule, source } from '../../evidence-data.ts';
import { policyOf, ruleFor } from '../policy-data.ts';

const policy = policyOf([
  ruleFor('prod', ['r.example/prod/**'], { tag: 'bound', annotations: { team: 'web' } }),
  ruleFor('old', ['r.example/old/**'], { maxAgeMs: 3_600_000 }),
  ruleFor('dev', ['r.example/dev/**'], { mode: 'warn' }),
  ruleFor('tagged', ['r.example/dev/**:rc-*'], { mode: 'skip' }),
  rule(
    { kind: 'atLeast', count: 2, of: [source('release'), source('qa')] },
    { name: 'two', images: ['r.example/two'] },
  ),
]);
const by = (name: string, more: Partial<MadeSignature> = {}): MadeSignature => ({
  keyId: keyOf(name).id,
  annotations: { team: 'web' },
  format: 'sigstore',
  ...more,
});

async function run(text: string, changes: Partial<TableCase>, ruled: Policy = policy) {
  const each: TableCase = {
    name: text,
    place: { file: 't.yaml', line: 1, column: 1 },
    reference: parseReference(text),
    children: [],
    signatures: [],
    gaps: [],
    unresolved: false,
    expect: {},
    ...changes,
  };
  const [result] = await runTable(ruled, { atMs, cases: [each] });
  if (result === undefined) throw new RangeError('no result');
  return result;
}

describe('a case', () => {
  it.each<[string, string, Partial<TableCase>, string]>([
    ['signed as asked', 'r.example/prod/x:1', { signatures: [by('release')] }, 'VERIFIED'],
    ['unsigned', 'r.example/prod/x:1', {}, 'NO_SIGNATURE'],
    ['by a stranger', 'r.example/prod/x:1', { signatures: [by('stranger')] }, 'NOT_TRUSTED'],
    ['for another image', 'r.example/prod/x:1', { signatures: [by('release', { digest: otherImage })] }, 'NOT_TRUSTED'],
    [
      'for another tag',
      'r.example/prod/x:1',
      { signatures: [by('release', { reference: 'r.example/prod/x:2' })] },
      'TAG_MISMATCH',
    ],
    ['for no tag', 'r.example/prod/x:1', { signatures: [by('release', { reference: null })] }, 'TAG_MISMATCH'],
    [
      'without annotation',
      'r.example/prod/x:1',
      { signatures: [by('release', { annotations: {} })] },
      'ANNOTATION_MISMATCH',
    ],
    ['with a gap', 'r.example/prod/x:1', { gaps: ['TIMEOUT'] }, 'INCOMPLETE'],
    ['with a gap, but signed', 'r.example/prod/x:1', { gaps: ['TIMEOUT'], signatures: [by('release')] }, 'VERIFIED'],
    ['that is not there', 'r.example/prod/x:1', { unresolved: true }, 'UNRESOLVED'],
    ['of no rule', 'x.example/x', { signatures: [by('release')] }, 'NO_RULE'],
    ['without a time', 'r.example/old/x:1', { signatures: [by('release')] }, 'SIGNATURE_TIME'],
    ['in time', 'r.example/old/x:1', { signatures: [by('release', { verifiedAtMs: atMs - 1 })] }, 'VERIFIED'],
    [
      'claimed in time',
      'r.example/old/x:1',
      { signatures: [by('release', { claimedAtMs: atMs - 1 })] },
      'SIGNATURE_TIME',
    ],
    [
      'by one of two',
      'r.example/two',
      { signatures: [by('release'), by('release', { format: 'cosign' })] },
      'NOT_TRUSTED',
    ],
    ['by two', 'r.example/two', { signatures: [by('release'), by('qa')] }, 'VERIFIED'],
    ['exempt', 'r.example/dev/x:rc-1', {}, 'NOT_CHECKED'],
    ['whose tag names it', `r.example/dev/x:rc-1@${image}`, { tagNames: image }, 'NOT_CHECKED'],
    ['whose tag names another', `r.example/dev/x:rc-1@${image}`, { tagNames: otherImage }, 'NO_SIGNATURE'],
    ['whose tag names nothing', `r.example/dev/x:rc-1@${image}`, { tagNames: null }, 'NO_SIGNATURE'],
  ])('%s', async (_what, text, changes, code) => {
    expect((await run(text, changes)).report.code).toBe(code);
  });

  it('is refused by digest, child and key, whatever the rule', async () => {
    const refuse = { digests: new Set([image]), keyIds: new Set([keyOf('lost').id]), keys: [keyOf('lost')] };
    const strict = { ...policy, refuse };
    const code = async (changes: Partial<TableCase>) =>
      (await run('r.example/dev/x:rc-1', changes, strict)).report.code;
    expect(await code({ digest: image })).toBe('REFUSED_DIGEST');
    expect(await code({ children: [image] })).toBe('REFUSED_DIGEST');
    expect(await code({ signatures: [by('lost')] })).toBe('REFUSED_KEY');
    expect(await code({})).toBe('NOT_CHECKED');
  });

  it('is signed by the name that a rename gives it', async () => {
    const renames = [{ from: 'r.example/prod', to: 'hub.example' }];
    const signed = { signatures: [by('release', { reference: 'hub.example/x:1' })] };
    expect((await run('r.example/prod/x:1', signed, { ...policy, renames })).report.verdict).toBe('verified');
    expect((await run('r.example/prod/x:1', signed)).report.code).toBe('TAG_MISMATCH');
  });
});

describe('what was expected', () => {
  it.each<[Expected, readonly string[]]>([
    [{}, []],
    [{ verdict: 'denied', code: 'NO_SIGNATURE', allowed: true, rule: 'dev' }, []],
    [{ verdict: 'verified' }, ['expected verified, got denied (NO_SIGNATURE)']],
    [{ code: 'NOT_TRUSTED' }, ['expected the reason NOT_TRUSTED, got NO_SIGNATURE']],
    [{ allowed: false }, ['expected not to be allowed, and is']],
    [{ rule: 'prod' }, ['expected rule "prod" to decide, rule "dev" did']],
    [{ rule: null }, ['expected no rule to decide, rule "dev" did']],
  ])('%j', async (expected, mismatches) => {
    expect((await run('r.example/dev/x:1', { expect: expected })).mismatches).toEqual(mismatches);
  });

  it('may be that nothing is allowed', async () => {
    const { mismatches } = await run('x.example/x', { expect: { allowed: true, rule: 'prod' } });
    expect(mismatches).toEqual(['expected to be allowed, and is not', 'expected rule "prod" to decide, no rule did']);
  });
});
