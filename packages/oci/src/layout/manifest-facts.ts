import { type Descriptor, toPlainDescriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { RegistryError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { type Manifest, parseManifest, toReferrerDescriptor } from '../manifest.ts';
import { isManifestMediaType } from '../media-types.ts';
import type { BlobFiles } from './blobs.ts';

/** What a manifest says about others. `listed`: its entry in its subject's referrers listing. */
export interface Facts {
  readonly children: readonly Descriptor[];
  readonly subject?: { readonly digest: Digest; readonly listed: Descriptor };
}

/** Facts of a layout's manifests, remembered: the digest is the identity of the bytes, so what they say stays true. */
export interface ManifestFacts {
  /**
   * Undefined: not there, or no manifest by our parser; nothing hangs on it then.
   * @throws {RegistryError} DIGEST_MISMATCH, SIZE_MISMATCH, TOO_LARGE, LAYOUT_INVALID, IO
   */
  of(descriptor: Descriptor): Promise<Facts | undefined>;
  /** What a manifest that is pushed says, so that its file need not be read again. */
  learn(manifest: Manifest, descriptor: Descriptor): void;
  forget(digest: Digest): void;
}

export function createManifestFacts(blobs: BlobFiles, limits: Limits): ManifestFacts {
  const remembered = new Map<Digest, Facts>();
  return {
    async of(descriptor) {
      const known = remembered.get(descriptor.digest);
      if (known !== undefined) return known;
      if (descriptor.size > limits.maxManifestBytes)
        throw new RegistryError('TOO_LARGE', `manifest ${descriptor.digest} has ${descriptor.size} bytes`);
      const facts = await readFacts(blobs, descriptor);
      if (facts !== undefined) remembered.set(descriptor.digest, facts);
      return facts;
    },
    learn(manifest, descriptor) {
      remembered.set(descriptor.digest, factsOf(manifest, descriptor));
    },
    forget(digest) {
      remembered.delete(digest);
    },
  };
}

async function readFacts(blobs: BlobFiles, descriptor: Descriptor): Promise<Facts | undefined> {
  try {
    return factsOf(parseManifest(await blobs.read(descriptor), descriptor.mediaType), descriptor);
  } catch (error) {
    const code = error instanceof RegistryError ? error.code : undefined;
    // A sparse index names children that are not here; bytes that are no manifest cannot have a subject.
    if (code === 'NOT_FOUND') return undefined;
    if (code === 'MANIFEST_INVALID' || code === 'JSON_INVALID') return { children: [] };
    throw error;
  }
}

function factsOf(manifest: Manifest, descriptor: Descriptor): Facts {
  const parts = manifest.kind === 'index' ? manifest.manifests : [];
  const children = parts.filter((part) => isManifestMediaType(part.mediaType)).map(toPlainDescriptor);
  if (manifest.subject === undefined) return { children };
  return { children, subject: { digest: manifest.subject.digest, listed: toReferrerDescriptor(manifest, descriptor) } };
}
