import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Digest } from '@signet/oci';
import { ApiError } from '../errors.ts';
import type { Repository } from '../storage/repository.ts';
import { send } from './answer.ts';
import { type ByteRange, parseRange } from './byte-range.ts';
import { isNotModified } from './conditions.ts';
import { digestParameter, type Exchange, knownRepository } from './exchange.ts';

/** Up to this size a blob is read and sent at once. */
const wholeBytes = 256 * 1024;

/** GET and HEAD of a blob. Rule: distribution-spec 1.1, "Pulling blobs". @throws {ApiError} BLOB_UNKNOWN, NAME_UNKNOWN, DIGEST_INVALID */
export async function getBlob(exchange: Exchange, name: string, reference: string): Promise<void> {
  const { request, response } = exchange;
  const digest = digestParameter(reference, 'the digest');
  const repository = await knownRepository(exchange.registry, name);
  const size = await repository.blobSize(digest);
  if (size === undefined) throw blobUnknown(digest);
  const etag = `"${digest}"`;
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Docker-Content-Digest': digest,
    'Accept-Ranges': 'bytes',
    ETag: etag,
  };
  if (isNotModified(request.headers, etag)) return send(response, { status: 304, headers });
  const range = parseRange(request.headers.range, size);
  if (range === 'unsatisfiable') throw unsatisfiable(size);
  const part = range === 'whole' ? { start: 0, end: size - 1 } : range;
  response.writeHead(range === 'whole' ? 200 : 206, {
    ...headers,
    ...(range === 'whole' ? {} : { 'Content-Range': `bytes ${part.start}-${part.end}/${size}` }),
    'Content-Length': part.end - part.start + 1,
  });
  if (request.method === 'HEAD' || size === 0) return void response.end();
  await sendPart(response, { repository, digest, size, part });
}

/** Rule: distribution-spec 1.1, "Deleting Blobs". @throws {ApiError} BLOB_UNKNOWN, UNSUPPORTED for a manifest */
export async function deleteBlob(exchange: Exchange, name: string, reference: string): Promise<void> {
  const digest = digestParameter(reference, 'the digest');
  const repository: Repository = await knownRepository(exchange.registry, name);
  if (repository.manifest(digest) !== undefined) {
    const options = { headers: { Allow: 'GET, HEAD' } };
    throw new ApiError(405, 'UNSUPPORTED', `${digest} is a manifest: delete it as one`, options);
  }
  if (!(await repository.deleteBlob(digest))) throw blobUnknown(digest);
  send(exchange.response, { status: 202 });
}

interface Part {
  readonly repository: Repository;
  readonly digest: Digest;
  readonly size: number;
  readonly part: ByteRange;
}

/** A file that vanishes or was damaged breaks the connection: the headers have promised its bytes. */
async function sendPart(response: ServerResponse, { repository, digest, size, part }: Part): Promise<void> {
  if (size <= wholeBytes) {
    const bytes = await repository.readBlob(digest, size);
    return void response.end(bytes.subarray(part.start, part.end + 1));
  }
  await pipeline(await repository.openBlob(digest, { start: part.start, end: part.end + 1 }), response);
}

function blobUnknown(digest: Digest): ApiError {
  return new ApiError(404, 'BLOB_UNKNOWN', `no blob ${digest} in this repository`, { detail: { digest } });
}

function unsatisfiable(size: number): ApiError {
  const headers = { 'Content-Range': `bytes */${size}` };
  return new ApiError(416, 'SIZE_INVALID', `the range lies outside of ${size} bytes`, { headers });
}
