import type { Readable } from 'node:stream';
import type { Descriptor } from '../descriptor.ts';
import { RegistryError } from '../errors.ts';
import { headerOf } from './body.ts';
import type { Answer } from './caller.ts';
import { checkStated } from './content.ts';
import { expectStatus, nameOf, type RepositoryContext, send, shortDeadline } from './context.ts';
import type { Deadline } from './deadline.ts';

/** The largest chunk that a registry's wish makes us hold. */
const maxChunkBytes = 128 * 1024 * 1024;
const octets = 'application/octet-stream';

/** Where an upload session goes on, and the size of its chunks: larger blobs go up in several. */
export interface Session {
  readonly location: URL;
  readonly chunkBytes: number;
}

/** Opens a session. @throws {RegistryError} UNEXPECTED_ANSWER, REDIRECT_REFUSED, … */
export async function startUpload(context: RepositoryContext, deadline: Deadline): Promise<Session> {
  const answer = await send(context, {
    method: 'POST',
    target: 'blobs/uploads/',
    actions: 'pull,push',
    headers: { 'content-length': '0' },
    deadline,
  });
  expectStatus(answer, [202], `upload to ${context.registry}/${context.repository}`);
  return { location: locationOf(context, answer), chunkBytes: chunkBytesOf(context, answer) };
}

/** As the options have it, and no less than the registry wants. Rule: distribution-spec 1.1 "Pushing a blob in chunks", OCI-Chunk-Min-Length. */
function chunkBytesOf(context: RepositoryContext, answer: Answer): number {
  const own = context.settings.options.uploadChunkBytes ?? Number.POSITIVE_INFINITY;
  const wanted = headerOf(answer.headers, 'oci-chunk-min-length') ?? '';
  const least = /^\d{1,15}$/.test(wanted) ? Number(wanted) : 0;
  // A chunk is held in memory: what is too large for that goes up in one PUT.
  return least > Math.max(own, maxChunkBytes) ? Number.POSITIVE_INFINITY : Math.max(own, least);
}

/** Where an upload goes on. Another origin gets no credentials (see caller.ts); without TLS it is refused where the registry has it. */
export function locationOf(context: RepositoryContext, answer: Answer): URL {
  const location = headerOf(answer.headers, 'location') ?? '';
  const url = location === '' ? null : URL.parse(location, answer.url.href);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new RegistryError('UNEXPECTED_ANSWER', `${context.registry}: an upload without a usable Location`);
  }
  if (context.base.protocol === 'https:' && url.protocol !== 'https:') {
    throw new RegistryError(
      'REDIRECT_REFUSED',
      `${context.registry}: the Location of an upload leads from https to http`,
    );
  }
  url.hash = '';
  return url;
}

/** The last request of a session. */
export interface Finish {
  readonly location: URL;
  readonly as: Descriptor;
  readonly deadline: Deadline;
  readonly body?: Uint8Array | Readable;
}

/** Closes the session: with the bytes, or after chunks without. @throws {RegistryError} REFUSED, DIGEST_MISMATCH, … */
export async function finish(context: RepositoryContext, { location, as, deadline, body }: Finish): Promise<void> {
  // By text: the query is the registry's own and must come back as it was.
  const target = new URL(`${location.href}${location.href.includes('?') ? '&' : '?'}digest=${as.digest}`);
  const length = body === undefined ? 0 : as.size;
  const answer = await send(context, {
    method: 'PUT',
    target,
    actions: 'pull,push',
    headers: { 'content-type': octets, 'content-length': String(length) },
    ...(body === undefined ? {} : { body }),
    deadline,
    idempotent: false,
  });
  expectStatus(answer, [201, 204], nameOf(context, as.digest));
  checkStated(answer, as.digest);
}

/** What is sent piece by piece. */
export interface Chunks extends Omit<Finish, 'body'> {
  readonly chunkBytes: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** PATCH after PATCH, each from where the one before ended. Rule: distribution-spec 1.1 "Pushing a blob in chunks". */
export async function sendChunks(context: RepositoryContext, sending: Chunks): Promise<void> {
  const { location, chunkBytes, chunks, as, deadline } = sending;
  let next = location;
  let sent = 0;
  for await (const body of regrouped(chunks, chunkBytes)) {
    const answer = await send(context, {
      method: 'PATCH',
      target: next,
      actions: 'pull,push',
      headers: {
        'content-type': octets,
        'content-length': String(body.length),
        'content-range': `${sent}-${sent + body.length - 1}`,
      },
      body,
      deadline,
      idempotent: false,
    });
    // crane's registry says 204.
    expectStatus(answer, [201, 202, 204], nameOf(context, as.digest));
    next = locationOf(context, answer);
    sent += body.length;
  }
  return finish(context, { location: next, as, deadline });
}

/** Best effort: an abandoned session costs the registry space until it cleans up, and nobody anything else. */
export async function cancelUpload(context: RepositoryContext, location: URL): Promise<void> {
  const deadline = shortDeadline(context, AbortSignal.timeout(5000));
  await send(context, { method: 'DELETE', target: location, actions: 'pull,push', deadline, idempotent: false }).catch(
    () => {},
  );
}

async function* regrouped(chunks: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let kept: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + size - length);
      kept.push(piece);
      at += piece.length;
      length += piece.length;
      if (length < size) continue;
      yield Buffer.concat(kept, length);
      kept = [];
      length = 0;
    }
  }
  if (length > 0) yield Buffer.concat(kept, length);
}
