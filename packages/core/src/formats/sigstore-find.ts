import { EnvelopeError } from '../errors.ts';
import { MAX_ANNOTATED_ENVELOPE_BYTES, type Payload, type SignatureStore, type StoredSignature } from '../format.ts';
import { type Bundle, MEDIA_TYPE_BUNDLE, parseBundle } from './bundle.ts';
import { findReferrer } from './referrer-find.ts';
import { isSameButForTime } from './same-payload.ts';

/** What a bundle has beside its payload, at most: an RSA-4096 signature, hint and names. */
const bundleOverheadBytes = 1_500;

/** A referrer whose envelope `verifies` and whose payload is the same but for the time; as {@link findReferrer}. */
export function findSigstore(
  within: SignatureStore,
  payload: Payload,
  verifies: (envelope: Uint8Array, payload: Payload) => boolean,
): Promise<StoredSignature | undefined> {
  return findReferrer(within, {
    artifactType: MEDIA_TYPE_BUNDLE,
    envelopeMediaType: MEDIA_TYPE_BUNDLE,
    isListed: mayBeListed(payload),
    matches(envelope) {
      const theirs = samePayload(envelope, payload);
      return theirs === undefined ? 'other' : verifies(envelope, theirs);
    },
  });
}

/** Whether our own envelope is short enough to be embedded in a listing. */
function mayBeListed({ bytes }: Payload): boolean {
  return (bytes.length * 4) / 3 + bundleOverheadBytes <= MAX_ANNOTATED_ENVELOPE_BYTES;
}

/** Their payload, where it says what ours says at another time. */
function samePayload(envelope: Uint8Array, own: Payload): Payload | undefined {
  const content = tryParse(envelope)?.content;
  if (content?.kind !== 'dsse' || content.envelope.payloadType !== own.payloadType) return undefined;
  const { payload } = content.envelope;
  return isSameButForTime(own.bytes, payload) ? payloadWith(payload, own) : undefined;
}

/** The PAE's head names type and length, which are the same for both: only the body is exchanged. */
function payloadWith(bytes: Uint8Array, own: Payload): Payload {
  const head = own.toSign.subarray(0, own.toSign.length - own.bytes.length);
  return { ...own, bytes, toSign: Buffer.concat([head, bytes]) };
}

function tryParse(envelope: Uint8Array): Bundle | undefined {
  try {
    return parseBundle(envelope);
  } catch (error) {
    if (error instanceof EnvelopeError) return undefined; // somebody else's junk in the listing
    throw error;
  }
}
