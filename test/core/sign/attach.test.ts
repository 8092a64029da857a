import { constants, createHash, sign } from 'node:crypto';
import {
  attachSignature,
  cosignFormat,
  cosignTag,
  generateKey,
  type KeyKind,
  type PrivateKey,
  planImage,
  type SignFormat,
  type SignResult,
  signFormat,
  signFormatNames,
  sigstoreFormat,
} from '@signet/core';
import { digestOf, parseReference, type Store } from '@signet/oci';
import { beforeAll, describe, expect, it } from 'vitest';
import { pace } from '../formats/signing-world.ts';
import { countSignatures, imageNamed, newKey, signedAtMs, storeOf } from './world.ts';

const image = imageNamed('one');
const reference = parseReference('r.example/team/web:v1');
let key: PrivateKey;
let other: PrivateKey;
beforeAll(async () => {
  [key, other] = await Promise.all([newKey(), newKey()]);
});

/** The bytes that `--payload-out` writes. */
async function payloadOut(store: Store, format: SignFormat = sigstoreFormat): Promise<Uint8Array> {
  const { root } = await planImage({ store, reference, format, signedAtMs, annotations: { env: 'prod' } });
  return root.payload.toSign;
}

/** As openssl signs: DER for ECDSA. */
function signElsewhere(by: PrivateKey, message: Uint8Array, hash: string | null = 'sha256'): Buffer {
  return sign(by.kind === 'ed25519' ? null : hash, message, by.keyObject);
}

interface Attached {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly by?: PrivateKey;
  readonly to?: string;
}

function attach(store: Store, { payload, signature, by = key, to }: Attached): Promise<SignResult> {
  return attachSignature({
    store,
    reference: to === undefined ? reference : parseReference(to),
    payload,
    signature,
    publicKey: by.publicKey,
    attachedAtMs: signedAtMs + 1000,
    pace,
  });
}

