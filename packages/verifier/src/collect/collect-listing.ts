import { type Descriptor, type Digest, MEDIA_TYPE_MANIFEST } from '@signet/oci';
import { toCandidate } from './candidates.ts';
import { readReferrer } from './collect-manifest.ts';
import type { Collecting } from './collecting.ts';

/** All pages of what refers to the image, as they come. @throws {RegistryError} what the source throws after the pages that could be had */
export async function readListing(digest: Digest, collecting: Collecting): Promise<void> {
  const { gathering, source, limits, signal } = collecting;
  const seen = new Set<Digest>();
  const subject = { mediaType: MEDIA_TYPE_MANIFEST, digest, size: 0 }; // only its digest is asked with
  for await (const page of source.referrers(subject, { signal, maxBytes: limits.maxListingBytes })) {
    for (const descriptor of page.descriptors) {
      if (seen.has(descriptor.digest)) continue;
      seen.add(descriptor.digest);
      takeEntry(descriptor, digest, collecting);
    }
    await gathering.shown();
    if (gathering.isEnded) return;
  }
}

/** An embedded envelope first; the manifest stands in line for when that does not suffice. */
function takeEntry(descriptor: Descriptor, subject: Digest, collecting: Collecting): void {
  const { gathering, formats } = collecting;
  const candidate = toCandidate(descriptor, formats);
  if (candidate.kind === 'skipped') {
    gathering.addSkipped(candidate.skipped);
    return;
  }
  if (candidate.embedded !== undefined) gathering.addEnvelope(candidate.embedded);
  const { mediaType, digest, size } = descriptor; // without its annotations: those of thousands of entries are not kept
  const run = () => readReferrer({ mediaType, digest, size }, subject, collecting);
  gathering.enqueue({ what: 'manifest', rank: candidate.rank, size, run });
}
