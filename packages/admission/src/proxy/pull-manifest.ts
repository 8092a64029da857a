import { type Digest, isManifestMediaType, isTag, partsOf } from '@signet/oci';
import { ApiError, show } from '@signet/registry';
import type { ReviewDeadline } from '../judge/deadline.ts';
import type { ImageAnswer, Judge } from '../judge/judge.ts';
import { type Outcome, outcomeOf } from '../review/outcome.ts';
import { checkRepository, inTime } from './asking.ts';
import { type Claim, proofClaim } from './claims.ts';
import { parseContentDigest, refusalOf } from './errors.ts';
import type { ReadManifest } from './manifests.ts';
import { isProof, isProofUnder, proofTagKind } from './proofs.ts';
import type { Pulling } from './pulling.ts';
import type { Target } from './upstreams.ts';

/** A manifest that may be served. */
export interface PassedManifest extends ReadManifest {
  /** The image that it passed as; none for proofs. */
  readonly by?: string;
  /** Where it was judged by itself just now. */
  readonly outcome?: Outcome;
}

/**
 * The manifest that a tag or digest names, where it passes. By tag: what the judge said the tag names, and nothing that it names a moment
 * later. By digest: as what something that passed names, as a proof, or by itself.
 * @throws {ApiError} DENIED, UNDECIDED, MANIFEST_UNKNOWN, DIGEST_INVALID; {RegistryError} what the registry's answer is
 */
export async function pullManifest(
  pulling: Pulling,
  target: Target,
  reference: string,
  deadline: ReviewDeadline,
): Promise<PassedManifest> {
  const passed = await byReference(pulling, target, reference, deadline);
  learn(pulling, target, passed);
  return passed;
}

function byReference(
  pulling: Pulling,
  target: Target,
  reference: string,
  deadline: ReviewDeadline,
): Promise<PassedManifest> {
  if (reference.includes(':')) return byDigest(pulling, target, parseContentDigest(reference), deadline);
  if (isTag(reference)) return byTag(pulling, target, reference, deadline);
  throw new ApiError(400, 'MANIFEST_INVALID', `${show(reference)} is neither a tag nor a digest`);
}

async function byTag(pulling: Pulling, target: Target, tag: string, deadline: ReviewDeadline): Promise<PassedManifest> {
  const proof = await proofByTag(pulling, target, tag, deadline);
  if (proof !== undefined) return proof;
  const { report, outcome } = await judged(pulling.judge, `${target.image}:${tag}`, deadline);
  // Without a digest nothing was looked at: what the tag names now passes, whatever it is.
  const read =
    report.digest === undefined
      ? await inTime(pulling.manifests.resolve(target, tag), deadline)
      : await inTime(pulling.manifests.read(target, report.digest), deadline);
  return { ...read, outcome, by: `${target.image}:${tag}@${read.descriptor.digest}` };
}

async function byDigest(
  pulling: Pulling,
  target: Target,
  digest: Digest,
  deadline: ReviewDeadline,
): Promise<PassedManifest> {
  const { manifests, judge } = pulling;
  const { named, undecided } = await namedBy(pulling, target, digest, { deadline, kind: 'manifest' });
  if (named !== undefined) {
    const read = await inTime(manifests.read(target, digest), deadline);
    return named.by === proofClaim ? read : { ...read, by: named.by };
  }
  checkRepository(target, judge.policy);
  const read = await inTime(manifests.ask(target, digest), deadline);
  if (isProof(read.manifest) && !judge.policy.refuse.digests.has(digest)) return read;
  const by = `${target.image}@${digest}`;
  const { outcome } = await judged(judge, by, deadline).catch((error: unknown) => {
    // Unsigned by itself, and of what names it nothing is known: that is no no.
    throw undecided ?? error;
  });
  return { ...read, outcome, by };
}

/** Proofs under the tags where clients look for them; what else lies there is judged as any image. */
async function proofByTag(
  { manifests, judge }: Pulling,
  target: Target,
  tag: string,
  deadline: ReviewDeadline,
): Promise<PassedManifest | undefined> {
  const kind = proofTagKind(tag);
  if (kind === undefined) return undefined;
  checkRepository(target, judge.policy);
  const read = await inTime(manifests.resolve(target, tag), deadline);
  const isRefused = judge.policy.refuse.digests.has(read.descriptor.digest);
  return isProofUnder(kind, read.manifest) && !isRefused ? read : undefined;
}

/** What is known of who names some content. */
export interface Naming {
  /** By something that passes now. */
  readonly named?: Claim;
  /** Something names it of which could not be decided whether it passes. */
  readonly undecided?: ApiError;
}

/** Who names this content. Each image that did is judged again: an answer is kept as long as it holds, and no longer. */
export async function namedBy(
  { claims, judge }: Pulling,
  { image }: Target,
  digest: Digest,
  { deadline, kind }: { readonly deadline: ReviewDeadline } & Pick<Claim, 'kind'>,
): Promise<Naming> {
  claims.use(judge.policy.revision);
  let undecided: ApiError | undefined;
  for (const claim of claims.of(image, digest)) {
    if (claim.kind !== kind) continue;
    const refusal = claim.by === proofClaim ? undefined : await refusalNow(judge, claim.by, deadline);
    if (refusal === undefined) return { named: claim };
    if (refusal.status === 503) undecided ??= refusal;
  }
  return undecided === undefined ? {} : { undecided };
}

async function refusalNow(judge: Judge, image: string, deadline: ReviewDeadline): Promise<ApiError | undefined> {
  try {
    await judged(judge, image, deadline);
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** The judge's answer to an image that passes. @throws {ApiError} where it does not */
async function judged(judge: Judge, image: string, deadline: ReviewDeadline): Promise<Judged> {
  const { report, ...answer } = await judge.judge(image, deadline);
  const outcome = outcomeOf({ report, ...answer }, 'pins');
  if (outcome.isAllowed) return { report, outcome };
  throw refusalOf(image, outcome, report);
}

interface Judged extends Pick<ImageAnswer, 'report'> {
  readonly outcome: Outcome;
}

/** What is named by what passed may be asked for after it. */
export function learn(
  { claims, judge }: Pulling,
  { image }: Target,
  { descriptor, manifest, by }: PassedManifest,
): void {
  claims.use(judge.policy.revision);
  const { digest, size } = descriptor;
  const claim = by ?? proofClaim;
  claims.add(image, digest, { kind: 'manifest', size, by: claim });
  const isIndex = manifest.kind === 'index';
  // What a list of proofs names is judged by itself.
  if (isIndex && by === undefined) return;
  for (const part of partsOf(manifest)) {
    const kind = isManifestMediaType(part.mediaType) ? 'manifest' : 'blob';
    // Only an index names manifests: what an image or a proof calls its config is none.
    if (isIndex || kind === 'blob') claims.add(image, part.digest, { kind, size: part.size, by: claim });
  }
  if (isIndex && by !== undefined) claims.addIndex(image, { digest, by });
}
