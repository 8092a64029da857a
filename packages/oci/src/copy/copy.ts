import { checkedBytes } from '../checked.ts';
import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { RegistryError } from '../errors.ts';
import { parseManifest } from '../manifest.ts';
import { isManifestMediaType } from '../media-types.ts';
import { listReferrers } from '../referrers-list.ts';
import type { Resolved, Source, Store } from '../store.ts';
import { checkTag } from '../store-rules.ts';
import { unlessMissing } from '../unless-missing.ts';
import { createDigestTagFinder, type DigestTag, writeDigestTag } from './digest-tags.ts';
import type { CopyResult } from './events.ts';
import { type CopyOptions, type CopyRun, readManifest, startRun } from './run.ts';
import { forEachSideBySide } from './side-by-side.ts';
import { createTransfer, type Transfer } from './transfer.ts';

/**
 * Copies an image (manifest, or index with children) and all that refers to it or to its children, and to that in turn: by the
 * referrers listing and by digest tags. Bytes stay as they are, so every digest does too. Children come before parents, tags last: a copy
 * that fails leaves no tag behind that names something incomplete.
 * @throws {RegistryError} what source and destination throw; LIMIT_REACHED; CONFLICT (a digest tag of the destination would lose entries)
 */
export async function copy(
  source: Source,
  destination: Store,
  root: Descriptor | Resolved,
  options: CopyOptions = {},
): Promise<CopyResult> {
  const tags = [...(options.tag === undefined ? [] : [options.tag]), ...(options.extraTags ?? [])].map(checkTag);
  const run = startRun(source, destination, options);
  const transfer = createTransfer(run);
  const image = await readRoot(run, root);
  const isThere = await run.request(() => destination.exists(image.descriptor, { signal: run.signal }));
  await transfer.manifest(image, isThere && !hasSubject(image));
  const referring = options.referrers === false ? nothing : await copyReferring(run, transfer);
  for (const digestTag of referring.tags) await writeDigestTag(run, digestTag);
  for (const tag of tags) {
    await destination.tag(image, tag, { signal: run.signal });
    run.tally.tell({ kind: 'tagged', tag, descriptor: image.descriptor });
  }
  return run.tally.result(image.descriptor, referring.manifests.size);
}

async function readRoot(run: CopyRun, root: Descriptor | Resolved): Promise<Resolved> {
  if ('bytes' in root) return { descriptor: root.descriptor, bytes: checkedBytes(root.bytes, root.descriptor) };
  const bytes = await run.request(() => readManifest(run, root));
  return { descriptor: { mediaType: root.mediaType, digest: root.digest, size: root.size }, bytes };
}

interface Referring {
  readonly manifests: ReadonlySet<Digest>;
  readonly tags: readonly DigestTag[];
}

const nothing: Referring = { manifests: new Set(), tags: [] };

/** Round by round: what refers to the manifests moved in the last round, until a round moves nothing. Each manifest is asked about once. */
async function copyReferring(run: CopyRun, transfer: Transfer): Promise<Referring> {
  const manifests = new Set<Digest>();
  const tags: DigestTag[] = [];
  const findTags = createDigestTagFinder(run);
  for (let subjects = transfer.takeMoved(); subjects.length > 0; subjects = transfer.takeMoved()) {
    await forEachSideBySide(subjects, run.width, async (subject) => {
      for (const digest of await copyListed(run, transfer, subject)) manifests.add(digest);
      for (const found of await findTags(subject)) {
        if (!(await copyTagged(run, transfer, found))) continue;
        manifests.add(found.manifest.descriptor.digest);
        tags.push(found);
      }
    });
  }
  return { manifests, tags };
}

async function copyListed(run: CopyRun, transfer: Transfer, subject: Descriptor): Promise<readonly Digest[]> {
  const listed = await run.request(() => listReferrers(run.source, subject, { signal: run.signal }));
  if (listed.length === 0) return [];
  const there = await run.request(() => listedAtDestination(run, subject));
  const referrers: Digest[] = [];
  await forEachSideBySide(listed, run.width, async (descriptor) => {
    const manifest = await readReferrer(run, descriptor, subject);
    if (manifest === undefined) return;
    referrers.push(descriptor.digest);
    if (transfer.has(descriptor.digest)) return;
    // Present but not listed: a push makes it findable.
    const isComplete =
      there.has(descriptor.digest) &&
      (await run.request(() => run.destination.exists(descriptor, { signal: run.signal })));
    await transfer.manifest(manifest, isComplete);
  });
  return referrers;
}

/** Which referrers the destination lists. A listing that cannot be had counts as empty: pushing again does no harm. */
async function listedAtDestination(run: CopyRun, subject: Descriptor): Promise<ReadonlySet<Digest>> {
  try {
    const listed = await listReferrers(run.destination, subject, { signal: run.signal });
    return new Set(listed.map((descriptor) => descriptor.digest));
  } catch (error) {
    if (error instanceof RegistryError && error.code !== 'ABORTED') return new Set();
    throw error;
  }
}

/** A listed manifest that really has this subject; what does not is left out and told. */
async function readReferrer(run: CopyRun, descriptor: Descriptor, subject: Descriptor): Promise<Resolved | undefined> {
  const ignore = (reason: string): undefined => {
    run.tally.tell({ kind: 'ignored', descriptor, reason });
    return undefined;
  };
  if (!isManifestMediaType(descriptor.mediaType)) return ignore('it is not listed as a manifest');
  const bytes = await run.request(() => unlessMissing(readManifest(run, descriptor)));
  if (bytes === undefined) return ignore('it is not there');
  const referred = subjectOf({ descriptor, bytes });
  if (referred === 'no manifest') return ignore('it is no manifest');
  return referred === subject.digest ? { descriptor, bytes } : ignore('it refers to something else');
}

async function copyTagged(run: CopyRun, transfer: Transfer, { manifest }: DigestTag): Promise<boolean> {
  const { descriptor } = manifest;
  if (subjectOf(manifest) === 'no manifest') {
    run.tally.tell({ kind: 'ignored', descriptor, reason: 'it is no manifest' });
    return false;
  }
  if (transfer.has(descriptor.digest)) return true;
  const isThere = await run.request(() => run.destination.exists(descriptor, { signal: run.signal }));
  await transfer.manifest(manifest, isThere && !hasSubject(manifest));
  return true;
}

/** With a subject, being there is not enough: it must be listed too, which a push sees to. */
function hasSubject(manifest: Resolved): boolean {
  return subjectOf(manifest) !== undefined;
}

function subjectOf({ bytes, descriptor }: Resolved): Digest | 'no manifest' | undefined {
  try {
    return parseManifest(bytes, descriptor.mediaType).subject?.digest;
  } catch (error) {
    if (error instanceof RegistryError) return 'no manifest';
    throw error;
  }
}
