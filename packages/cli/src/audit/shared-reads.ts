import { isDigest, type ReadOptions, type Resolved, type Store } from '@signet/oci';
import { createSharedAnswers } from './shared-answers.ts';
import { createSharedListings } from './shared-listings.ts';
import { namesSignatures } from './walk.ts';

/** Lets what is read for one image serve the others of its repository that have its digest: tags that name the same image. */
export interface SharedReads {
  /** The store of a repository. `repository`: with its registry. */
  readonly of: (store: Store, repository: string) => Store;
}

/**
 * Only what was read is shared, never what was decided of it: each image is judged by its own rule and its own tag. What a tag of an image
 * names is asked each time; what a digest names, what refers to it and whether it has the tags of signatures, once while it is kept.
 */
export function createSharedReads(): SharedReads {
  const manifests = createSharedAnswers(({ bytes }: Resolved) => bytes.length);
  const contents = createSharedAnswers((bytes: Uint8Array) => bytes.length);
  const listings = createSharedListings();
  return {
    of(store, repository) {
      const keyOf = (what: string, { maxBytes }: ReadOptions) => `${repository} ${what} ${maxBytes ?? ''}`;
      return {
        ...store,
        resolve(name, options = {}) {
          const ask = () => store.resolve(name, options);
          if (!isDigest(name) && !namesSignatures(name)) return ask();
          return manifests.get(keyOf(name, options), ask, options.signal);
        },
        fetch(target, options = {}) {
          const key = keyOf(`${target.mediaType} ${target.digest} ${target.size}`, options);
          return contents.get(key, () => store.fetch(target, options), options.signal);
        },
        referrers(subject, options = {}) {
          const key = keyOf(`${subject.digest} ${options.artifactType ?? ''}`, options);
          return listings.get(key, () => store.referrers(subject, options), options.signal);
        },
      };
    },
  };
}
