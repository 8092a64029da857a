import type { IncomingMessage } from 'node:http';
import { type Digest, type DigestAlgorithm, digestAlgorithm, isRepositoryName } from '@signet/oci';
import { ApiError, show } from '../errors.ts';
import type { Repository } from '../storage/repository.ts';
import type { Upload } from '../uploads/uploads.ts';
import { send } from './answer.ts';
import { bodyChunks } from './body.ts';
import { parseChunkRange } from './byte-range.ts';
import { digestParameter, type Exchange } from './exchange.ts';

/** Repositories that are looked through for a blob when a mount names none. */
const maxMountSearch = 1000;

/**
 * POST: mounts a blob, takes one whole (`digest`), or opens a session. Rule: distribution-spec 1.1, "Pushing blobs", "Mounting a blob".
 * @throws {ApiError} DIGEST_INVALID, NAME_INVALID, TOOMANYREQUESTS
 */
export async function postUpload(exchange: Exchange, name: string): Promise<void> {
  const { registry, query } = exchange;
  const repository = await registry.repositories.forWriting(name);
  const mount = query.get('mount');
  if (mount !== null) {
    const digest = digestParameter(mount, 'mount');
    if (await mountBlob(exchange, repository, digest)) return sendCreated(exchange, repository, digest);
  }
  const digestText = mount === null ? query.get('digest') : null;
  const digest = digestText === null ? undefined : digestParameter(digestText, 'digest');
  const algorithm = digest === undefined ? algorithmParameter(query.get('digest-algorithm')) : digestAlgorithm(digest);
  const upload = await registry.uploads.start(repository, algorithm);
  if (digest === undefined) return sendProgress(exchange, upload, 202);
  await registry.uploads
    .alone(upload, () => takeBody(exchange, upload))
    .catch(async (error: unknown) => {
      await registry.uploads.remove(upload); // its location was never told
      throw error;
    });
  await registry.uploads.finish(upload, digest);
  sendCreated(exchange, repository, digest);
}

/** PATCH: a chunk with `Content-Range`, or a stream without. @throws {ApiError} 416 out of order, SIZE_INVALID, BLOB_UPLOAD_UNKNOWN */
export async function patchUpload(exchange: Exchange, name: string, id: string): Promise<void> {
  const upload = await findUpload(exchange, name, id);
  await exchange.registry.uploads.alone(upload, () => takeBody(exchange, upload));
  sendProgress(exchange, upload, 202);
}

/** PUT: the last chunk, if there is one, and the digest of the whole. @throws {ApiError} as PATCH, and DIGEST_INVALID */
export async function putUpload(exchange: Exchange, name: string, id: string): Promise<void> {
  const { uploads } = exchange.registry;
  const upload = await findUpload(exchange, name, id);
  const digest = digestParameter(exchange.query.get('digest'), 'digest');
  await uploads.alone(upload, async () => {
    if (hasBody(exchange.request)) await takeBody(exchange, upload);
    await uploads.finish(upload, digest);
  });
  sendCreated(exchange, upload.repository, digest);
}

/** GET: how far the upload is. @throws {ApiError} BLOB_UPLOAD_UNKNOWN */
export async function getUpload(exchange: Exchange, name: string, id: string): Promise<void> {
  sendProgress(exchange, await findUpload(exchange, name, id), 204);
}

/** DELETE: cancels. @throws {ApiError} BLOB_UPLOAD_UNKNOWN */
export async function deleteUpload(exchange: Exchange, name: string, id: string): Promise<void> {
  const { uploads } = exchange.registry;
  const upload = await findUpload(exchange, name, id);
  await uploads.alone(upload, () => uploads.remove(upload));
  send(exchange.response, { status: 204 });
}

async function findUpload(exchange: Exchange, name: string, id: string): Promise<Upload> {
  const { repositories, uploads } = exchange.registry;
  return uploads.find(await repositories.withUploads(name), id);
}

async function mountBlob(exchange: Exchange, to: Repository, digest: Digest): Promise<boolean> {
  if ((await to.blobSize(digest)) !== undefined) return true;
  for (const name of mountSources(exchange)) {
    const from = exchange.grants.allows(name, 'pull') ? await exchange.registry.repositories.find(name) : undefined;
    if (from !== undefined && (await to.mountBlob(from, digest))) return true;
  }
  return false;
}

function mountSources({ query, registry }: Exchange): readonly string[] {
  const from = query.get('from');
  if (from === null || from === '') return registry.repositories.names().slice(0, maxMountSearch);
  if (isRepositoryName(from)) return [from];
  throw new ApiError(400, 'NAME_INVALID', `from is ${show(from)}: not a repository name`);
}

function algorithmParameter(text: string | null): DigestAlgorithm {
  if (text === null || text === 'sha256') return 'sha256';
  if (text === 'sha512') return 'sha512';
  throw new ApiError(400, 'DIGEST_INVALID', `digest-algorithm is ${show(text)}: wanted sha256 or sha512`);
}

async function takeBody({ request, registry }: Exchange, upload: Upload): Promise<void> {
  const length = expectedLength(request, upload);
  await registry.uploads.append(upload, bodyChunks(request), length);
}

/** The length that `Content-Range` states, after checking that the chunk is the next one. */
function expectedLength(request: IncomingMessage, upload: Upload): number | undefined {
  const header = request.headers['content-range'];
  const stated = request.headers['content-length'];
  if (header === undefined) return stated === undefined ? undefined : Number(stated);
  const range = parseChunkRange(header);
  if (range === undefined) throw new ApiError(400, 'BLOB_UPLOAD_INVALID', `Content-Range is ${show(header)}`);
  if (range.start !== upload.size) {
    const message = `the next byte is ${upload.size}, the chunk begins at ${range.start}`;
    throw new ApiError(416, 'BLOB_UPLOAD_INVALID', message, { headers: progressHeaders(upload) });
  }
  const length = range.end - range.start + 1;
  if (stated !== undefined && Number(stated) !== length) {
    throw new ApiError(400, 'SIZE_INVALID', `Content-Range has ${length} bytes, Content-Length says ${Number(stated)}`);
  }
  return length;
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

function progressHeaders({ id, repository, size }: Upload): Record<string, string> {
  return {
    Location: `/v2/${repository.name}/blobs/uploads/${id}`,
    // An empty upload has no last byte; "0-0" is what clients know from other registries.
    Range: `0-${Math.max(0, size - 1)}`,
    'Docker-Upload-UUID': id,
  };
}

function sendProgress({ response }: Exchange, upload: Upload, status: 202 | 204): void {
  send(response, { status, headers: progressHeaders(upload) });
}

function sendCreated({ response }: Exchange, repository: Repository, digest: Digest): void {
  const headers = { Location: `/v2/${repository.name}/blobs/${digest}`, 'Docker-Content-Digest': digest };
  send(response, { status: 201, headers });
}
