import { createHash, X509Certificate } from 'node:crypto';
import { EnvelopeError } from '../errors.ts';
import {
  MAX_ANNOTATED_ENVELOPE_BYTES,
  type Payload,
  type SignatureArtifact,
  type SignFormat,
  type SignRequest,
} from '../format.ts';
import { findReferrer } from '../formats/referrer-find.ts';
import { storeReferrer } from '../formats/referrer-store.ts';
import { isSameButForTime } from '../formats/same-payload.ts';
import { signedAnnotations } from '../formats/signed-annotations.ts';
import { type PublicKey, publicKeyFrom } from '../keys/public-key.ts';
import { NOTARY_PAYLOAD_TYPE } from './attributes.ts';
import { NOTARY_ARTIFACT_TYPE, type NotaryEnvelope, type NotaryForm, notaryEnvelopeTypes } from './envelope.ts';
import { envelopeKeyOf } from './envelope-key.ts';
import { parseNotaryEnvelope } from './parse-envelope.ts';
import { refuseReserved } from './reserved.ts';
import { type NotarySigning, sealEnvelope } from './seal-envelope.ts';
import { verifyNotarySignature } from './signature.ts';

/**
 * Notary Project signatures of the scheme `notary.x509`, as notation stores and verifies them; the signer has to have certificates.
 * Rule: wire-formats 8.
 */
export function createNotaryFormat(signing: NotarySigning = {}): SignFormat {
  const { form = 'jws', lifetimeMs, certificates } = signing;
  const envelopeMediaType = notaryEnvelopeTypes[form];
  const artifactOf = (envelope: Uint8Array): SignatureArtifact => ({
    format: 'notary',
    envelope,
    envelopeMediaType,
    layerAnnotations: {},
  });
  return {
    name: 'notary',
    payload: payloadOf,
    seal: async (payload, signer, options) =>
      artifactOf(await sealEnvelope(payload, envelopeKeyOf(signer), { ...signing, ...options })),
    verifies: ({ envelope }, payload, key) => {
      const read = tryParse(envelope, form);
      return read !== undefined && Buffer.from(read.payload).equals(payload.bytes) && isSignedBy(read, key);
    },
    store: ({ envelope, manifestAnnotations = {} }, createdMs, to) =>
      storeReferrer(
        {
          artifactType: NOTARY_ARTIFACT_TYPE,
          envelope,
          envelopeMediaType,
          annotations: {
            ...manifestAnnotations,
            'io.cncf.notary.x509chain.thumbprint#S256': thumbprints(envelope, form),
          },
        },
        createdMs,
        to,
      ),
    find: async (payload, key, within) =>
      // One that ends is made anew: it counts for longer.
      lifetimeMs !== undefined
        ? undefined
        : await findReferrer(within, {
            artifactType: NOTARY_ARTIFACT_TYPE,
            envelopeMediaType,
            isListed: payload.bytes.length * 2 <= MAX_ANNOTATED_ENVELOPE_BYTES / 4,
            matches(envelope) {
              const read = tryParse(envelope, form);
              if (read === undefined || read.attributes.expiryMs !== undefined) return 'other';
              // After a renewal the key is the same, and a signature with the older certificate ends with that.
              if (certificates !== undefined && !isSameChain(read.certificates, certificates)) return 'other';
              return isSameButForTime(payload.bytes, read.payload) ? isSignedBy(read, key) : 'other';
            },
          }),
  };
}

/** Compact JSON with sorted names, as notation writes it. Rule: wire-formats 8.1 @throws {EnvelopeError} ANNOTATION_INVALID */
function payloadOf(request: SignRequest): Payload {
  const { digest, mediaType, size } = request.subject;
  refuseReserved(request.annotations);
  const targetArtifact = { annotations: signedAnnotations(request), digest, mediaType, size };
  const bytes = Buffer.from(JSON.stringify({ targetArtifact }));
  return { format: 'notary', payloadType: NOTARY_PAYLOAD_TYPE, bytes, toSign: bytes };
}

/** By the first certificate's key, which is this one. */
function isSignedBy(envelope: NotaryEnvelope, key: PublicKey): boolean {
  const leaf = envelope.certificates[0];
  if (leaf === undefined) return false;
  try {
    return publicKeyFrom(new X509Certificate(leaf).publicKey).id === key.id && verifyNotarySignature(key, envelope);
  } catch {
    return false; // no certificate, or none with a key that signs
  }
}

function isSameChain(one: readonly Uint8Array[], other: readonly Uint8Array[]): boolean {
  return one.length === other.length && one.every((der, at) => Buffer.from(der).equals(other[at] ?? Buffer.alloc(0)));
}

/** Of each certificate, in a list within a text. Rule: wire-formats 8.2 */
function thumbprints(envelope: Uint8Array, form: NotaryForm): string {
  const { certificates } = parseNotaryEnvelope(envelope, form);
  return JSON.stringify(certificates.map((each) => createHash('sha256').update(each).digest('hex')));
}

function tryParse(envelope: Uint8Array, form: NotaryForm): NotaryEnvelope | undefined {
  try {
    return parseNotaryEnvelope(envelope, form);
  } catch (error) {
    if (error instanceof EnvelopeError) return undefined; // somebody else's, or junk
    throw error;
  }
}
