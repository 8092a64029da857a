import type { Digest } from '@signet/oci';
import { LRUCache } from 'lru-cache';

/** Why content of a repository may be asked for: something that passed names it. */
export interface Claim {
  readonly kind: 'manifest' | 'blob';
  /** Bytes, as what names it says. */
  readonly size: number;
  /** The image that named it, by tag and digest, to be judged again; `proof`: a proof, which passes unverified. */
  readonly by: string;
}

/** What passed in repositories, as long as it can be remembered; by one policy: under another all is forgotten. */
export interface Claims {
  of(name: string, digest: Digest): readonly Claim[];
  add(name: string, digest: Digest, claim: Claim): void;
  /** An index passed whose images nobody has asked for yet. */
  addIndex(name: string, index: UnreadIndex): void;
  /** Those of which that is so. */
  unreadIndexes(name: string): readonly UnreadIndex[];
  /** Its images are known now. */
  noteRead(name: string, index: UnreadIndex): void;
  /** Forgets all where this is another policy than before. */
  use(revision: string): void;
}

/** An index that passed, and the image that it passed as. */
export interface UnreadIndex {
  readonly digest: Digest;
  readonly by: string;
}

/** The mark of a proof, which is no image reference. */
export const proofClaim = 'proof';

const maxContents = 200_000;
const maxRepositories = 20_000;
/** Of one content, the newest: a base layer is named by many images. */
const maxClaims = 4;
const maxIndexes = 8;

export function createClaims(): Claims {
  const contents = new LRUCache<string, readonly Claim[]>({ max: maxContents });
  const indexes = new LRUCache<string, readonly UnreadIndex[]>({ max: maxRepositories });
  let current: string | undefined;
  return {
    of: (name, digest) => contents.get(`${name}@${digest}`) ?? [],
    add(name, digest, claim) {
      const key = `${name}@${digest}`;
      const others = (contents.get(key) ?? []).filter((other) => !isSame(other, claim));
      contents.set(key, [claim, ...others].slice(0, maxClaims));
    },
    addIndex(name, index) {
      const others = (indexes.get(name) ?? []).filter(({ digest }) => digest !== index.digest);
      indexes.set(name, [index, ...others].slice(0, maxIndexes));
    },
    unreadIndexes: (name) => indexes.get(name) ?? [],
    noteRead(name, { digest }) {
      const others = (indexes.get(name) ?? []).filter((each) => each.digest !== digest);
      indexes.set(name, others);
    },
    use(revision) {
      if (revision === current) return;
      current = revision;
      contents.clear();
      indexes.clear();
    },
  };
}

function isSame(one: Claim, other: Claim): boolean {
  return one.by === other.by && one.kind === other.kind && one.size === other.size;
}
