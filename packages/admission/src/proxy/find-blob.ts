import {
  type Descriptor,
  type Digest,
  forEachSideBySide,
  isManifestMediaType,
  partsOf,
  unlessMissing,
} from '@signet/oci';
import { ApiError } from '@signet/registry';
import type { ReviewDeadline } from '../judge/deadline.ts';
import { checkRepository, inTime } from './asking.ts';
import type { UnreadIndex } from './claims.ts';
import { learn, namedBy } from './pull-manifest.ts';
import type { Pulling } from './pulling.ts';
import type { Target } from './upstreams.ts';

/** What blobs are fetched as: what a manifest calls them says nothing about where they are. */
const blobType = 'application/octet-stream';

/** Images of one index that are looked through for a blob. */
const maxImages = 64;
const sideBySide = 8;

/** One blob that is asked for. */
export interface BlobRequest {
  readonly pulling: Pulling;
  readonly target: Target;
  readonly digest: Digest;
  readonly deadline: ReviewDeadline;
}

/**
 * The blob that may be served: one that a manifest names that passed in this very repository, and passes now. Without its manifest a blob is of
 * no use to who means well.
 * @throws {ApiError} DENIED, UNDECIDED; {RegistryError}
 */
export async function findBlob(request: BlobRequest): Promise<Descriptor> {
  const { pulling, target, digest } = request;
  checkRepository(target, pulling.judge.policy);
  const found = (await lookUp(request)) ?? (await lookThroughIndexes(request));
  if (found !== undefined) return found;
  const message = `no manifest that passed names ${digest} in ${target.image}: ask for the manifest first`;
  throw new ApiError(403, 'DENIED', message, { detail: { code: 'BLOB_NOT_NAMED', digest } });
}

async function lookUp({ pulling, target, digest, deadline }: BlobRequest): Promise<Descriptor | undefined> {
  const { named, undecided } = await namedBy(pulling, target, digest, { deadline, kind: 'blob' });
  if (named === undefined && undecided !== undefined) throw undecided;
  return named === undefined ? undefined : { mediaType: blobType, digest, size: named.size };
}

/** A client that has index and manifests from before asks for the tag, and then for blobs at once. */
async function lookThroughIndexes(request: BlobRequest): Promise<Descriptor | undefined> {
  const { pulling, target, deadline } = request;
  const { claims, searching } = pulling;
  const search = async (): Promise<void> => {
    for (const index of claims.unreadIndexes(target.image)) await readImages(request, index);
  };
  await inTime(searching.run(target.image, search), deadline);
  // Who searched before may have found it, too.
  return await lookUp(request);
}

async function readImages({ pulling, target }: BlobRequest, index: UnreadIndex): Promise<void> {
  const { manifests, claims } = pulling;
  const { manifest } = await manifests.read(target, index.digest);
  const images = partsOf(manifest).filter(({ mediaType }) => isManifestMediaType(mediaType));
  await forEachSideBySide(images.slice(0, maxImages), sideBySide, async ({ digest }) => {
    // An index may be there without all of its images.
    const read = await unlessMissing(manifests.read(target, digest));
    if (read !== undefined) learn(pulling, target, { ...read, by: index.by });
  });
  claims.noteRead(target.image, index);
}
