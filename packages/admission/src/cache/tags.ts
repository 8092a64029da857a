import type { Digest, RegistryReference, Resolved } from '@signet/oci';
import { LRUCache } from 'lru-cache';

/** What a tag names; with the manifest only where it was read just now. */
export interface TagAnswer {
  readonly digest: Digest;
  readonly resolved?: Resolved;
}

/** What tags name, for a short time: many pods of a rollout ask at once. Failures are not kept. */
export interface Tags {
  get(reference: RegistryReference, nowMs: number): TagAnswer | undefined;
  put(reference: RegistryReference, digest: Digest, nowMs: number): void;
  /** Forgets a repository's tags, as `registry/repository`: something was pushed there. */
  forget(name: string): void;
}

const maxTags = 50_000;

export function createTags({ tagMs }: { readonly tagMs: number }): Tags {
  const kept = new LRUCache<string, { readonly digest: Digest; readonly atMs: number }>({ max: maxTags });
  return {
    get(reference, nowMs) {
      const entry = kept.get(tagName(reference));
      const isGood = entry !== undefined && nowMs >= entry.atMs && nowMs < entry.atMs + tagMs;
      return isGood ? { digest: entry.digest } : undefined;
    },
    put: (reference, digest, atMs) => void kept.set(tagName(reference), { digest, atMs }),
    forget(name) {
      for (const key of kept.keys()) if (key.startsWith(`${name}:`)) kept.delete(key);
    },
  };
}

/** `registry/repository:tag`: without a tag, `latest` is meant. */
export function tagName({ registry, repository, tag = 'latest' }: RegistryReference): string {
  return `${registry}/${repository}:${tag}`;
}
