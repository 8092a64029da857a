import { generateKey } from '@signet/core';
import { type Identity, isMetBy, type Requirement } from '@signet/verifier';
import { expect, it } from 'vitest';

const [alice, bob] = await Promise.all([generateKey('ecdsa-p256'), generateKey('ecdsa-p256')]);
const [isAlice, isBob] = [alice, bob].map(({ publicKey }): Identity => ({ kind: 'key', keyId: publicKey.id }));
const source = (name: string, key: typeof alice): Requirement => ({
  kind: 'source',
  source: { name, keys: [key.publicKey] },
});
const of = [source('alice', alice), source('bob', bob)];

it('signers meet a requirement that trusts them, and as many as it asks for', () => {
  const signers = [isAlice, isBob].flatMap((each) => each ?? []);
  const [first, second] = signers.map((each) => [each]);
  expect(isMetBy({ kind: 'any', of }, first ?? [])).toBe(true);
  expect(isMetBy(source('bob', bob), first ?? [])).toBe(false);
  expect(isMetBy(source('bob', bob), second ?? [])).toBe(true);
  expect(isMetBy({ kind: 'atLeast', count: 2, of }, first ?? [])).toBe(false);
  expect(isMetBy({ kind: 'atLeast', count: 2, of }, [...(first ?? []), ...(first ?? [])])).toBe(false);
  expect(isMetBy({ kind: 'atLeast', count: 2, of }, signers)).toBe(true);
  expect(isMetBy({ kind: 'any', of }, [])).toBe(false);
});
