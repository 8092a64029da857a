import { type Payload, sigstoreFormat } from '@signet/core';
import type { TagStatement } from '@signet/signed-tags';
import type { Claim } from './ledger.ts';
import { signerOf } from './people.ts';
import { collection, imageOf } from './policies.ts';

/** What `signet sign` makes. */
export async function makeStatement({ by, tag, digest, atMs }: Claim): Promise<TagStatement> {
  const payload: Payload = sigstoreFormat.payload({
    subject: imageOf(digest),
    signedAtMs: atMs,
    annotations: {},
    signedReference: `${collection}:${tag}`,
  });
  const artifact = await sigstoreFormat.seal(payload, signerOf(by));
  return { mediaType: artifact.envelopeMediaType, bytes: artifact.envelope };
}
