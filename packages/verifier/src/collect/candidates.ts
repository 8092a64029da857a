import { ANNOTATION_ENVELOPE, MAX_ANNOTATED_ENVELOPE_BYTES, NOTARY_ARTIFACT_TYPE } from '@signet/core';
import { type Descriptor, decodeBase64 } from '@signet/oci';
import type { Envelope, Skipped } from '../evidence.ts';
import type { FoundFormat } from '../format.ts';

/** What a listing entry may be. A hint and no more: what it says is never believed to hold, nor (but for known others) to exclude. */
export type Candidate =
  | { readonly kind: 'candidate'; readonly rank: number; readonly embedded?: Envelope }
  | { readonly kind: 'skipped'; readonly skipped: Skipped };

/** Types of signatures that are told from other things even where the trust asks for no signature of their kind. */
const foreignTypes: readonly string[] = [NOTARY_ARTIFACT_TYPE];

/** Sorts one entry of a referrers listing. Rule: wire-formats 2.5. */
export function toCandidate(descriptor: Descriptor, formats: readonly FoundFormat[]): Candidate {
  const format = formats.find((each) => each.recognise(descriptor));
  if (format === undefined) return { kind: 'skipped', skipped: skippedEntry(descriptor) };
  const bytes = format.annotationKeys.length > 0 ? undefined : embeddedEnvelope(descriptor);
  if (bytes === undefined) return { kind: 'candidate', rank: predicateRank(descriptor) };
  const embedded: Envelope = {
    format: format.name,
    foundIn: 'listing',
    origin: descriptor.digest,
    mediaType: descriptor.artifactType ?? '',
    bytes,
    annotations: {},
  };
  return { kind: 'candidate', rank: predicateRank(descriptor) + 1, embedded };
}

/** Those that say they are image signatures before the unsaid, attestations last; of each, first what was not seen yet at all. */
function predicateRank({ annotations }: Descriptor): number {
  const predicate = annotations?.['dev.sigstore.bundle.predicateType'];
  return predicate === 'https://sigstore.dev/cosign/sign/v1' ? 0 : predicate === undefined ? 2 : 4;
}

/**
 * The envelope that a listing entry carries, strictly decoded; undefined for none, a malformed or an over-long one: such a copy proves
 * nothing, and manifest and blob are read. Rule: design.md 4.
 */
export function embeddedEnvelope(descriptor: Descriptor): Uint8Array | undefined {
  const annotations = descriptor.annotations ?? {};
  const text = Object.hasOwn(annotations, ANNOTATION_ENVELOPE) ? annotations[ANNOTATION_ENVELOPE] : undefined;
  if (text === undefined || text === '' || text.length > (MAX_ANNOTATED_ENVELOPE_BYTES * 4) / 3 + 4) return undefined;
  const bytes = decodeBase64(text);
  return bytes === undefined || bytes.length > MAX_ANNOTATED_ENVELOPE_BYTES ? undefined : bytes;
}

function skippedEntry(descriptor: Descriptor): Skipped {
  const type = descriptor.artifactType ?? '';
  return foreignTypes.includes(type)
    ? {
        origin: descriptor.digest,
        code: 'FOREIGN_FORMAT',
        message: `a signature of a format that the trust does not ask for: ${type}`,
      }
    : { origin: descriptor.digest, code: 'OTHER_TYPE', message: `not a signature: ${type}` };
}
