import { signBlob } from '@signet/core';
import { type Catalogue, encodeCatalogue, judgeFile, type SignedFile } from '@signet/signed-tags';
import { noRefusals, type Requirement } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { signFile } from '../../../packages/signed-tags/src/head/sign-file.ts';
import { catalogue, collection, publisher } from './head-world.ts';

const [one, other, mallory] = await Promise.all(['one', 'other', 'mallory'].map(publisher));
if (one === undefined || other === undefined || mallory === undefined) expect.fail();
const file = encodeCatalogue(catalogue);

const judge = (signed: SignedFile, signedBy: Requirement = one.signedBy, refuse = noRefusals) =>
  judgeFile(signed, { collection, signedBy, refuse });

describe('a catalogue file', () => {
  it('is trusted by who signed it', async () => {
    const judged = await judge(await signFile(file, [one.signer]));
    expect(judged).toMatchObject({ kind: 'trusted', catalogue });
    expect(judged.kind === 'trusted' && judged.signers.map(({ identity }) => identity)).toEqual([
      { kind: 'key', keyId: one.signer.publicKey.id },
    ]);
  });

  it('may need two signers', async () => {
    const two: Requirement = { kind: 'atLeast', count: 2, of: [one.signedBy, other.signedBy] };
    expect((await judge(await signFile(file, [one.signer, other.signer]), two)).kind).toBe('trusted');
    const alone = await judge(await signFile(file, [one.signer, one.signer]), two);
    expect(alone).toMatchObject({ kind: 'refused', code: 'CATALOGUE_NOT_TRUSTED' });
    expect(alone.kind === 'refused' && alone.message).toContain('not enough');
  });

  it('is not trusted by another signature, nor with another byte', async () => {
    const { signatures } = await signFile(file, [one.signer]);
    const changed = encodeCatalogue({ ...catalogue, expiresMs: catalogue.expiresMs + 1 });
    const forImage = await signBlob({
      blob: file,
      signer: one.signer,
      form: { kind: 'statement', predicateType: 'https://x' },
    });
    for (const signed of [
      await signFile(file, [mallory.signer]),
      { file, signatures: [] },
      { file: changed, signatures },
      { file, signatures: signatures.map((each) => ({ ...each, bytes: forImage })) },
      { file, signatures: signatures.map((each) => ({ ...each, mediaType: 'application/json' })) },
    ])
      expect(await judge(signed)).toMatchObject({ kind: 'refused', code: 'CATALOGUE_NOT_TRUSTED' });
    const refuse = { ...noRefusals, keyIds: new Set([one.signer.publicKey.id]) };
    expect(await judge({ file, signatures }, one.signedBy, refuse)).toMatchObject({ code: 'CATALOGUE_NOT_TRUSTED' });
  });

  it.each<[string, Uint8Array, string]>([
    ['of another collection', encoded({ collection: 'registry.example/other' }), 'COLLECTION_MISMATCH'],
    ['that is none', Buffer.from('{}'), 'CATALOGUE_MALFORMED'],
    ['that is no JSON', Buffer.from('signed'), 'CATALOGUE_MALFORMED'],
  ])('%s is refused though it is signed', async (_, bytes, code) => {
    expect(await judge(await signFile(bytes, [one.signer]))).toMatchObject({ kind: 'refused', code });
  });
});

function encoded(changes: Partial<Catalogue>): Uint8Array {
  return encodeCatalogue({ ...catalogue, ...changes });
}
