import type { Digest, RegistryReference, Resolved } from '@signet/oci';
import { LRUCache } from 'lru-cache';

/** What a tag names; with the manifest only where it was read just now. */
export interface TagAnswer {
  readonly digest: Digest;
  readonly resolved?: Resolved;
}

/** What tags name, for a short time: many pods of a rollout ask at once. Failures are not kept. */
export interface Tags {
  /** `changedMs`: when something last changed in the repository; what was asked before that is not known any more. */
  get(reference: RegistryReference, nowMs: number, changedMs: number): TagAnswer | undefined;
  /** `atMs`: when it was asked. */
  put(reference: RegistryReference, digest: Digest, atMs: number): void;
}

const maxTags = 50_000;

/** `share`: how much is kept, as a part of what is kept by default. */
export function createTags({ tagMs }: { readonly tagMs: number }, share = 1): Tags {
  const max = Math.ceil(maxTags * share);
  const kept = new LRUCache<string, { readonly digest: Digest; readonly atMs: number }>({ max });
  return {
    get(reference, nowMs, changedMs) {
      const entry = kept.get(tagName(reference));
      if (entry === undefined || entry.atMs <= changedMs) return undefined;
      return nowMs >= entry.atMs && nowMs < entry.atMs + tagMs ? { digest: entry.digest } : undefined;
    },
    put: (reference, digest, atMs) => void kept.set(tagName(reference), { digest, atMs }),
  };
}

/** `registry/repository:tag`: without a tag, `latest` is meant. */
export function tagName(reference: RegistryReference): string {
  return `${nameOf(reference)}:${reference.tag ?? 'latest'}`;
}

/** `registry/repository` */
export function nameOf({ registry, repository }: RegistryReference): string {
  return `${registry}/${repository}`;
}
