import { readFileSync } from 'node:fs';
import { parsePublicKeys } from '@signet/core';
import { digestOf } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { keyFiles, lint, problemsOf } from './policy-data.ts';

const rules = 'rules: [{ images: ["x.io/**"], mode: skip }]\n';
const policy = (refuse: string): string => `version: 1\nrefuse: ${refuse}\n${rules}`;
const digest = digestOf(Buffer.from('bad'));
const idOf = async (name: string) => (await parsePublicKeys(Buffer.from(keyFiles[name] ?? '')))[0]?.id;
const example = readFileSync(new URL('../../../../keys.example/p256.pub', import.meta.url), 'utf8');

describe('refusals', () => {
  it('are none by default', async () => {
    const { policy: loaded } = await lint(`version: 1\n${rules}`);
    expect(loaded?.refuse).toEqual({ digests: new Set(), keyIds: new Set(), keys: [] });
    expect((await lint(policy('{}'))).problems).toEqual([]);
    expect((await lint(policy('{ digests: [], keys: [] }'))).problems).toEqual([]);
  });

  it('are digests, keys, and ids of keys that are not there', async () => {
    const unknown = 'c'.repeat(64);
    const { policy: loaded, problems } = await lint(
      policy(`{ digests: ["${digest}", "${digest}"], keys: [a.pub, "sha256:${unknown}", ./a.pub] }`),
    );
    expect(problems).toEqual([]);
    expect(loaded?.refuse.digests).toEqual(new Set([digest]));
    expect(loaded?.refuse.keyIds).toEqual(new Set([await idOf('a.pub'), unknown]));
    expect(loaded?.refuse.keys.map(({ id }) => id)).toEqual([await idOf('a.pub')]);
  });

  it('may be sample keys', async () => {
    expect((await lint(policy('{ keys: [e.pub] }'), { files: { 'e.pub': example } })).problems).toEqual([]);
  });

  it('of all files are one list', async () => {
    const files = { 'base.yaml': `version: 1\nrefuse: { keys: [b.pub] }\n` };
    const { policy: loaded } = await lint(`version: 1\nextends: base.yaml\nrefuse: { keys: [a.pub] }\n${rules}`, {
      files,
    });
    expect(loaded?.refuse.keyIds).toEqual(new Set([await idOf('a.pub'), await idOf('b.pub')]));
  });

  const hint = '[sha256: and 64 lower-case hex digits]';
  it.each([
    ['{ digests: [latest] }', `2:21 "latest" is not a digest ${hint}`],
    [`{ digests: ["${digest}", "${digest.toUpperCase()}"] }`, `2:96 "${digest.toUpperCase()}" is not a digest ${hint}`],
    [`{ digests: ["${digest.slice(0, -1)}"] }`, `2:21 "${digest.slice(0, -1)}" is not a digest ${hint}`],
    ['{ keys: [gone.pub] }', '2:18 no such file: gone.pub'],
    ['{ keys: [https://x.io/k] }', '2:18 keys are read from files, not from addresses'],
    [
      '{ keys: [{ jwk: { kty: oct } }] }',
      '2:18 the JWK: a JWK of another kind than RSA, EC P-256, P-384, P-521 or OKP Ed25519',
    ],
    [
      '{ keys: ["sha256:ABC"] }',
      '2:18 "sha256:ABC" is the id of a key [a source is made of the keys themselves; an id (sha256: and 64 lower-case hex digits) can only be refused]',
    ],
  ])('%s', async (refuse, fault) => {
    expect(await problemsOf(policy(refuse))).toEqual([`error POLICY_INVALID ${fault}`]);
  });
});
