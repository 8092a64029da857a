import {
  type Digest,
  emptyContent,
  emptyDescriptor,
  encodeManifest,
  type RegistryClient,
  type Store,
} from '@signet/oci';

/** Who signs: the owner's release key, a second of his, one for development tags alone, his next release key, and the thief's own. */
export type Who = 'release' | 'second' | 'dev' | 'next' | 'thief';

/** Everybody. */
export const everybody: readonly Who[] = ['release', 'second', 'dev', 'next', 'thief'];

/** A registry that the attacker can write to. */
export interface Stage {
  readonly host: string;
  /** For files. */
  readonly dir: string;
  store(repository: string): Store;
  /** Pushes an image of this text under the tag; gives its digest. */
  push(repository: string, tag: string, text: string): Promise<Digest>;
  /** Lets the tag name another image of the repository, as anybody can who may push. */
  move(repository: string, tag: string, digest: string): Promise<void>;
}

/** On this registry. */
export function createStage(host: string, dir: string, client: RegistryClient): Stage {
  const store = (repository: string): Store => client.repository({ registry: host, repository });
  return {
    host,
    dir,
    store,
    async push(repository, tag, text) {
      const image = encodeManifest({ kind: 'manifest', artifactType: 'application/x.image', annotations: { text } });
      await store(repository).push(emptyContent, emptyDescriptor);
      await store(repository).tag(image, tag);
      return image.descriptor.digest;
    },
    async move(repository, tag, digest) {
      await store(repository).tag(await store(repository).resolve(digest), tag);
    },
  };
}
