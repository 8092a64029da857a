import {
  type Descriptor,
  type Digest,
  type ImageIndex,
  isIndexMediaType,
  type Manifest,
  type Platform,
  parseManifest,
  RegistryError,
  type Resolved,
} from '@signet/oci';
import { PolicyError } from './errors.ts';

/** `os/arch[/variant]` as people write it. @throws {PolicyError} PLATFORM_INVALID */
export function parsePlatformName(text: string): Platform {
  const [os, architecture, variant, ...rest] = text.split('/');
  const isPart = (part: string | undefined) => part === undefined || /^[a-z0-9_.]+$/.test(part);
  if (!os || !architecture || rest.length > 0 || ![os, architecture, variant].every(isPart)) {
    throw new PolicyError(
      'PLATFORM_INVALID',
      `not a platform: ${JSON.stringify(text.slice(0, 80))} (wanted os/arch or os/arch/variant)`,
    );
  }
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

/**
 * The child of an index for a platform. Without a variant asked, exactly one child may fit; arm64's v8 is arm64 itself.
 * Returns the reason as text where there is none. @throws {RegistryError} MANIFEST_INVALID, JSON_INVALID
 */
export function childFor(index: Resolved, wanted: Platform): Descriptor | string {
  const name = formatPlatform(wanted);
  if (!isIndexMediaType(index.descriptor.mediaType))
    return `${name} was asked, but the reference names one image, not an index of platforms`;
  const { manifests } = parseManifest(index.bytes, index.descriptor.mediaType) as ImageIndex;
  const fitting = manifests.filter(({ platform }) => platform !== undefined && fits(platform, wanted));
  const [child, second] = fitting;
  if (child === undefined) return `the index has no image for ${name}; it has ${knownPlatforms(manifests)}`;
  if (second !== undefined && second.digest !== child.digest)
    return `the index has several images for ${name}: name a variant`;
  return child;
}

/** The images in an index, none for an image itself; undefined for a manifest that is not understood. */
export function childrenOf({ bytes, descriptor }: Resolved): readonly Digest[] | undefined {
  const manifest = parsed(bytes, descriptor.mediaType);
  if (manifest === undefined) return undefined;
  return manifest.kind === 'index' ? manifest.manifests.map(({ digest }) => digest) : [];
}

function parsed(bytes: Uint8Array, mediaType: string): Manifest | undefined {
  try {
    return parseManifest(bytes, mediaType);
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}

/** The images of an index that something could run, attestations that stand beside them left out; undefined for what is no index. */
export function platformsOf({ bytes, descriptor }: Resolved): readonly Descriptor[] | undefined {
  const manifest = parsed(bytes, descriptor.mediaType);
  return manifest?.kind === 'index' ? manifest.manifests.filter((each) => !isBeside(each)) : undefined;
}

/** buildkit's attestations: no machine is of this platform. */
function isBeside({ platform }: Descriptor): boolean {
  return platform?.os === 'unknown' && platform.architecture === 'unknown';
}

/** `os/arch[/variant]`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

function fits(platform: Platform, wanted: Platform): boolean {
  if (platform.os !== wanted.os || platform.architecture !== wanted.architecture) return false;
  return wanted.variant === undefined || variantOf(platform) === variantOf(wanted);
}

function variantOf({ architecture, variant }: Platform): string {
  return variant ?? (architecture === 'arm64' ? 'v8' : '');
}

function knownPlatforms(manifests: readonly Descriptor[]): string {
  const names = manifests.flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)]));
  return [...new Set(names)].slice(0, 10).join(', ') || 'none with a platform';
}
