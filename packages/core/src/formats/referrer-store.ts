import { type Descriptor, digestOf, MEDIA_TYPE_EMPTY, MEDIA_TYPE_MANIFEST, toDescriptorJson } from '@signet/oci';
import { EnvelopeError } from '../errors.ts';
import {
  ANNOTATION_ENVELOPE,
  MAX_ANNOTATED_ENVELOPE_BYTES,
  type SignatureStore,
  type StoredSignature,
} from '../format.ts';
import { formatSeconds } from './signed-annotations.ts';

const emptyConfig = Buffer.from('{}');
/** Envelopes up to this many bytes are embedded in the layer descriptor's `data`: a manifest may have 4 MiB in all. */
const maxDataBytes = 256 * 1024;
/** A listing may lag behind the push: so often is it read again before that counts as lost. */
const maxListings = 6;

/** What is stored beside an image. */
export interface Referrer {
  readonly artifactType: string;
  readonly envelope: Uint8Array;
  readonly envelopeMediaType: string;
  /** Of the manifest, beside the time and the embedded envelope. */
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Pushes config, envelope and a manifest with the image as subject, and reads all of it back. Rule: wire-formats 2.2, design.md 4.
 * @throws {EnvelopeError} SIGNATURE_NOT_STORED; {RegistryError} what the store throws
 */
export async function storeReferrer(
  referrer: Referrer,
  createdMs: number,
  to: SignatureStore,
): Promise<StoredSignature> {
  const config = describe(emptyConfig, MEDIA_TYPE_EMPTY);
  const layer = describe(referrer.envelope, referrer.envelopeMediaType);
  const bytes = manifestBytes({ referrer, createdMs, config, layer, subject: to.subject });
  const manifest = describe(bytes, MEDIA_TYPE_MANIFEST);
  const options = signalOf(to);
  await Promise.all([to.store.push(emptyConfig, config, options), to.store.push(referrer.envelope, layer, options)]);
  await to.store.push(bytes, manifest, options);
  const [via] = await Promise.all([
    untilListed(manifest, to),
    checkStored(manifest, bytes, to),
    checkStored(layer, referrer.envelope, to),
  ]);
  return { manifest: manifest.digest, via };
}

interface ManifestParts {
  readonly referrer: Referrer;
  readonly createdMs: number;
  readonly config: Descriptor;
  readonly layer: Descriptor;
  readonly subject: Descriptor;
}

function manifestBytes({ referrer, createdMs, config, layer, subject }: ManifestParts): Uint8Array {
  const { artifactType, envelope, annotations } = referrer;
  const { mediaType, digest, size } = subject;
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE_MANIFEST,
      artifactType,
      config: toDescriptorJson(config),
      layers: [toDescriptorJson(envelope.length > maxDataBytes ? layer : { ...layer, data: envelope })],
      subject: toDescriptorJson({ mediaType, digest, size }),
      annotations: {
        ...annotations,
        'org.opencontainers.image.created': formatSeconds(createdMs),
        ...(envelope.length > MAX_ANNOTATED_ENVELOPE_BYTES
          ? {}
          : { [ANNOTATION_ENVELOPE]: Buffer.from(envelope).toString('base64') }),
      },
    }),
  );
}

function describe(bytes: Uint8Array, mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

async function checkStored(target: Descriptor, bytes: Uint8Array, { store, signal }: SignatureStore): Promise<void> {
  const read = await store.fetch(target, signal === undefined ? {} : { signal });
  if (Buffer.from(read).equals(bytes)) return;
  throw new EnvelopeError('SIGNATURE_NOT_STORED', `${target.digest} came back with other bytes than were pushed`);
}

/** How the listing that names the manifest came. The listing ends as soon as ours was seen: what lies beyond it does not matter here. */
async function untilListed(manifest: Descriptor, to: SignatureStore): Promise<'api' | 'tag' | 'scan'> {
  for (let attempt = 1; attempt <= maxListings; attempt += 1) {
    for await (const page of to.store.referrers(to.subject, signalOf(to))) {
      if (page.descriptors.some(({ digest }) => digest === manifest.digest)) return page.via;
    }
    if (attempt < maxListings) await to.pace.wait((0.5 + to.pace.random()) * 50 * 2 ** attempt, to.signal);
  }
  throw new EnvelopeError(
    'SIGNATURE_NOT_STORED',
    `the signature ${manifest.digest} was pushed, but the registry does not list it for ${to.subject.digest}`,
  );
}

/** The options of one request. */
export function signalOf({ signal }: SignatureStore): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
