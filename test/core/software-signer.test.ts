import { createSoftwareSigner, schemesFor, verifySignature } from '@signet/core';
import { describe, expect, it } from 'vitest';
import { keyCode, kinds, sampleKey } from './keys/key-samples.ts';

const message = Buffer.from('message');

describe('createSoftwareSigner', () => {
  it.each(kinds)('%s signs with each scheme of its formats', async (kind) => {
    const signer = createSoftwareSigner(await sampleKey(kind));
    for (const scheme of schemesFor(kind, 'sigstore', 'sign')) {
      const signature = await signer.sign(message, scheme);
      expect(verifySignature(signer.publicKey, scheme, message, signature, 'ieee-p1363')).toBe(true);
    }
  });

  it.each([
    ['ecdsa-p256', 'ECDSA_SHA384'],
    ['ecdsa-p256', 'ED25519'],
    ['rsa', 'ECDSA_SHA256'],
    ['ed25519', 'RSA_PSS_SHA256'],
    ['ed25519', 'ED25519_PH'],
  ] as const)('%s refuses %s', async (kind, scheme) => {
    const signer = createSoftwareSigner(await sampleKey(kind));
    expect(await keyCode(() => signer.sign(message, scheme))).toBe('KEY_REFUSED');
  });

  it('hands on its chain, and stops when it is told to', async () => {
    const chain = [Uint8Array.of(0x30, 0)];
    const signer = createSoftwareSigner(await sampleKey('ed25519'), chain);
    expect(signer.chain).toBe(chain);
    expect(createSoftwareSigner(await sampleKey('ed25519')).chain).toEqual([]);
    await expect(signer.sign(message, 'ED25519', AbortSignal.abort())).rejects.toThrow(/abort/);
  });
});
