import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePublicKey } from '@signet/core';
import { type Policy, runTable } from '@signet/verifier';
import { loadTable } from '@signet/verifier/policy';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { root } from '../../../../scripts/project.ts';
import { atMs, keyOf, rule } from '../../evidence-data.ts';
import { policyOf } from '../policy-data.ts';

const pub = readFileSync(join(root, 'keys.example/p256.pub'));
const keys = [keyOf('one'), keyOf('two')];
const require = { kind: 'source', source: { name: 'release', keys } } as const;
const policy: Policy = policyOf([rule(require, { name: 'prod', images: ['r.example/**'] })]);

const load = async (text: string) => {
  const reader = {
    readFile: async (path: string): Promise<Uint8Array> => {
      if (path === 'dir/t.yaml') return Buffer.from(text);
      if (path === 'dir/k.pub') return pub;
      throw new RangeError(`there is no ${path}`);
    },
  };
  return loadTable('dir/t.yaml', reader);
};
const whole = async (text: string) => (await load(text)).complete(policy, atMs);
const table = (cases: string, more = '') => `version: 1\n${more}cases:\n${cases}`;
const one = (fields: string) => table(`  - { image: r.example/x, expect: verified${fields} }`);
const by = (word: string) => one(`, signatures: [ { by: "${word}" } ]`);

describe('loadTable', () => {
  it('reads everything that a case may say', async () => {
    const text = table(
      `  - name: all
    image: r.example/x:1@sha256:${'a'.repeat(64)}
    platform: linux/amd64
    digest: build-1
    tagNames: null
    children: [build-2, "sha256:${'b'.repeat(64)}"]
    gaps: [TIMEOUT]
    unresolved: true
    signatures:
      - { by: k, digest: build-1, reference: null, annotations: { a: b }, format: cosign, claimedAt: "2026-01-31T00:00:00Z", verifiedAt: "2026-01-31T00:00:01Z" }
    expect: { verdict: denied, allowed: false, code: NO_RULE, rule: null }
`,
      'policy: ../p.yaml\nat: 2026-01-31T00:00:00Z\nkeys: { k: k.pub }\n',
    );
    expect((await load(text)).policyPath).toBe('p.yaml');
    const { cases, atMs: at } = await whole(text);
    expect(at).toBe(Date.UTC(2026, 0, 31));
    expect(cases).toMatchObject([
      {
        name: 'all',
        place: { file: 'dir/t.yaml', line: 6, column: 5 },
        platform: 'linux/amd64',
        tagNames: null,
        children: [expect.stringMatching(/^sha256:/), `sha256:${'b'.repeat(64)}`],
        gaps: ['TIMEOUT'],
        unresolved: true,
        signatures: [
          {
            keyId: (await parsePublicKey(pub)).id,
            reference: null,
            annotations: { a: 'b' },
            format: 'cosign',
            claimedAtMs: at,
            verifiedAtMs: at + 1000,
          },
        ],
        expect: { verdict: 'denied', allowed: false, code: 'NO_RULE', rule: null },
      },
    ]);
    const [{ digest, signatures, children } = { digest: '', signatures: [], children: [] }] = cases;
    expect(signatures[0]?.digest).toBe(digest);
    expect(children[0]).not.toBe(digest);
  });

  it.each([
    ['release', keys[0]?.id],
    ['release#2', keys[1]?.id],
    [`sha256:${'c'.repeat(64)}`, 'c'.repeat(64)],
    ['nobody', expect.stringMatching(/^[0-9a-f]{64}$/)],
  ])('knows the signer %s', async (word, keyId) => {
    expect((await whole(by(word))).cases[0]?.signatures).toMatchObject([{ keyId }]);
  });

  it('judges at the time of the call where it names none, and gives every case a name', async () => {
    const read = await whole(one(''));
    expect(read.atMs).toBe(atMs);
    expect(read.cases[0]?.name).toBe('1: r.example/x');
    expect((await runTable(policy, read))[0]?.mismatches).toEqual(['expected verified, got denied (NO_SIGNATURE)']);
  });

  it.each([
    ['cases: []', /the version is missing/],
    ['version: 1', /there are no cases/],
    ['version: 2\ncases: [ { image: a, expect: denied } ]', /the version is missing, or not 1/],
    [table('  - { expect: verified }'), /3:5: "image" is missing/],
    [table('  - text'), /fields \(name: value\) are expected/],
    [table('  - { image: r.example/x }'), /"expect" is missing/],
    [table('  - { image: "R E F", expect: verified }'), /"R E F" is not a reference/],
    [table('  - { image: a, expect: verifed }'), /"verifed" is none of verified, denied, undecided/],
    [table('  - { image: a, expect: {} }'), /nothing is expected/],
    [table('  - { image: a, expect: { code: NO_RULES } }'), /"NO_RULES" is none of/],
    [one(', digset: x'), /unknown field "digset"/],
    [one(', digest: SHA'), /"SHA" is not a digest/],
    [one(', children: [SHA]'), /"SHA" is not a digest/],
    [one(', platform: linux'), /"linux" is not a platform/],
    [one(', gaps: [OOPS]'), /"OOPS" is none of UNAUTHORIZED/],
    [one(', gaps: TIMEOUT'), /a list is expected/],
    [one(', unresolved: maybe'), /true or false/],
    [one(', signatures: [ {} ]'), /"by" is missing/],
    [one(', signatures: [ { by: release, verifiedAt: today } ]'), /"today" is not a time/],
    [one(', signatures: [ { by: release, verifiedAt: "2026-02-30T00:00:00Z" } ]'), /is not a time/],
    [one(', signatures: [ { by: release, annotations: [a] } ]'), /fields \(name: text\)/],
    [by('release#3'), /the source "release" has 2 keys/],
    [by('missing.pub'), /no signer is called "missing.pub": there is no dir\/missing.pub/],
    [by('t.yaml'), /no signer is called "t.yaml"/],
    ['- a: [', /dir\/t.yaml/],
  ])('refuses %j at its place', async (text, message) => {
    await expect(whole(text)).rejects.toMatchObject({
      name: 'PolicyError',
      code: 'POLICY_INVALID',
      place: { file: 'dir/t.yaml' },
      message: expect.stringMatching(message),
    });
  });

  it('throws nothing but its own error, whatever it is given', async () => {
    const words = fc.constantFrom(
      'image',
      'r.example/x',
      'expect',
      'verified',
      'signatures',
      'by',
      'null',
      ': ',
      '- ',
      '\n  ',
      '{',
      '}',
      '[',
      ']',
      ',',
      '&a',
      '*a',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(words, { maxLength: 30 }), async (parts) => {
        await whole(table(`  ${parts.join('')}`)).catch((error: unknown) =>
          expect(error).toMatchObject({ name: 'PolicyError' }),
        );
      }),
    );
  });
});
