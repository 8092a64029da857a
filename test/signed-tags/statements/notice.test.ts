import { createSoftwareSigner, generateKey } from '@signet/core';
import { digestOf } from '@signet/oci';
import { type Notice, signRemoval, signRevocation } from '@signet/signed-tags';
import { noRefusals, type Requirement, type Rule, type Ruling } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { signDocument } from '../../../packages/signed-tags/src/head/sign-file.ts';
import { judgeRevocation, REMOVAL_TYPE, timeOfRemoval } from '../../../packages/signed-tags/src/statements/notice.ts';

const collection = 'registry.example/shop/api';
const digest = digestOf(Buffer.from('image'));
const [alice, bob, mallory] = await Promise.all(
  ['alice', 'bob', 'mallory'].map(async (name) => {
    const key = await generateKey('ecdsa-p256');
    const source: Requirement = { kind: 'source', source: { name, keys: [key.publicKey] } };
    return { signer: createSoftwareSigner(key), source, keyId: key.publicKey.id };
  }),
);
if (alice === undefined || bob === undefined || mallory === undefined) expect.fail();
const two: Requirement = { kind: 'atLeast', count: 2, of: [alice.source, bob.source] };

function rulingFor(require: Requirement, changes: Partial<Ruling> = {}): Ruling {
  const rule: Rule = { name: 'shop', mode: 'enforce', require, tag: 'any', annotations: {} };
  return { rule, fallback: 'deny', refuse: noRefusals, atMs: 0, ...changes };
}

const removal = ({ by = alice, at = 5, tag = 'v1', of = collection } = {}) =>
  signRemoval({ collection: of, tag, signedAtMs: at }, [by.signer]);
const revocation = ({ by = alice, at = 5, reason = 'stolen', about = digest } = {}) =>
  signRevocation({ collection, digest: about, reason, signedAtMs: at }, [by.signer]);
const timeOf = (notices: readonly Notice[], ruling = rulingFor(alice.source)) =>
  timeOfRemoval(notices, { collection, tag: 'v1', ruling });
const revoked = (notices: readonly Notice[], ruling = rulingFor(alice.source)) =>
  judgeRevocation(notices, { collection, digest, ruling });

describe('a removal', () => {
  it('counts from when those who have to have signed it', async () => {
    expect(await timeOf([await removal()])).toBe(5);
    expect(await timeOf([await removal({ at: 9 }), await removal()])).toBe(9);
    expect(await timeOf([await removal({ at: 9 })], rulingFor(two))).toBeUndefined();
    expect(await timeOf([await removal({ at: 9 }), await removal({ by: bob, at: 7 })], rulingFor(two))).toBe(7);
  });

  it('does not count by others, for another tag or collection, or to another end', async () => {
    const good = await removal();
    const [document] = [good.document];
    const asFile = { predicateType: 'https://signet.dev/catalogue/v1', signers: [alice.signer] };
    for (const notice of [
      await removal({ by: mallory }),
      await removal({ tag: 'v2' }),
      await removal({ of: 'registry.example/other' }),
      await revocation(),
      { ...good, document: Buffer.from(good.document.toString().replace('.005Z', '.009Z')) },
      { document, signatures: await signDocument(document, asFile) },
    ])
      expect(await timeOf([notice])).toBeUndefined();
  });

  it('does not count without a rule, nor by a key that is refused', async () => {
    const { rule: _, ...without } = rulingFor(alice.source);
    expect(await timeOf([await removal()], without)).toBeUndefined();
    const refuse = { ...noRefusals, keyIds: new Set([alice.keyId]) };
    expect(await timeOf([await removal()], rulingFor(alice.source, { refuse }))).toBeUndefined();
  });

  it('says nothing where it is signed and none', async () => {
    for (const text of ['junk', '{}', '[]', `{"_type":"${REMOVAL_TYPE}","collection":"${collection}","tag":"v1"}`]) {
      const document = Buffer.from(text);
      const signatures = await signDocument(document, { predicateType: REMOVAL_TYPE, signers: [alice.signer] });
      expect(await timeOf([{ document, signatures }])).toBeUndefined();
    }
  });
});

describe('a revocation', () => {
  it('counts with its reason, once those who have to have signed it', async () => {
    expect(await revoked([await revocation()])).toEqual({ atMs: 5, reason: 'stolen' });
    expect(await revoked([await revocation()], rulingFor(two))).toBeUndefined();
    const both = [await revocation({ at: 9 }), await revocation({ by: bob, at: 7, reason: 'bad' })];
    expect(await revoked(both, rulingFor(two))).toEqual({ atMs: 7, reason: 'bad' });
  });

  it('does not count about another digest, as a removal, or with a long reason', async () => {
    for (const notice of [
      await revocation({ about: digestOf(Buffer.from('other')) }),
      await removal(),
      await revocation({ reason: 'x'.repeat(81) }),
    ])
      expect(await revoked([notice])).toBeUndefined();
  });
});
