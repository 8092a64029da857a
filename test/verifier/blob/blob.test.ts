import { createHash } from 'node:crypto';
import { digestOf } from '@signet/oci';
import {
  type BlobEvidence,
  type BlobReport,
  type BlobVerification,
  verifyBlob,
  verifyBlobStream,
} from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { bundleMediaType, bundleOf, signBytes, statementOf, type TestKeyKind, testKey } from '../signatures.ts';

const blob = Buffer.from('a file');
const [alice, mallory] = [testKey(), testKey()];
const slsa = 'https://slsa.dev/provenance/v1';

function message(
  key = alice,
  signed: Uint8Array = blob,
  digest: Uint8Array | null = createHash('sha256').update(blob).digest(),
): BlobEvidence {
  const bundle = {
    mediaType: bundleMediaType,
    verificationMaterial: { publicKey: { hint: key.publicKey.hint } },
    messageSignature: {
      ...(digest === null
        ? {}
        : { messageDigest: { algorithm: 'SHA2_256', digest: Buffer.from(digest).toString('base64') } }),
      signature: signBytes(key, signed).toString('base64'),
    },
  };
  return { kind: 'bundle', bytes: Buffer.from(JSON.stringify(bundle)) };
}

const statement = (predicateType?: string, key = alice, about: Uint8Array = blob): BlobEvidence => ({
  kind: 'bundle',
  bytes: bundleOf(statementOf(digestOf(about), {}, predicateType === undefined ? {} : { predicateType }), key),
});

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 3) yield bytes.subarray(at, at + 3);
}

/** Whole and piece by piece: one answer. */
async function both(asked: BlobVerification): Promise<BlobReport> {
  const report = verifyBlob(asked);
  expect(await verifyBlobStream({ ...asked, blob: pieces(asked.blob) })).toEqual(report);
  return report;
}

const ask = (evidence: BlobEvidence, predicateType?: string, keys = [alice.publicKey]) =>
  both({ blob, evidence, keys, ...(predicateType === undefined ? {} : { predicateType }) });

describe('verifyBlob', () => {
  it.each<[string, BlobEvidence, string | undefined]>([
    ['a message signature', message(), undefined],
    ['a message signature without a digest', message(alice, blob, null), undefined],
    ['a statement that signs', statement(), undefined],
    ['a statement of the asked type', statement(slsa), slsa],
    ['a detached signature', { kind: 'signature', bytes: signBytes(alice, blob) }, undefined],
    [
      'a detached signature in base64 in lines',
      {
        kind: 'signature',
        bytes: Buffer.from(signBytes(alice, blob).toString('base64').replace(/.{20}/g, '$&\r\n')),
      },
      undefined,
    ],
    [
      'a detached signature in base64 with a line end',
      { kind: 'signature', bytes: Buffer.from(`${signBytes(alice, blob).toString('base64')}\n`) },
      undefined,
    ],
  ])('%s: verified', async (_, evidence, predicateType) => {
    const report = await ask(evidence, predicateType);
    expect(report).toMatchObject({
      verdict: 'verified',
      code: 'VERIFIED',
      digest: digestOf(blob),
      identity: { keyId: alice.publicKey.id },
    });
  });

  it.each<TestKeyKind>(['p384', 'p521', 'rsa', 'ed25519'])('%s keys', async (kind) => {
    const key = testKey(kind);
    expect((await ask(message(key), undefined, [mallory.publicKey, key.publicKey])).verdict).toBe('verified');
    expect((await ask(statement(undefined, key), undefined, [key.publicKey])).verdict).toBe('verified');
  });

  it.each<[string, string, BlobEvidence, string | undefined]>([
    ['another key', 'KEY_NOT_TRUSTED', message(mallory), undefined],
    ['another file', 'SIGNATURE_INVALID', message(alice, Buffer.from('another')), undefined],
    [
      'the digest of another file in the bundle',
      'SUBJECT_MISMATCH',
      message(alice, blob, createHash('sha256').update('x').digest()),
      undefined,
    ],
    ['a message where a statement is asked', 'PAYLOAD_TYPE', message(), slsa],
    [
      'a statement about another file',
      'SUBJECT_MISMATCH',
      statement(undefined, alice, Buffer.from('another')),
      undefined,
    ],
    ['a statement of another type', 'NOT_A_SIGNATURE', statement(slsa), undefined],
    ['a signing statement where another is asked', 'NOT_A_SIGNATURE', statement(), slsa],
    ['a statement by another key', 'KEY_NOT_TRUSTED', statement(undefined, mallory), undefined],
    ['a payload that is none', 'PAYLOAD_MALFORMED', { kind: 'bundle', bytes: bundleOf('junk', alice) }, undefined],
    [
      'another payload type',
      'PAYLOAD_TYPE',
      { kind: 'bundle', bytes: bundleOf(statementOf(digestOf(blob)), alice, { payloadType: 'a/b' }) },
      undefined,
    ],
    [
      'a certificate',
      'CERTIFICATE_NOT_KEY',
      { kind: 'bundle', bytes: bundleOf('x', alice, { material: { certificate: { rawBytes: 'MAA=' } } }) },
      undefined,
    ],
    ['no bundle', 'ENVELOPE_MALFORMED', { kind: 'bundle', bytes: Buffer.from('junk') }, undefined],
    [
      'a later version',
      'ENVELOPE_UNSUPPORTED',
      { kind: 'bundle', bytes: bundleOf('x', alice, { bundle: { mediaType: 'x/y' } }) },
      undefined,
    ],
    [
      'a bare signature where a statement is wanted',
      'PAYLOAD_TYPE',
      { kind: 'signature', bytes: signBytes(alice, blob) },
      'https://slsa.dev/provenance/v1',
    ],
    ['no detached signature', 'KEY_NOT_TRUSTED', { kind: 'signature', bytes: Buffer.from('') }, undefined],
  ])('%s: denied with %s', async (_, code, evidence, predicateType) => {
    const report = await ask(evidence, predicateType);
    expect(report).toMatchObject({ verdict: 'denied', code });
    expect(report.identity).toBeUndefined();
  });

  it("says that cosign's old bundle is none", async () => {
    const bytes = Buffer.from(JSON.stringify({ base64Signature: 'AA==', cert: '', rekorBundle: {} }));
    await expect(ask({ kind: 'bundle', bytes })).rejects.toMatchObject({
      name: 'EnvelopeError',
      code: 'ENVELOPE_UNSUPPORTED',
    });
  });
});

