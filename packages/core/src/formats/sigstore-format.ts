import { EnvelopeError } from '../errors.ts';
import type { KeyPayload, Payload, SealOptions, SignatureArtifact, SignFormat, SignRequest } from '../format.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { Signer } from '../signer.ts';
import { type Bundle, MEDIA_TYPE_BUNDLE, parseBundle } from './bundle.ts';
import { sealDsse } from './bundle-write.ts';
import { verifyingScheme } from './detached.ts';
import { PAYLOAD_TYPE_IN_TOTO, pae } from './dsse.ts';
import { encodeSignStatement } from './sign-statement.ts';
import { findSigstore } from './sigstore-find.ts';
import { storeSigstore } from './sigstore-store.ts';

/** Sigstore bundle v0.3 over an in-toto Statement, as cosign 3 stores and verifies it. Rule: wire-formats 5. */
export const sigstoreFormat: SignFormat = {
  name: 'sigstore',
  payload,
  seal,
  verifies,
  store: storeSigstore,
  find: (own, key, within) =>
    findSigstore(within, own, (envelope, theirs) => verifies(toArtifact(envelope), theirs, key)),
};

/** The bytes that are signed for an in-toto Statement. */
export function statementPayload(bytes: Uint8Array): KeyPayload {
  return { format: 'sigstore', payloadType: PAYLOAD_TYPE_IN_TOTO, bytes, toSign: pae(PAYLOAD_TYPE_IN_TOTO, bytes) };
}

function payload(request: SignRequest): Payload {
  return statementPayload(encodeSignStatement(request));
}

async function seal(what: Payload, signer: Signer, options: SealOptions = {}): Promise<SignatureArtifact> {
  return toArtifact(await sealDsse(what, signer, options));
}

/** The bundle is read as any verifier reads it. Rule: wire-formats 5.3, steps 1 to 4. */
function verifies(artifact: SignatureArtifact, what: Payload, key: PublicKey): boolean {
  const bundle = tryParse(artifact.envelope);
  if (bundle?.content.kind !== 'dsse' || bundle.key.kind !== 'publicKey') return false;
  const { payloadType, payload: body, signature } = bundle.content.envelope;
  if (payloadType !== what.payloadType || !Buffer.from(body).equals(what.bytes)) return false;
  return verifyingScheme(key, { message: what.toSign, signature }, 'sigstore') !== undefined;
}

function toArtifact(envelope: Uint8Array): SignatureArtifact {
  return { format: 'sigstore', envelope, envelopeMediaType: MEDIA_TYPE_BUNDLE, layerAnnotations: {} };
}

function tryParse(envelope: Uint8Array): Bundle | undefined {
  try {
    return parseBundle(envelope);
  } catch (error) {
    if (error instanceof EnvelopeError) return undefined; // no bundle: it verifies nothing
    throw error;
  }
}
