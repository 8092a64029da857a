import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type Descriptor, RegistryError } from '@signet/oci';
import { ApiError, type ByteRange, isNotModified, parseRange, send } from '@signet/registry';
import { holdingLast, type Pieces, sliced, startingWith, whole } from './pieces.ts';
import type { Pulling } from './pulling.ts';
import type { Target } from './upstreams.ts';

/** Up to this size a blob is read whole before it is answered: a wrong one then has a status of its own. */
const wholeBytes = 1024 * 1024;

/** A blob that may be served, and who asks for it. */
export interface BlobAnswer {
  readonly pulling: Pulling;
  readonly target: Target;
  readonly blob: Descriptor;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Fires when the client has gone. */
  readonly gone: AbortSignal;
  readonly onOpened: (from: 'cache' | 'upstream') => void;
}

/**
 * GET and HEAD of a blob, whole or in part. It streams while its digest is checked, and breaks off where that is wrong: the last bytes go out
 * only after the whole blob was read. Rule: distribution-spec 1.1, "Pulling blobs"; RFC 9110, 14.
 * @throws {ApiError} 416; {RegistryError} what the registry's answer is; after the head was sent, the connection is to be broken off
 */
export async function serveBlob(answer: BlobAnswer): Promise<void> {
  const { target, blob, request, response } = answer;
  const etag = `"${blob.digest}"`;
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Docker-Content-Digest': blob.digest,
    'Accept-Ranges': 'bytes',
    ETag: etag,
  };
  if (isNotModified(request.headers, etag)) return send(response, { status: 304, headers });
  const range = rangeOf(request, blob.size, etag);
  const part = range ?? { start: 0, end: blob.size - 1 };
  const head = {
    ...headers,
    ...(range === undefined ? {} : { 'Content-Range': `bytes ${part.start}-${part.end}/${blob.size}` }),
    'Content-Length': part.end - part.start + 1,
  };
  const status = range === undefined ? 200 : 206;
  if (request.method === 'HEAD') {
    if (!(await isThere(answer))) throw new RegistryError('NOT_FOUND', `${blob.digest} is not in ${target.image}`);
    return send(response, { status, headers: head });
  }
  const pieces = await open(answer, part);
  if (blob.size <= wholeBytes) return send(response, { status, headers: head, body: await whole(pieces) });
  const held = holdingLast(pieces);
  try {
    // What fails before anything was sent has a status of its own.
    const first = await held.next();
    response.writeHead(status, head);
    await pipeline(startingWith(first, held), response);
  } finally {
    // A client that went away in between has begun nothing: what was opened is closed all the same.
    await held.return();
  }
}

async function isThere({ pulling, target, blob, gone }: BlobAnswer): Promise<boolean> {
  return pulling.cache?.has(blob) === true || (await pulling.openBlobs(target).exists(blob, { signal: gone }));
}

/** The bytes of the part, the whole blob checked behind it. */
async function open({ pulling, target, blob, gone, onOpened }: BlobAnswer, part: ByteRange): Promise<Pieces> {
  const { cache, openBlobs } = pulling;
  const isWhole = part.start === 0 && part.end === blob.size - 1;
  const cached = await cache?.open(blob, isWhole ? undefined : part);
  onOpened(cached === undefined ? 'upstream' : 'cache');
  if (cached !== undefined) return cached.isPart || isWhole ? cached.pieces : sliced(cached.pieces, part);
  const opened = await openBlobs(target).open(blob, { signal: gone });
  const pieces = cache?.filling(blob, opened) ?? opened;
  return isWhole ? pieces : sliced(pieces, part);
}

/** Undefined: all of it. `If-Range` with another tag asks for all. @throws {ApiError} 416 */
function rangeOf({ headers }: IncomingMessage, size: number, etag: string): ByteRange | undefined {
  const condition = headers['if-range'];
  if (condition !== undefined && condition !== etag) return undefined;
  const range = parseRange(headers.range, size);
  if (range === 'whole') return undefined;
  if (range !== 'unsatisfiable') return range;
  const outside = { headers: { 'Content-Range': `bytes */${size}` } };
  throw new ApiError(416, 'SIZE_INVALID', `the range lies outside of ${size} bytes`, outside);
}
