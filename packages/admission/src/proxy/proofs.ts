import { isManifestMediaType, type Manifest, MEDIA_TYPE_INDEX } from '@signet/oci';

/**
 * What proofs are made of: signatures and signed attestations that a client reads to verify an image by itself. No runtime unpacks or runs
 * any of it. Rule: wire-formats 5, 6; notary "signature-specification", Storage
 */
const proofTypes: ReadonlySet<string> = new Set([
  'application/vnd.dev.cosign.simplesigning.v1+json',
  'application/vnd.dsse.envelope.v1+json',
  'application/jose+json',
  'application/cose',
]);
/** Sigstore bundles of all versions, the older spelling of the version included. */
const bundleType =
  /^application\/vnd\.dev\.sigstore\.bundle(?:\.v\d{1,3}(?:\.\d{1,3})?)?\+json(?:;version=\d{1,3}\.\d{1,3})?$/;

/** Layers of one manifest. Rule: wire-formats 6.1 */
const maxLayers = 1000;
/** Bytes of one layer: attestations hold whole bills of materials. */
const maxLayerBytes = 64 * 1024 * 1024;
/** Bytes of the config: empty, or the few lines that cosign writes. */
const maxConfigBytes = 64 * 1024;

/** Whether every layer is of a known proof media type, and there is one: such a manifest may be seen without being verified itself. */
export function isProof(manifest: Manifest): boolean {
  if (manifest.kind !== 'manifest') return false;
  const { config, layers } = manifest;
  if (layers.length === 0 || layers.length > maxLayers) return false;
  if (config.size > maxConfigBytes || isManifestMediaType(config.mediaType)) return false;
  return layers.every(({ mediaType, size }) => isProofType(mediaType) && size <= maxLayerBytes);
}

function isProofType(mediaType: string): boolean {
  return proofTypes.has(mediaType) || bundleType.test(mediaType);
}

/**
 * What a tag is that proofs lie under: `list`, the fallback tag of the referrers API; `attached`, cosign's own (`.sig`, `.att`).
 * Rule: distribution-spec 1.1 "Referrers Tag Schema"; wire-formats 6.1
 */
export function proofTagKind(tag: string): 'list' | 'attached' | undefined {
  const [, suffix] = /^(?:sha256|sha512)-[0-9a-f]{64}(\.[a-z0-9]{1,16})?$/.exec(tag) ?? [tag, null];
  if (suffix === null) return undefined;
  return suffix === undefined ? 'list' : 'attached';
}

/** Whether what such a tag names may pass unverified: a list says what refers to an image, and each of that is judged by itself. */
export function isProofUnder(kind: 'list' | 'attached', manifest: Manifest): boolean {
  if (kind === 'attached' || manifest.kind === 'manifest') return isProof(manifest);
  return manifest.mediaType === MEDIA_TYPE_INDEX && manifest.manifests.every(({ platform }) => platform === undefined);
}
