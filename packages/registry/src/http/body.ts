import type { IncomingMessage } from 'node:http';
import { ApiError } from '../errors.ts';

/**
 * The whole body, at most `maxBytes`.
 * @throws {ApiError} 413 with `code` when it is longer, SIZE_INVALID when the connection ends before the stated length
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of bodyChunks(request)) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length);
}

/**
 * The body's pieces. Leaving the loop early does not destroy the request, so that a refusal can still be answered.
 * @throws {ApiError} BLOB_UPLOAD_INVALID when the connection breaks before the end
 */
export async function* bodyChunks(request: IncomingMessage): AsyncGenerator<Buffer, void, void> {
  const pieces = request.iterator({ destroyOnReturn: false });
  try {
    for await (const piece of pieces) yield piece as Buffer;
  } catch {
    // What the socket said of its end (ECONNRESET) is of no use to a client that has gone.
    throw new ApiError(400, 'BLOB_UPLOAD_INVALID', 'the connection ended before the body did');
  }
}

function tooLarge(maxBytes: number): ApiError {
  return new ApiError(413, 'SIZE_INVALID', `the body is larger than ${maxBytes} bytes`);
}
