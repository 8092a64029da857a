import { describe, expect, it } from 'vitest';
import {
  findSigner,
  hintId,
  noSignerChecks,
  signerChecks,
} from '../../../packages/verifier/src/formats/key-signature.ts';
import { signBytes, type TestKeyKind, testKey } from '../signatures.ts';

const message = Buffer.from('what is signed');
const [alice, bob, mallory] = [testKey(), testKey(), testKey()];
const keys = [alice.publicKey, bob.publicKey];
const by = (key: typeof alice, hint?: string) =>
  ({ message, signature: signBytes(key, message), format: 'sigstore', hint }) as const;

describe('findSigner', () => {
  it.each<[string, string | undefined, number]>([
    ['no hint', undefined, 2],
    ['the hint of its key', bob.publicKey.hint, 1],
    ['the hint of another trusted key', alice.publicKey.hint, 2],
    ['a hint that no trusted key has', mallory.publicKey.hint, 2],
  ])('%s: found all the same, after so many checks', (_, hint, keyChecks) => {
    expect(findSigner(by(bob, hint), { keys })).toMatchObject({ signer: { key: bob.publicKey }, keyChecks });
  });

  it('only hinted keys where only those are asked, all where none is hinted', () => {
    expect(findSigner(by(bob, alice.publicKey.hint), { keys, hintedOnly: true })).toEqual({ keyChecks: 1 });
    expect(findSigner(by(bob, bob.publicKey.hint), { keys, hintedOnly: true })).toMatchObject({ keyChecks: 1 });
    expect(findSigner(by(bob), { keys, hintedOnly: true })).toMatchObject({ signer: { key: bob.publicKey } });
  });

  it('nobody for a signature by another key, for none, and without keys', () => {
    expect(findSigner(by(mallory), { keys })).toEqual({ keyChecks: 2 });
    expect(findSigner({ ...by(bob), signature: Buffer.alloc(0) }, { keys })).toEqual({ keyChecks: 2 });
    expect(findSigner(by(bob), { keys: [] })).toEqual({ keyChecks: 0 });
  });

  it.each<[TestKeyKind, string | null, string]>([
    ['p384', 'sha256', 'ECDSA_SHA256'],
    ['p384', 'sha384', 'ECDSA_SHA384'],
    ['p521', 'sha512', 'ECDSA_SHA512'],
    ['rsa', 'sha256', 'RSA_PKCS1V15_SHA256'],
    ['ed25519', null, 'ED25519'],
  ])('%s with %s is one check, whatever scheme it is', (kind, hash, scheme) => {
    const key = testKey(kind, hash);
    expect(findSigner(by(key), { keys: [key.publicKey] })).toMatchObject({ signer: { scheme }, keyChecks: 1 });
  });

  it('a scheme that the format does not allow is not tried', () => {
    const key = testKey('rsa', 'sha512');
    expect(findSigner(by(key), { keys: [key.publicKey] })).toEqual({ keyChecks: 1 });
  });
});

describe('what a report says of it', () => {
  it('a signer found passes both checks', () => {
    const checks = signerChecks({ key: alice.publicKey, scheme: 'ECDSA_SHA256' }, 'a rule');
    expect(checks.map(({ name, result, code }) => `${name} ${result} ${code}`)).toEqual([
      'integrity pass OK',
      'authenticity pass OK',
    ]);
  });

  it('a trusted key that is named and did not sign is another failure than a key that is not trusted', () => {
    expect(noSignerChecks(alice.publicKey.hint, keys, 'a rule')).toMatchObject([{ code: 'SIGNATURE_INVALID' }]);
    const said = noSignerChecks(mallory.publicKey.hint, keys, 'a rule');
    expect(said).toMatchObject([{ code: 'KEY_NOT_TRUSTED' }]);
    expect(said[0]?.message).toContain(mallory.publicKey.id.slice(0, 12));
    for (const hint of [undefined, 'no hint of ours'])
      expect(noSignerChecks(hint, keys, 'a rule')).toMatchObject([{ code: 'KEY_NOT_TRUSTED' }]);
  });

  it('a hint stands for a key id only in its one form', () => {
    expect(hintId(alice.publicKey.hint)).toBe(alice.publicKey.id);
    for (const text of ['', 'AAAA', `${alice.publicKey.hint}=`, alice.publicKey.hint.replace('=', ' '), '\u001b[2J'])
      expect(hintId(text)).toBeUndefined();
  });
});
