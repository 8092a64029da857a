import { type Descriptor, decodeBase64, parseManifest, RegistryError } from '@signet/oci';
import { EnvelopeError } from '../errors.ts';
import {
  ANNOTATION_ENVELOPE,
  MAX_ANNOTATED_ENVELOPE_BYTES,
  type Payload,
  type SignatureStore,
  type StoredSignature,
} from '../format.ts';
import { type Bundle, MAX_SIGNATURE_BYTES, MEDIA_TYPE_BUNDLE, parseBundle } from './bundle.ts';
import { isSameButForTime } from './same-payload.ts';
import { signalOf } from './sigstore-store.ts';

/** Listing entries that are looked at, and signatures of them that are checked. */
const maxEntries = 1_000;
const maxChecked = 100;
/** Envelopes that are read because no listing carries them. */
const maxRead = 20;
/** What a bundle has beside its payload, at most: an RSA-4096 signature, hint and names. */
const bundleOverheadBytes = 1_500;

/**
 * A referrer whose envelope `verifies` and whose payload is the same but for the time, and whose manifest is still there. Envelopes
 * are taken from the listing; only where ours would be too long for it are some manifests read.
 * A listing that cannot be read whole only costs a second copy of the signature: storing will meet the same error, or not.
 */
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

/** What is looked for in a listing. */
export interface WantedReferrer {
  readonly artifactType: string;
  readonly envelopeMediaType: string;
  /** Whether what is looked for is short enough to be embedded in the listing: no manifest is read then. */
  readonly isListed: boolean;
  /** `other`: it says another thing, and costs no check. */
  readonly matches: (envelope: Uint8Array) => boolean | 'other';
}

/** The first that matches, and whose manifest is still there. Bounded: see above. */
export async function findReferrer(
  within: SignatureStore,
  { artifactType, envelopeMediaType, isListed, matches }: WantedReferrer,
): Promise<StoredSignature | undefined> {
  let checked = 0;
  let reads = isListed ? 0 : maxRead;
  for await (const { via, descriptor } of listed(within)) {
    let envelope = embeddedEnvelope(descriptor);
    if (envelope === undefined && reads > 0 && [undefined, artifactType].includes(descriptor.artifactType)) {
      reads -= 1;
      envelope = await readEnvelope(descriptor, envelopeMediaType, within);
    }
    const answer = envelope === undefined ? 'other' : matches(envelope);
    if (answer === 'other') continue;
    checked += 1;
    if (checked > maxChecked) return undefined;
    if (answer && (await isSignatureManifest(descriptor, within))) return { manifest: descriptor.digest, via };
  }
  return undefined;
}

async function* listed(
  within: SignatureStore,
): AsyncGenerator<{ readonly via: 'api' | 'tag' | 'scan'; readonly descriptor: Descriptor }> {
  let seen = 0;
  try {
    for await (const { via, descriptors } of within.store.referrers(within.subject, signalOf(within))) {
      for (const descriptor of descriptors) {
        seen += 1;
        if (seen > maxEntries) return;
        yield { via, descriptor };
      }
    }
  } catch (error) {
    within.signal?.throwIfAborted();
    if (!(error instanceof RegistryError)) throw error; // see findSigstore
  }
}

function embeddedEnvelope({ annotations = {} }: Descriptor): Uint8Array | undefined {
  const text = Object.hasOwn(annotations, ANNOTATION_ENVELOPE) ? (annotations[ANNOTATION_ENVELOPE] ?? '') : '';
  if (text === '' || text.length > MAX_ANNOTATED_ENVELOPE_BYTES * 2) return undefined;
  return decodeBase64(text);
}

/** Whether our own envelope is short enough to be embedded in a listing. */
function mayBeListed({ bytes }: Payload): boolean {
  return (bytes.length * 4) / 3 + bundleOverheadBytes <= MAX_ANNOTATED_ENVELOPE_BYTES;
}

async function readEnvelope(
  listed: Descriptor,
  mediaType: string,
  within: SignatureStore,
): Promise<Uint8Array | undefined> {
  try {
    const manifest = parseManifest((await within.store.resolve(listed.digest, signalOf(within))).bytes);
    const layer = manifest.kind === 'manifest' ? manifest.layers[0] : undefined;
    if (layer?.mediaType !== mediaType || layer.size > MAX_SIGNATURE_BYTES) return undefined;
    return await within.store.fetch(layer, signalOf(within));
  } catch (error) {
    within.signal?.throwIfAborted();
    if (error instanceof RegistryError) return undefined; // then it is stored again
    throw error;
  }
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

/** An entry of a fallback index may outlive its manifest, or name another subject. */
async function isSignatureManifest(descriptor: Descriptor, within: SignatureStore): Promise<boolean> {
  try {
    const { bytes } = await within.store.resolve(descriptor.digest, signalOf(within));
    return parseManifest(bytes).subject?.digest === within.subject.digest;
  } catch (error) {
    within.signal?.throwIfAborted();
    if (error instanceof RegistryError) return false; // then it is stored again
    throw error;
  }
}

function tryParse(envelope: Uint8Array): Bundle | undefined {
  try {
    return parseBundle(envelope);
  } catch (error) {
    if (error instanceof EnvelopeError) return undefined; // somebody else's junk in the listing
    throw error;
  }
}
