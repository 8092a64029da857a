import { convertPolicy, importFormats } from '@signet/policy-import';
import { PolicyError } from '@signet/verifier';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** Converted, or refused with the class of this package; anything else is thrown on. */
function outcome(from: (typeof importFormats)[number], text: string): 'converted' | PolicyError {
  try {
    convertPolicy(from, [{ file: 'f', text }]);
    return 'converted';
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
}

const words = [
  ...[
    'version',
    '1.0',
    'trustPolicies',
    'name',
    'registryScopes',
    '*',
    'signatureVerification',
    'level',
    'skip',
    'default',
    'transports',
  ],
  ...[
    'docker',
    'type',
    'reject',
    'sigstoreSigned',
    'keyPath',
    'signedIdentity',
    'kind',
    'ClusterImagePolicy',
    'ClusterPolicy',
    'metadata',
  ],
  ...[
    'spec',
    'images',
    'glob',
    'authorities',
    'static',
    'action',
    'pass',
    'rules',
    'verifyImages',
    'imageReferences',
    'attestors',
    'entries',
  ],
  ...[
    'ImageValidatingPolicy',
    'validations',
    'expression',
    'application',
    'validators',
    'policy',
    'pattern',
    '*:*',
    'approve',
    'List',
    'items',
  ],
];
const word = fc.constantFrom(...words);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    word,
    fc.constantFrom(true, false, null, 0, 1, -1, 'ghcr.io/a/*', 'docker.io/a:1', '__proto__'),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(word, tie('tree'), { maxKeys: 5 }),
  ),
}));

describe('hostile policies', () => {
  it.each(importFormats)('%s: made-up trees are converted or refused with a place', (from) => {
    fc.assert(
      fc.property(tree, (value) => {
        const result = outcome(from, JSON.stringify(value));
        if (result !== 'converted') expect(result.place, result.message).toMatchObject({ file: 'f' });
      }),
      { numRuns: 400 },
    );
  });

  it.each(importFormats)('%s: any text', (from) => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 200 })), (text) => {
        outcome(from, text);
      }),
      { numRuns: 300 },
    );
  });

  it.each<readonly [string, string]>([
    [
      'an alias bomb',
      `a: &a [x,x]\n${Array.from({ length: 40 }, (_, at) => `b${at}: &b${at} [*${at === 0 ? 'a' : `b${at - 1}`},*${at === 0 ? 'a' : `b${at - 1}`}]`).join('\n')}\n`,
    ],
    ['many aliases', `a: &a [x]\n${Array.from({ length: 9000 }, (_, at) => `b${at}: *a`).join('\n')}\n`],
    ['an alias of itself', 'kind: &a {kind: *a}\n'],
    ['deep nesting', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['deep maps', `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`],
    ['many documents', '---\nkind: x\n'.repeat(300)],
    ['a large file', `a: ${'x'.repeat(1024 * 1024)}`],
    ['a name twice', 'kind: a\nkind: b\n'],
    ['a tag', 'kind: !!js/function x\n'],
  ])('%s is refused soon', (_, text) => {
    for (const from of importFormats) {
      const begun = process.hrtime.bigint();
      expect(outcome(from, text), from).toBeInstanceOf(PolicyError);
      expect(Number(process.hrtime.bigint() - begun) / 1e9).toBeLessThan(20);
    }
  });

  it('comments of the result hold nothing that ends a line or deceives a terminal', () => {
    const name = 'x\u001b[31m\u2028\nmode: skip';
    const scopes = { [name]: [{ type: 'reject' }], 'a.io/b': [{ type: 'signedBy' }] };
    const text = JSON.stringify({ default: [{ type: 'reject' }], transports: { docker: scopes } });
    const { policy } = convertPolicy('podman', [{ file: `f\nrules: []`, text }]);
    expect(policy).toMatch(/^[ -~\n]*$/);
    expect(policy).not.toMatch(/^(?:mode: skip|rules: \[\])/m);
  });
});
