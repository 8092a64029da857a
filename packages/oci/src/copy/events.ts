import type { Descriptor } from '../descriptor.ts';

/** What a copy is doing, as it happens; `descriptor` names the manifest or blob. */
export type CopyEvent =
  | { readonly kind: 'started' | 'copied' | 'skipped' | 'mounted'; readonly descriptor: Descriptor }
  /** Listed as a referrer and left out: it is not there, no manifest, or refers to something else. */
  | { readonly kind: 'ignored'; readonly descriptor: Descriptor; readonly reason: string }
  | { readonly kind: 'tagged' | 'kept-tag'; readonly tag: string; readonly descriptor: Descriptor };

/** What a copy did. Numbers count manifests and blobs together. */
export interface CopyResult {
  readonly root: Descriptor;
  readonly copied: number;
  /** Were there already. */
  readonly skipped: number;
  readonly mounted: number;
  /** Bytes that were written (mounted and skipped ones not counted). */
  readonly bytes: number;
  /** Manifests that refer to the image, to its children or to one another, by subject or by digest tag; copied or there already. */
  readonly referrers: number;
  /** Listed as referrers and left out, see {@link CopyEvent}. */
  readonly ignored: number;
  /** Tags that were written, digest tags included. */
  readonly tags: readonly string[];
}

/** Counts events and hands them on. */
export interface Tally {
  tell(event: CopyEvent): void;
  result(root: Descriptor, referrers: number): CopyResult;
}

export function createTally(onProgress: ((event: CopyEvent) => void) | undefined): Tally {
  const counts = { started: 0, copied: 0, skipped: 0, mounted: 0, ignored: 0, tagged: 0, 'kept-tag': 0 };
  const tags: string[] = [];
  let bytes = 0;
  return {
    tell(event) {
      counts[event.kind] += 1;
      if (event.kind === 'copied') bytes += event.descriptor.size;
      if (event.kind === 'tagged') tags.push(event.tag);
      onProgress?.(event);
    },
    result(root, referrers) {
      const { copied, skipped, mounted, ignored } = counts;
      return { root, copied, skipped, mounted, bytes, referrers, ignored, tags };
    },
  };
}
