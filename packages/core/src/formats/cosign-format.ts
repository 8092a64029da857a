import { decodeBase64, isTag } from '@signet/oci';
import { EnvelopeError } from '../errors.ts';
import type { KeyPayload, Payload, SealOptions, SignatureArtifact, SignFormat, SignRequest } from '../format.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { Signer } from '../signer.ts';
import { findCosign } from './cosign-find.ts';
import { encodeSimpleSigning } from './cosign-payload.ts';
import { storeCosign } from './cosign-store.ts';
import { cosignTag } from './cosign-tag.ts';
import { signDetached, verifyingScheme } from './detached.ts';
import { MEDIA_TYPE_SIMPLE_SIGNING } from './simple-signing.ts';

/** Layer annotation with the signature, in base64. Rule: wire-formats 6.1. */
export const ANNOTATION_COSIGN_SIGNATURE = 'dev.cosignproject.cosign/signature';

/** cosign's older form: simple signing under the tag `sha256-<hex>.sig`. Rule: wire-formats 6. */
export const cosignFormat: SignFormat = {
  name: 'cosign',
  payload,
  seal,
  verifies,
  store: (artifact, _createdMs, to) => storeCosign(artifact, cosignTag(to.subject.digest), to),
  find: (own, key, within) =>
    findCosign(within, { tag: cosignTag(within.subject.digest), own }, (layer) =>
      verifies({ ...layer, format: 'cosign' }, simpleSigningPayload(layer.envelope), key),
    ),
};

/** The bytes that are signed are the payload itself. Rule: wire-formats 6.2. */
export function simpleSigningPayload(bytes: Uint8Array): KeyPayload {
  return { format: 'cosign', payloadType: MEDIA_TYPE_SIMPLE_SIGNING, bytes, toSign: bytes };
}

function payload(request: SignRequest): Payload {
  const { digest } = request.subject;
  if (!isTag(cosignTag(digest)))
    throw new EnvelopeError('ENVELOPE_UNSUPPORTED', `cosign's older form has no tag for ${digest}: use another format`);
  return simpleSigningPayload(encodeSimpleSigning(request));
}

async function seal(what: Payload, signer: Signer, options: SealOptions = {}): Promise<SignatureArtifact> {
  const signature = await signDetached(what.toSign, signer, { ...options, format: 'cosign' });
  return {
    format: 'cosign',
    envelope: what.bytes,
    envelopeMediaType: what.payloadType,
    layerAnnotations: { [ANNOTATION_COSIGN_SIGNATURE]: Buffer.from(signature).toString('base64') },
  };
}

function verifies({ envelope, layerAnnotations }: SignatureArtifact, what: Payload, key: PublicKey): boolean {
  if (!Buffer.from(envelope).equals(what.bytes) || !Object.hasOwn(layerAnnotations, ANNOTATION_COSIGN_SIGNATURE))
    return false;
  const signature = decodeBase64(layerAnnotations[ANNOTATION_COSIGN_SIGNATURE] ?? '');
  if (signature === undefined) return false;
  return verifyingScheme(key, { message: what.toSign, signature }, 'cosign') !== undefined;
}