describe('verifyBlobStream', () => {
  const ed25519 = testKey('ed25519');
  const large = Buffer.alloc(1_000, 'a larger file');
  const stream = (evidence: BlobEvidence, keys: readonly (typeof alice)[], maxHeldBytes: number) =>
    verifyBlobStream({ blob: pieces(large), evidence, keys: keys.map(({ publicKey }) => publicKey), maxHeldBytes });
  const signed = (key: typeof alice) => message(key, large, null);

  it('holds nothing for ECDSA, RSA and statements', async () => {
    for (const kind of ['p256', 'p384', 'p521', 'rsa'] as const) {
      const key = testKey(kind);
      expect(await stream(signed(key), [key, ed25519], 1)).toMatchObject({ verdict: 'verified' });
    }
    const about: BlobEvidence = { kind: 'bundle', bytes: bundleOf(statementOf(digestOf(large)), ed25519) };
    expect(await stream(about, [ed25519], 1)).toMatchObject({ verdict: 'verified' });
  });

  it('holds the bytes for Ed25519, up to a limit that is said', async () => {
    expect(await stream(signed(ed25519), [alice, ed25519], large.length)).toMatchObject({ verdict: 'verified' });
    await expect(stream(signed(ed25519), [alice, ed25519], large.length - 1)).rejects.toMatchObject({
      name: 'PolicyError',
      code: 'BLOB_TOO_LARGE',
    });
    await expect(stream(signed(mallory), [alice, ed25519], 1)).rejects.toMatchObject({ code: 'BLOB_TOO_LARGE' });
    expect(await stream(signed(mallory), [alice], 1)).toMatchObject({ verdict: 'denied', code: 'KEY_NOT_TRUSTED' });
  });

  it('of a stream that breaks there is no answer', async () => {
    const broken = (async function* () {
      yield large.subarray(0, 10);
      throw new RangeError('the disk is gone');
    })();
    const asked = { blob: broken, evidence: signed(alice), keys: [alice.publicKey] };
    await expect(verifyBlobStream(asked)).rejects.toThrow('the disk is gone');
  });
});
