import { type Digest, formatReference } from '@signet/oci';
import { escapeForTerminal, type ImageUse } from '@signet/verifier';
import type { PinnedInput } from '@signet/workloads';
import { toUse } from '../verify/placed-targets.ts';

/** One place that got a digest. */
export interface PinnedUse {
  /** In the one spelling, without the digest. */
  readonly reference: string;
  readonly digest: Digest;
  /** As it stood there. */
  readonly written: string;
  readonly use: ImageUse;
}

/** The places of an input that got a digest, in their order. */
export function pinnedUses({ pinned }: Pick<PinnedInput, 'pinned'>): readonly PinnedUse[] {
  return [...pinned].map(([use, digest]) => ({
    reference: formatReference(use.reference),
    digest,
    written: use.written,
    use: toUse(use),
  }));
}

/** For people, on one line. */
export function pinnedText({ reference, digest, use: { place } }: PinnedUse): string {
  return escapeForTerminal(`${place.file}:${place.line}:${place.column}  ${reference}@${digest}`);
}
