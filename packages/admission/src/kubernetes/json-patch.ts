import { formatReference } from '@signet/oci';
import { toJsonPointer } from '@signet/workloads';
import type { Outcome } from '../review/outcome.ts';
import type { PlacedImage } from './placed-images.ts';

/** One step of a JSON Patch. Rule: RFC 6902, 4.1 and 4.6 */
export type PatchStep =
  | { readonly op: 'test'; readonly path: string; readonly value: string }
  | { readonly op: 'replace'; readonly path: string; readonly value: string };

/** An image, and what came of it. */
export interface PinnedImage {
  readonly image: PlacedImage;
  readonly outcome: Outcome;
}

/**
 * Puts the digest that was verified behind each verified image that has none. What is pinned stays: the patch of a patched object is empty.
 * Each step first tests that the text is still what was verified.
 */
export function pinningPatch(images: readonly PinnedImage[]): readonly PatchStep[] {
  return images.flatMap(({ image, outcome: { digest, verdict } }): readonly PatchStep[] => {
    if (verdict !== 'verified' || digest === undefined || image.reference.digest !== undefined) return [];
    const path = toJsonPointer(image.path);
    return [
      { op: 'test', path, value: image.written },
      { op: 'replace', path, value: `${withTag(image)}@${digest}` },
    ];
  });
}

/** As it is written: `web:1.4` stays so, whatever registry it stands for. A text with an `oci:` in front is written out. */
function withTag({ written, reference }: PlacedImage): string {
  return written.startsWith('oci:') ? formatReference(reference) : written;
}
