import { type Descriptor, decodeBase64, parseManifest, RegistryError } from '@signet/oci';
import {
  ANNOTATION_ENVELOPE,
  MAX_ANNOTATED_ENVELOPE_BYTES,
  type SignatureStore,
  type StoredSignature,
} from '../format.ts';
import { MAX_SIGNATURE_BYTES } from './bundle.ts';
import { signalOf } from './referrer-store.ts';

/** Listing entries that are looked at, and signatures of them that are checked. */
const maxEntries = 1_000;
const maxChecked = 100;
/** Envelopes that are read because no listing carries them. */
const maxRead = 20;

/** What is looked for in a listing. */
export interface WantedReferrer {
  readonly artifactType: string;
  readonly envelopeMediaType: string;
  /** Whether what is looked for is short enough to be embedded in the listing: no manifest is read then. */
  readonly isListed: boolean;
  /** `other`: it says another thing, and costs no check. */
  readonly matches: (envelope: Uint8Array) => boolean | 'other';
}

/**
 * The first referrer that matches, and whose manifest is still there. Envelopes are taken from the listing; only where ours would be too long for
 * it are some manifests read.
 * A listing that cannot be read whole only costs a second copy of the signature: storing will meet the same error, or not.
 */
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
    if (!(error instanceof RegistryError)) throw error; // see findReferrer
  }
}

function embeddedEnvelope({ annotations = {} }: Descriptor): Uint8Array | undefined {
  const text = Object.hasOwn(annotations, ANNOTATION_ENVELOPE) ? (annotations[ANNOTATION_ENVELOPE] ?? '') : '';
  if (text === '' || text.length > MAX_ANNOTATED_ENVELOPE_BYTES * 2) return undefined;
  return decodeBase64(text);
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
