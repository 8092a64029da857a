import { type Descriptor, type Digest, digestAlgorithm, digestOf, isTag } from '@signet/oci';
import { ApiError, show } from '../errors.ts';
import type { Repository, WriteCondition } from '../storage/repository.ts';
import { send, warningHeaders } from './answer.ts';
import { readBody } from './body.ts';
import { isNotModified, writeCondition } from './conditions.ts';
import { digestParameter, type Exchange, knownRepository } from './exchange.ts';
import { checkParts, validateManifest } from './manifest-checks.ts';

/** More tags in one request get 414. Rule: distribution-spec, "Pushing Manifests" (at least 10). */
const maxTags = 50;

/** GET and HEAD by tag or digest. Rule: distribution-spec 1.1, "Pulling manifests". @throws {ApiError} MANIFEST_UNKNOWN, NAME_UNKNOWN, DIGEST_INVALID */
export async function getManifest(exchange: Exchange, name: string, reference: string): Promise<void> {
  const { request, response } = exchange;
  const repository = await knownRepository(exchange.registry, name);
  const descriptor = findManifest(repository, reference);
  const etag = `"${descriptor.digest}"`;
  const headers = { 'Content-Type': descriptor.mediaType, 'Docker-Content-Digest': descriptor.digest, ETag: etag };
  if (isNotModified(request.headers, etag)) return send(response, { status: 304, headers });
  if (request.method === 'HEAD') {
    return send(response, { status: 200, headers: { ...headers, 'Content-Length': descriptor.size } });
  }
  send(response, { status: 200, headers, body: await repository.readManifest(descriptor) });
}

/**
 * PUT by tag, or by digest with `tag` parameters. Rule: distribution-spec 1.1, "Pushing Manifests".
 * @throws {ApiError} MANIFEST_INVALID, MANIFEST_BLOB_UNKNOWN, DIGEST_INVALID, DENIED (an immutable tag), 412, 413, 414
 */
export async function putManifest(exchange: Exchange, name: string, reference: string): Promise<void> {
  const { registry, request, response } = exchange;
  const aim = parseAim(reference, exchange.query.getAll('tag'));
  const bytes = await readBody(request, registry.limits.maxManifestBytes);
  const { manifest, warnings } = validateManifest(bytes, request.headers['content-type']);
  const digest = digestOf(bytes, aim.digest === undefined ? 'sha256' : digestAlgorithm(aim.digest));
  if (aim.digest !== undefined && aim.digest !== digest) {
    throw new ApiError(400, 'DIGEST_INVALID', `the content has the digest ${digest}`, { detail: { digest } });
  }
  const repository = await registry.repositories.forWriting(name);
  await checkParts(repository, manifest);
  const descriptor = { mediaType: manifest.mediaType, digest, size: bytes.length };
  await repository.putManifest({ descriptor, bytes, manifest, tags: aim.tags, condition: conditionOf(exchange) });
  const subject = registry.referrersApi ? manifest.subject?.digest : undefined;
  const headers = {
    Location: `/v2/${name}/manifests/${digest}`,
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
    ...(subject === undefined ? {} : { 'OCI-Subject': subject }),
    ...(aim.digest === undefined || aim.tags.length === 0 ? {} : { 'OCI-Tag': aim.tags.join(', ') }),
    ...warningHeaders(warnings),
  };
  send(response, { status: 201, headers });
}

/** A tag alone, or a manifest with its tags. Rule: distribution-spec 1.1, "Deleting tags", "Deleting Manifests". @throws {ApiError} MANIFEST_UNKNOWN, DENIED, 412 */
export async function deleteManifest(exchange: Exchange, name: string, reference: string): Promise<void> {
  const repository = await knownRepository(exchange.registry, name);
  const done = reference.includes(':')
    ? await repository.deleteManifest(digestParameter(reference, 'the digest'), conditionOf(exchange))
    : await repository.untag(reference, conditionOf(exchange));
  if (!done) throw manifestUnknown(reference);
  send(exchange.response, { status: 202 });
}

function findManifest(repository: Repository, reference: string): Descriptor {
  if (reference.includes(':')) digestParameter(reference, 'the digest');
  const descriptor = repository.manifest(reference);
  if (descriptor === undefined) throw manifestUnknown(reference);
  return descriptor;
}

interface Aim {
  readonly digest?: Digest;
  readonly tags: readonly string[];
}

function parseAim(reference: string, more: readonly string[]): Aim {
  if (!reference.includes(':')) return { tags: [tagParameter(reference)] };
  const digest = digestParameter(reference, 'the digest');
  if (more.length > maxTags) throw new ApiError(414, 'UNSUPPORTED', `more than ${maxTags} tags in one request`);
  return { digest, tags: [...new Set(more.map(tagParameter))] };
}

function tagParameter(text: string): string {
  if (isTag(text)) return text;
  throw new ApiError(400, 'MANIFEST_INVALID', `${show(text)} is not a tag`);
}

function conditionOf({ registry, request }: Exchange): WriteCondition | undefined {
  return registry.conditionalWrites ? writeCondition(request.headers) : undefined;
}

function manifestUnknown(reference: string): ApiError {
  return new ApiError(404, 'MANIFEST_UNKNOWN', `no manifest ${show(reference)} in this repository`);
}
