import { createHash, X509Certificate } from 'node:crypto';
import { EnvelopeError } from '../errors.ts';
import {
  ANNOTATION_SIGNED_AT,
  MAX_ANNOTATED_ENVELOPE_BYTES,
  type Payload,
  type SealOptions,
  type SignatureArtifact,
  type SignFormat,
  type SignRequest,
} from '../format.ts';
import { findReferrer } from '../formats/referrer-find.ts';
import { storeReferrer } from '../formats/referrer-store.ts';
import { isSameButForTime } from '../formats/same-payload.ts';
import { signedAnnotations } from '../formats/signed-annotations.ts';
import { type PublicKey, publicKeyFrom } from '../keys/public-key.ts';
import type { Signer } from '../signer.ts';
import { NOTARY_PAYLOAD_TYPE } from './attributes.ts';
import { NOTARY_ARTIFACT_TYPE, type NotaryEnvelope, type NotaryForm, notaryEnvelopeTypes } from './envelope.ts';
import { parseNotaryEnvelope } from './parse-envelope.ts';
import { parseNotaryPayload } from './payload.ts';
import { notaryAlgorithmOf, schemeOf, verifyNotarySignature } from './signature.ts';
import { openEnvelope } from './write-envelope.ts';

/** How Notary signatures are written. */
export interface NotarySigning {
  /** Default: JWS, as notation's. */
  readonly form?: NotaryForm;
  /** How long they count, milliseconds from when they are made. Default: for as long as their certificates. */
  readonly lifetimeMs?: number;
  /** DER of the signer's: one that is there counts as the same only where it has these. Default: whichever the key has. */
  readonly certificates?: readonly Uint8Array[];
  /** Asks an authority to confirm the time: gives the token in DER for a signature, verified. Default: nobody is asked. */
  readonly timestamp?: (signature: Uint8Array, hash: string, signal?: AbortSignal) => Promise<Uint8Array>;
}

const reserved = 'io.cncf.notary';

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
      artifactOf(await sealEnvelope(payload, signer, { ...signing, ...options })),
    verifies: ({ envelope }, payload, key) => {
      const read = tryParse(envelope, form);
      return read !== undefined && Buffer.from(read.payload).equals(payload.bytes) && isSignedBy(read, key);
    },
    store: ({ envelope }, createdMs, to) =>
      storeReferrer(
        {
          artifactType: NOTARY_ARTIFACT_TYPE,
          envelope,
          envelopeMediaType,
          annotations: { 'io.cncf.notary.x509chain.thumbprint#S256': thumbprints(envelope, form) },
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
  const bad = Object.keys(request.annotations).find((name) => name.startsWith(reserved));
  if (bad !== undefined)
    throw new EnvelopeError(
      'ANNOTATION_INVALID',
      `names that begin with ${reserved} are the Notary Project's own: ${JSON.stringify(bad.slice(0, 80))}`,
    );
  const targetArtifact = { annotations: signedAnnotations(request), digest, mediaType, size };
  const bytes = Buffer.from(JSON.stringify({ targetArtifact }));
  return { format: 'notary', payloadType: NOTARY_PAYLOAD_TYPE, bytes, toSign: bytes };
}

/** @throws {EnvelopeError} ENVELOPE_UNSUPPORTED for a key or a signer that signs nothing here; {KeyError} what the signer throws */
async function sealEnvelope(
  payload: Payload,
  signer: Signer,
  { form = 'jws', lifetimeMs, timestamp, signal }: NotarySigning & SealOptions,
): Promise<Uint8Array> {
  const { publicKey, chain } = signer;
  const algorithm = notaryAlgorithmOf(publicKey);
  if (algorithm === undefined)
    throw new EnvelopeError(
      'ENVELOPE_UNSUPPORTED',
      'a Notary signature needs a key of P-256, P-384, P-521, or RSA of 2048, 3072 or 4096 bits',
    );
  if (chain.length === 0)
    throw new EnvelopeError(
      'ENVELOPE_UNSUPPORTED',
      'a Notary signature needs the certificates of its key, and there are none',
    );
  const signingTimeMs = signedAtOf(payload);
  const open = openEnvelope(form, {
    algorithm,
    payload: payload.bytes,
    signingTimeMs,
    ...(lifetimeMs === undefined ? {} : { expiryMs: signingTimeMs + lifetimeMs }),
  });
  const signature = await signer.sign(open.toSign, schemeOf(algorithm), signal);
  const token = await timestamp?.(signature, algorithm.hash, signal);
  return open.seal({ signature, certificates: chain, ...(token === undefined ? {} : { timestamp: token }) });
}

/** The payload has it to the millisecond. */
function signedAtOf({ bytes }: Payload): number {
  const { annotations } = parseNotaryPayload(bytes);
  // biome-ignore lint/style/noRestrictedGlobals: reads the time that the payload says; no clock is read.
  return Date.parse(annotations[ANNOTATION_SIGNED_AT] ?? '');
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
