import type { Pace } from '@signet/core';
import type { Source } from '@signet/oci';
import type { Asked, Ruling, TagCatalogue, TagFacts } from '@signet/verifier';

/** One question about a tag, with all that it takes to answer it. */
export interface Asking {
  readonly asked: Asked;
  readonly ruling: Ruling;
  readonly catalogue: TagCatalogue;
  readonly collection: string;
  /** Where the catalogue lies, `HOST/PATH`. */
  readonly location: string;
  /** The repository of the image. */
  readonly image: Source;
  /** That of the catalogue. */
  readonly source: Source;
  /** What is known so far. */
  readonly facts: TagFacts;
  readonly nowMs: number;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}
