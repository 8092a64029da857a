import {
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestOf,
  type ImageManifest,
  type Manifest,
  parseManifest,
  RegistryError,
  type Resolved,
  unlessMissing,
} from '@signet/oci';
import type { Envelope, Skipped } from '../evidence.ts';
import type { FoundFormat } from '../format.ts';
import type { Collecting } from './collecting.ts';
import { limitGap } from './gaps.ts';

/** A signature manifest from the listing. That it is gone is no gap: it was deleted, or its entry is a lie. Rule: wire-formats 2.5. */
export async function readReferrer(descriptor: Descriptor, subject: Digest, collecting: Collecting): Promise<void> {
  const { gathering, source, limits, signal } = collecting;
  const { digest: origin, mediaType } = descriptor;
  const skip = (code: Skipped['code'], message: string) => gathering.addSkipped({ origin, code, message });
  const bytes = await unlessMissing(source.fetch(descriptor, { signal, maxBytes: limits.maxManifestBytes }));
  if (bytes === undefined) return skip('REFERRER_GONE', 'listed, but its manifest is not there any more');
  const manifest = readable(bytes, mediaType);
  if (typeof manifest === 'string') return skip('MANIFEST_INVALID', manifest);
  const named = manifest.subject?.digest;
  if (named === undefined) return skip('SUBJECT_MISSING', 'listed as a referrer, but its manifest names no subject');
  if (named !== subject)
    return skip('SUBJECT_MISMATCH', `listed as a referrer of ${subject}, but its subject is ${named}`);
  takeManifest(manifest, origin, collecting);
}

/** A tag of the older cosign form; that it is not there is the usual case. */
export async function readTag(tag: string, subject: Digest, collecting: Collecting): Promise<void> {
  const { gathering, source, limits, signal } = collecting;
  const resolved: Resolved | undefined = await unlessMissing(
    source.resolve(tag, { signal, maxBytes: limits.maxManifestBytes }),
  );
  if (resolved === undefined) return;
  const { digest: origin, mediaType } = resolved.descriptor;
  const skip = (code: Skipped['code'], message: string) => gathering.addSkipped({ origin, code, message });
  const manifest = readable(resolved.bytes, mediaType);
  if (typeof manifest === 'string') return skip('MANIFEST_INVALID', manifest);
  const named = manifest.subject?.digest;
  if (named !== undefined && named !== subject) return skip('SUBJECT_MISMATCH', `its subject is ${named}`);
  takeManifest(manifest, origin, collecting);
}

function takeManifest(manifest: ImageManifest, origin: Digest, collecting: Collecting): void {
  const { gathering, formats } = collecting;
  const manifestSubject = manifest.subject?.digest;
  let found = 0;
  for (const format of formats) {
    const layers = manifest.layers.filter((layer) => formats.find((each) => each.recogniseLayer(layer)) === format);
    found += layers.length;
    if (layers.length > format.maxLayers)
      gathering.addGap(limitGap(`${layers.length} signatures in one manifest (at most ${format.maxLayers})`));
    // The newest first: who signs again appends.
    for (const layer of layers.slice(-format.maxLayers).toReversed()) {
      const rest = { origin, ...(manifestSubject === undefined ? {} : { manifestSubject }) };
      takeLayer(layer, { ...rest, ...ofLayer(layer, format) }, collecting);
    }
  }
  const message = 'no layer holds a signature of a format that is verified here';
  if (found === 0) gathering.addSkipped({ origin, code: 'NO_ENVELOPE', message });
}

function ofLayer({ mediaType, annotations = {} }: Descriptor, format: FoundFormat) {
  const isRead = ([key]: readonly [string, string]) => format.annotationKeys.includes(key);
  const read = Object.fromEntries(Object.entries(annotations).filter(isRead));
  return { format: format.name, mediaType, annotations: read };
}

/** `data` of the descriptor where it is what the descriptor says; else the blob waits to be read. */
function takeLayer(layer: Descriptor, rest: Omit<Envelope, 'bytes' | 'foundIn'>, collecting: Collecting): void {
  const { gathering, limits, source, signal } = collecting;
  const { data, digest, size } = layer;
  if (size > limits.maxEnvelopeBytes) {
    gathering.addGap({ ...limitGap(`an envelope of ${size} bytes (at most ${limits.maxEnvelopeBytes})`), digest });
    return;
  }
  if (data !== undefined && data.length === size && digestOf(data, digestAlgorithm(digest)) === digest) {
    gathering.addEnvelope({ ...rest, foundIn: 'manifest', bytes: data });
    return;
  }
  if (!gathering.claim(layer, rest)) return;
  const run = async () => {
    const bytes = await source.fetch(layer, { signal, maxBytes: limits.maxEnvelopeBytes });
    gathering.addEnvelope({ ...rest, foundIn: 'blob', bytes });
  };
  gathering.enqueue({ what: 'blob', rank: 0, size, run });
}

/** The manifest, or why it is none that could hold signatures. */
function readable(bytes: Uint8Array, mediaType: string): ImageManifest | string {
  let manifest: Manifest;
  try {
    manifest = parseManifest(bytes, mediaType);
  } catch (error) {
    if (error instanceof RegistryError) return error.message;
    throw error;
  }
  return manifest.kind === 'manifest' ? manifest : 'an index, not a manifest with layers';
}