describe.each(signFormatNames)('a signature made elsewhere (%s)', (name) => {
  const format = signFormat(name);
  const kinds: readonly KeyKind[] = ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa', 'ed25519'];

  it.each(kinds)('with %s is stored as if it had been made here, once', async (kind) => {
    const by = await generateKey(kind);
    const store = await storeOf(image);
    const payload = await payloadOut(store, format);
    const signature = signElsewhere(by, payload);
    const first = await attach(store, { payload, signature, by });
    expect(first).toMatchObject({
      outcome: 'new',
      stored: name === 'cosign' ? 'sig' : 'scan',
      digest: image.descriptor.digest,
      signedReference: 'r.example/team/web:v1',
    });
    if (first.outcome !== 'new') return;
    expect(format.verifies(first.artifact, first.payload, by.publicKey)).toBe(true);
    const found = await format.find(first.payload, by.publicKey, { store, subject: image.descriptor, pace });
    expect(found?.manifest).toBe(first.signatureManifest);
    expect(await attach(store, { payload, signature, by })).toMatchObject({ outcome: 'already-there' });
  });

  it.each([
    ['of another key', (message: Uint8Array) => signElsewhere(other, message)],
    ['over other bytes', () => signElsewhere(key, Buffer.from('other bytes'))],
    [
      'over the digest instead of the bytes',
      (message: Uint8Array) => signElsewhere(key, createHash('sha256').update(message).digest()),
    ],
    ['with another hash', (message: Uint8Array) => signElsewhere(key, message, 'sha512')],
    ['cut short', (message: Uint8Array) => signElsewhere(key, message).subarray(0, -1)],
    ['that is empty', () => Buffer.alloc(0)],
    ['that is long', () => Buffer.alloc(1_000_000, 'A')],
  ])('%s is refused, and nothing is stored', async (_, make) => {
    const store = await storeOf(image);
    const payload = await payloadOut(store, format);
    await expect(attach(store, { payload, signature: make(payload) })).rejects.toMatchObject({
      name: 'EnvelopeError',
      code: 'SIGNATURE_INVALID',
    });
    expect(await countSignatures(store, image.descriptor)).toBe(0);
    await expect(store.resolve(cosignTag(image.descriptor.digest))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('the form of the signature', () => {
  it.each([
    ['DER', (der: Buffer) => der],
    ['base64 of it', (der: Buffer) => Buffer.from(`${der.toString('base64')}\n`)],
    ['base64 in lines', (der: Buffer) => Buffer.from(`${der.toString('base64').replace(/.{64}/g, '$&\n')}\n`)],
  ])('may be %s', async (_, write) => {
    const store = await storeOf(image);
    const payload = await payloadOut(store);
    const signature = write(signElsewhere(key, payload));
    expect(await attach(store, { payload, signature })).toMatchObject({ outcome: 'new' });
  });

  it('may be r‖s, and base64 of that', async () => {
    const store = await storeOf(image);
    const payload = await payloadOut(store);
    const raw = sign('sha256', payload, { key: key.keyObject, dsaEncoding: 'ieee-p1363' });
    expect(await attach(store, { payload, signature: raw })).toMatchObject({ outcome: 'new' });
    const again = { payload, signature: Buffer.from(raw.toString('base64')) };
    expect(await attach(store, again)).toMatchObject({ outcome: 'already-there' });
  });

  it('SHA-384 for P-384 is taken, SHA-512 is not', async () => {
    const by = await generateKey('ecdsa-p384');
    const store = await storeOf(image);
    const payload = await payloadOut(store);
    const signed = (hash: string) => attach(store, { payload, by, signature: signElsewhere(by, payload, hash) });
    expect(await signed('sha384')).toMatchObject({ outcome: 'new' });
    await expect(signed('sha512')).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
  });

  it('RSA with PSS is refused: no verifier of these formats takes it', async () => {
    const by = await generateKey('rsa');
    const store = await storeOf(image);
    const payload = await payloadOut(store);
    const signature = sign('sha256', payload, { key: by.keyObject, padding: constants.RSA_PKCS1_PSS_PADDING });
    await expect(attach(store, { payload, by, signature })).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
  });
});

describe('the image', () => {
  const moved = imageNamed('moved');

  it('that the tag names now must be the one that was signed', async () => {
    const store = await storeOf(image);
    const payload = await payloadOut(store);
    const signature = signElsewhere(key, payload);
    await store.tag(moved, 'v1');
    await expect(attach(store, { payload, signature })).rejects.toMatchObject({ code: 'SUBJECT_CHANGED' });
    expect(await countSignatures(store, image.descriptor)).toBe(0);
    const by = `r.example/team/web@${image.descriptor.digest}`;
    expect(await attach(store, { payload, signature, to: by })).toMatchObject({ outcome: 'new' });
  });

  it('that is named by digest must be the one that was signed', async () => {
    const store = await storeOf(image, moved);
    const payload = await payloadOut(store);
    const signature = signElsewhere(key, payload);
    const to = `r.example/team/web@${moved.descriptor.digest}`;
    await expect(attach(store, { payload, signature, to })).rejects.toMatchObject({ code: 'SUBJECT_CHANGED' });
  });

  it('may be asked for by another digest of the same bytes', async () => {
    const store = await storeOf(image);
    const payload = await payloadOut(store);
    const to = `r.example/team/web:v1@${digestOf(image.bytes, 'sha512')}`;
    const result = await attach(store, { payload, signature: signElsewhere(key, payload), to });
    expect(result.digest).toBe(image.descriptor.digest);
  });

  it('must be there', async () => {
    const store = await storeOf(image);
    const payload = await payloadOut(store);
    await store.untag('v1');
    await expect(attach(store, { payload, signature: signElsewhere(key, payload) })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

it('an attestation is not attached as a signature', async () => {
  const payload = Buffer.from('{"_type":"https://in-toto.io/Statement/v1"}');
  const store = await storeOf(image);
  await expect(attach(store, { payload, signature: signElsewhere(key, payload) })).rejects.toMatchObject({
    code: 'PAYLOAD_MALFORMED',
  });
});

it("a payload of cosign's own making is attached as it is", async () => {
  const { digest } = image.descriptor;
  const payload = Buffer.from(
    `{"critical":{"identity":{"docker-reference":"r.example/team/web"},"image":{"docker-manifest-digest":"${digest}"},` +
      '"type":"cosign container image signature"},"optional":null}',
  );
  const store = await storeOf(image);
  const result = await attach(store, { payload, signature: signElsewhere(key, payload) });
  expect(result).toMatchObject({ outcome: 'new', stored: 'sig', signedReference: 'r.example/team/web' });
  expect(cosignFormat.name).toBe(result.payload.format);
});
