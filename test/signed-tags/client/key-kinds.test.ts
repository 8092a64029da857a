import { createSoftwareSigner, generateKey, type KeyKind, type PublicKey } from '@signet/core';
import { MEDIA_TYPE_MANIFEST } from '@signet/oci';
import type { Requirement } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { publishCatalogue } from '../../support/signed-catalogue.ts';
import { at, collection, image, newClient, newStore, told } from './client-world.ts';

const kinds: readonly KeyKind[] = ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa', 'ed25519'];

function whoeverHas(key: PublicKey): Requirement {
  return { kind: 'source', source: { name: 'holder', keys: [key] } };
}

describe('keys of every kind', () => {
  it.each(kinds)('sign tags and catalogues, and no other key of the kind stands for them: %s', async (kind) => {
    const [signer, publisher, other] = await Promise.all(
      ['signer', 'publisher', 'other'].map(() => generateKey(kind, kind === 'rsa' ? { bits: 2048 } : {})),
    );
    if (signer === undefined || publisher === undefined || other === undefined) expect.fail('three keys were made');
    const store = await newStore('new');
    const { bytes, digest } = image('new');
    await publishCatalogue(store, {
      collection,
      publisher: createSoftwareSigner(publisher),
      signer: createSoftwareSigner(signer),
      issuedMs: at(1),
      tags: { v1: [[{ digest, mediaType: MEDIA_TYPE_MANIFEST, size: bytes.length }, at(0)]] },
    });
    const ask = async ({ tags = signer.publicKey, catalogue = publisher.publicKey } = {}) => {
      const how = { now: at(2), require: whoeverHas(tags), catalogue: { signedBy: whoeverHas(catalogue) } };
      return told(await newClient(store).ask(':v1', how), 'new');
    };
    expect(await ask()).toBe('new');
    expect(await ask({ tags: other.publicKey })).toBe('denied NOT_TRUSTED');
    expect(await ask({ catalogue: other.publicKey })).toBe('denied CATALOGUE_NOT_TRUSTED');
  });
});
