import { type Digest, digestAlgorithm, digestOf, type Reference, type Resolved, type Store } from '@signet/oci';
import { EnvelopeError } from '../errors.ts';
import type { Pace } from '../format.ts';
import { signFormat } from '../formats/sign-formats.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { defaultPace } from '../pace.ts';
import { signerOfDetached } from './detached-signature.ts';
import { parsePayload } from './parse-payload.ts';
import { type Place, resolvePlace } from './place.ts';
import { type SignResult, signPlanned } from './sign-planned.ts';

/** A payload that was signed elsewhere, and where the signature goes. */
export interface AttachOptions {
  readonly store: Store;
  /** The image; it must be the one that the payload names. */
  readonly reference: Reference;
  /** The bytes that were to be signed, as `planImage` gave them; see `parsePayload` for what else is taken. */
  readonly payload: Uint8Array;
  /** DER or r‖s for ECDSA, as it is for others; or its base64 text. */
  readonly signature: Uint8Array;
  readonly publicKey: PublicKey;
  /** When it is attached, milliseconds since 1970 UTC: goes beside the signature, the payload has its own time. */
  readonly attachedAtMs: number;
  /** Stores it although the same signature of the same key is there. */
  readonly force?: boolean;
  readonly pace?: Pace;
  readonly signal?: AbortSignal;
}

/**
 * Stores a signature that was made elsewhere (offline, by openssl, in a vault). It is checked with the public key, and its payload with the
 * image, before anything is asked or written; then all is as in `signImage`.
 * @throws {EnvelopeError} PAYLOAD_MALFORMED, SIGNATURE_INVALID, SUBJECT_CHANGED, SIGNATURE_NOT_STORED; {RegistryError} what the store throws
 */
export async function attachSignature(options: AttachOptions): Promise<SignResult> {
  const { payload, digest, signedReference } = parsePayload(options.payload);
  const { publicKey, signature, store, signal, pace = defaultPace } = options;
  const detached = signerOfDetached({ message: payload.toSign, signature, publicKey, format: payload.format });
  const place: Place = { store, pace, ...(signal === undefined ? {} : { signal }) };
  const { resolved, tag } = await resolvePlace(options.reference, place);
  checkSubject(resolved, digest);
  const { mediaType, size } = resolved.descriptor;
  const planned = {
    subject: { mediaType, digest, size },
    payload,
    ...(signedReference === undefined ? {} : { signedReference }),
    place: tag === undefined ? place : { ...place, tag },
  };
  return signPlanned(planned, {
    format: signFormat(payload.format),
    ...detached,
    signedAtMs: options.attachedAtMs,
    ...(options.force === undefined ? {} : { force: options.force }),
  });
}

function checkSubject({ bytes, descriptor }: Resolved, signed: Digest): void {
  if (digestOf(bytes, digestAlgorithm(signed)) === signed) return;
  throw new EnvelopeError(
    'SUBJECT_CHANGED',
    `the payload is about ${signed}, the reference names ${descriptor.digest}`,
  );
}
