import { type Descriptor, unlessMissing } from '@signet/oci';
import type { Payload, SignatureArtifact, SignatureStore, StoredSignature } from '../format.ts';
import { readCosignImage } from './cosign-image.ts';
import { isSameButForTime } from './same-payload.ts';
import { MEDIA_TYPE_SIMPLE_SIGNING } from './simple-signing.ts';

/** Payloads of our length that are read; the newest come first. */
const maxRead = 100;

/**
 * A layer whose payload is the same but for the time, and which `verifies`. Only payloads of the same length are read.
 * @throws {EnvelopeError} SIGNATURE_NOT_STORED when the tag holds no signatures; {RegistryError} what the store throws
 */
export async function findCosign(
  within: SignatureStore,
  { tag, own }: { readonly tag: string; readonly own: Payload },
  verifies: (layer: Omit<SignatureArtifact, 'format'>) => boolean,
): Promise<StoredSignature | undefined> {
  const image = await readCosignImage(tag, within);
  const alike = image?.manifest.layers.filter(
    ({ mediaType, size }) => mediaType === MEDIA_TYPE_SIMPLE_SIGNING && size === own.bytes.length,
  );
  for (const layer of alike?.toReversed().slice(0, maxRead) ?? []) {
    const envelope = await fetchIfThere(layer, within);
    if (envelope === undefined || !isSameButForTime(own.bytes, envelope)) continue;
    const { mediaType: envelopeMediaType, annotations: layerAnnotations = {} } = layer;
    if (image !== undefined && verifies({ envelope, envelopeMediaType, layerAnnotations }))
      return { manifest: image.resolved.descriptor.digest, via: 'sig' };
  }
  return undefined;
}

/** A payload that is gone is no signature of ours: then it is stored again. */
async function fetchIfThere(layer: Descriptor, { store, signal }: SignatureStore): Promise<Uint8Array | undefined> {
  return await unlessMissing(store.fetch(layer, signal === undefined ? {} : { signal }));
}
