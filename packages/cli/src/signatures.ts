import { type Digest, digestOf, parseManifest, type Reference, type Resolved, type Source } from '@signet/oci';
import {
  collect,
  defaultFormats,
  defaultVerifyLimits,
  type FoundFormat,
  type Gap,
  type Inspection,
  inspectSignature,
  type Skipped,
  toAsked,
} from '@signet/verifier';

/** A signature that was found, and where. Nothing of it is verified. */
export interface FoundSignature {
  /** Digest of the signature manifest; absent for a file. */
  readonly origin?: Digest;
  readonly inspection: Inspection;
}

interface FoundSignatures {
  readonly found: readonly FoundSignature[];
  readonly gaps: readonly Gap[];
  readonly skipped: readonly Skipped[];
}

/**
 * What is attached to an image, found as a verification finds it; gaps are what could not be read, skipped what was passed over. `formats`: which are
 * looked for; by default those that can be shown.
 */
export async function findSignatures(
  reference: Reference,
  source: Source,
  signal: AbortSignal,
  formats: readonly FoundFormat[] = defaultFormats,
): Promise<FoundSignatures> {
  const found = new Map<string, FoundSignature>();
  let gaps: readonly Gap[] = [];
  let skipped: readonly Skipped[] = [];
  const options = { source, formats, limits: defaultVerifyLimits, signal };
  for await (const evidence of collect(toAsked(reference), options)) {
    ({ gaps, skipped } = evidence);
    for (const { origin, bytes } of evidence.envelopes)
      found.set(`${origin} ${digestOf(bytes)}`, { origin, inspection: inspectSignature(bytes) });
  }
  signal.throwIfAborted();
  return { found: [...found.values()], gaps, skipped };
}

/** What the manifest itself holds, where it is a signature. @throws {RegistryError} */
export async function ownSignatures(
  source: Source,
  root: Resolved,
  signal: AbortSignal,
): Promise<readonly FoundSignature[]> {
  const manifest = parseManifest(root.bytes, root.descriptor.mediaType);
  if (manifest.kind !== 'manifest') return [];
  const layers = manifest.layers.filter((layer) => defaultFormats.some((format) => format.recogniseLayer(layer)));
  const maxBytes = defaultVerifyLimits.maxEnvelopeBytes;
  return Promise.all(
    layers.map(async (layer) => ({
      origin: root.descriptor.digest,
      inspection: inspectSignature(await source.fetch(layer, { signal, maxBytes })),
    })),
  );
}
