import {
  ANNOTATION_COSIGN_SIGNATURE,
  cosignFormat,
  cosignTag,
  createSoftwareSigner,
  generateKey,
  parseSimpleSigning,
} from '@signet/core';
import { digestOf } from '@signet/oci';
import { beforeAll, describe, expect, it } from 'vitest';
import { request, sealed, subject } from './signing-world.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
let key: Awaited<ReturnType<typeof generateKey>>;
beforeAll(async () => {
  key = await generateKey('ecdsa-p256');
});

describe('the payload', () => {
  it('is what cosign writes, byte for byte, with the tag in docker-reference and the time in optional', () => {
    expect(text(cosignFormat.payload(request).bytes)).toBe(
      `{"critical":{"identity":{"docker-reference":"r.example/team/web:1.4"},"image":{"docker-manifest-digest":"${subject.digest}"},` +
        '"type":"cosign container image signature"},"optional":{"dev.signet.signed-at":"2026-11-23T09:00:00.120Z","env":"prod"}}',
    );
  });

  it('names the repository alone where no tag is signed', () => {
    const { signedReference: _, ...untagged } = request;
    expect(parseSimpleSigning(cosignFormat.payload(untagged).bytes).dockerReference).toBe('r.example/team/web');
  });

  it('escapes as Go does, and reads back as it was', () => {
    const annotations = { a: '<&>\u2028\u2029', b: '"\\\n' };
    const { bytes } = cosignFormat.payload({ ...request, annotations });
    expect(text(bytes)).toContain(String.raw`"a":"\u003c\u0026\u003e\u2028\u2029"`);
    expect(parseSimpleSigning(bytes).annotations).toMatchObject(annotations);
  });

  it('is signed as it is', () => {
    const { bytes, toSign } = cosignFormat.payload(request);
    expect(toSign).toEqual(bytes);
  });

  it('is refused for a digest whose tag would be longer than tags are', () => {
    const long = { ...subject, digest: digestOf(Buffer.from('image'), 'sha512') };
    expect(() => cosignFormat.payload({ ...request, subject: long })).toThrow(
      expect.objectContaining({ name: 'EnvelopeError', code: 'ENVELOPE_UNSUPPORTED' }),
    );
  });
});

it('the tag is the digest with a dash, and .sig', () => {
  expect(cosignTag(subject.digest)).toBe(`sha256-${subject.digest.slice(7)}.sig`);
});

describe('a sealed payload', () => {
  const kinds = ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa', 'ed25519'] as const;
  it.each(kinds)('verifies with its own %s key and no other', async (kind) => {
    const [own, other] = [await generateKey(kind), await generateKey(kind)];
    const { payload, artifact } = await sealed(cosignFormat, own);
    expect(cosignFormat.verifies(artifact, payload, own.publicKey)).toBe(true);
    expect(cosignFormat.verifies(artifact, payload, other.publicKey)).toBe(false);
  });

  it('verifies over no other payload', async () => {
    const { artifact } = await sealed(cosignFormat, key);
    const other = cosignFormat.payload({ ...request, annotations: { env: 'test' } });
    expect(cosignFormat.verifies(artifact, other, key.publicKey)).toBe(false);
  });

  it.each([
    ['without a signature', {}],
    ['with text that is no base64', { [ANNOTATION_COSIGN_SIGNATURE]: '!!!!' }],
    ['with base64 cut short', { [ANNOTATION_COSIGN_SIGNATURE]: 'MEU' }],
    ['with another signature', { [ANNOTATION_COSIGN_SIGNATURE]: Buffer.alloc(70).toString('base64') }],
  ])('does not verify %s', async (_, layerAnnotations) => {
    const { payload, artifact } = await sealed(cosignFormat, key);
    expect(cosignFormat.verifies({ ...artifact, layerAnnotations }, payload, key.publicKey)).toBe(false);
  });

  it('uses SHA-384 where that is asked for, and refuses a scheme that does not fit the key', async () => {
    const p384 = await generateKey('ecdsa-p384');
    const payload = cosignFormat.payload(request);
    const artifact = await cosignFormat.seal(payload, createSoftwareSigner(p384), { scheme: 'ECDSA_SHA384' });
    expect(cosignFormat.verifies(artifact, payload, p384.publicKey)).toBe(true);
    await expect(
      cosignFormat.seal(payload, createSoftwareSigner(key), { scheme: 'ECDSA_SHA384' }),
    ).rejects.toMatchObject({ code: 'ENVELOPE_UNSUPPORTED' });
  });
});
