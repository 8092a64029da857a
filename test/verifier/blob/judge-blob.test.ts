import { digestOf } from '@signet/oci';
import { type BlobToJudge, judgeBlob, noRefusals, type Requirement, signersMeet } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { bundleMediaType, bundleOf, statementOf, testKey } from '../signatures.ts';

const blob = Buffer.from('a catalogue');
const predicateType = 'https://example.com/catalogue/v1';
const [alice, bob, mallory] = [testKey(), testKey(), testKey()];

const source = (name: string, ...keys: readonly (typeof alice)[]): Requirement => ({
  kind: 'source',
  source: { name, keys: keys.map(({ publicKey }) => publicKey) },
});
const two: Requirement = { kind: 'atLeast', count: 2, of: [source('alice', alice), source('bob', bob)] };

const by = (key: typeof alice, { type = predicateType, about = blob as Uint8Array } = {}) => ({
  mediaType: bundleMediaType,
  bytes: bundleOf(statementOf(digestOf(about), {}, { predicateType: type }), key),
});

const judge = (signatures: BlobToJudge['signatures'], changes: Partial<BlobToJudge> = {}) =>
  judgeBlob({ blob, signatures, predicateType, require: source('alice', alice), refuse: noRefusals, ...changes });

describe('the signatures over a file', () => {
  it('meet a requirement by who signed', async () => {
    const { isMet, signers, reasons } = await judge([by(alice)]);
    expect(isMet).toBe(true);
    expect(signers).toEqual([{ identity: { kind: 'key', keyId: alice.publicKey.id }, format: 'sigstore' }]);
    expect(reasons).toEqual([]);
  });

  it.each<[string, BlobToJudge['signatures'], string]>([
    ['by somebody else', [by(mallory)], 'as it says'],
    ['over another file', [by(alice, { about: Buffer.from('another') })], 'not about this file'],
    ['to another end', [by(alice, { type: 'https://sigstore.dev/cosign/sign/v1' })], 'attests'],
    ['in a format that is not understood', [{ ...by(alice), mediaType: 'text/plain' }], 'not understood'],
    ['that is none', [{ ...by(alice), bytes: Buffer.from('{}') }], ''],
    [
      "in cosign's old bundle",
      [{ ...by(alice), bytes: Buffer.from('{"base64Signature":"eA==","cert":""}') }],
      "cosign's old bundle",
    ],
  ])('do not meet it %s', async (_, signatures, why) => {
    const { isMet, signers, reasons } = await judge(signatures);
    expect([isMet, signers]).toEqual([false, []]);
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toContain(why);
  });

  it('do not meet it where there are none', async () => {
    expect((await judge([])).isMet).toBe(false);
  });

  it('meet it although a bad one is there', async () => {
    expect((await judge([{ ...by(mallory), bytes: Buffer.from('junk') }, by(alice)])).isMet).toBe(true);
  });

  it('count each signer once', async () => {
    expect((await judge([by(alice), by(alice)], { require: two })).isMet).toBe(false);
    expect((await judge([by(alice), by(bob)], { require: two })).isMet).toBe(true);
    const both: Requirement = { kind: 'source', source: { name: 'both', keys: [], threshold: 2 } };
    const require = { ...both, source: { ...both.source, keys: [alice.publicKey, bob.publicKey] } };
    expect((await judge([by(alice), by(alice)], { require })).isMet).toBe(false);
    expect((await judge([by(alice), by(bob)], { require })).isMet).toBe(true);
  });

  it('do not count where the policy refuses the signer', async () => {
    const refuse = { ...noRefusals, keyIds: new Set([alice.publicKey.id]) };
    expect(await judge([by(alice)], { refuse })).toEqual({
      isMet: false,
      signers: [],
      reasons: ['signed by a key that is refused'],
    });
  });

  it('do not count in a format that the source does not take', async () => {
    const require: Requirement = {
      kind: 'source',
      source: { name: 'alice', keys: [alice.publicKey], formats: ['cosign'] },
    };
    expect((await judge([by(alice)], { require })).isMet).toBe(false);
  });

  it('meet it together with those over another file of the same meaning', async () => {
    const [one, other] = [await judge([by(alice)], { require: two }), await judge([by(bob)], { require: two })];
    expect([one.isMet, other.isMet]).toEqual([false, false]);
    expect(signersMeet(two, [...one.signers, ...other.signers])).toBe(true);
  });
});
