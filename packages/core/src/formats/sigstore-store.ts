import type { SignatureArtifact, SignatureStore, StoredSignature } from '../format.ts';
import { storeReferrer } from './referrer-store.ts';
import { PREDICATE_TYPE_SIGN } from './statement.ts';

/** A bundle, as cosign 3 stores it. Rule: wire-formats 5.4. @throws as {@link storeReferrer} */
export function storeSigstore(
  { envelope, envelopeMediaType }: SignatureArtifact,
  createdMs: number,
  to: SignatureStore,
): Promise<StoredSignature> {
  const annotations = {
    'dev.sigstore.bundle.content': 'dsse-envelope',
    'dev.sigstore.bundle.predicateType': PREDICATE_TYPE_SIGN,
  };
  return storeReferrer({ artifactType: envelopeMediaType, envelope, envelopeMediaType, annotations }, createdMs, to);
}
