import { Readable } from 'node:stream';
import { repositoryScope } from '../auth/scope.ts';
import type { Descriptor } from '../descriptor.ts';
import { RegistryError } from '../errors.ts';
import type { WriteOptions } from '../store.ts';
import { headerOf, verified } from './body.ts';
import type { Answer } from './caller.ts';
import { checkContent, checkWritten } from './content.ts';
import { expectStatus, nameOf, type RepositoryContext, send, shortDeadline, transferDeadline } from './context.ts';
import { type Deadline, sleep } from './deadline.ts';
import { failureKind } from './failure.ts';
import { contentExists } from './read.ts';
import { delayAfter } from './retry.ts';

/** Blobs above this size are asked for first: below it, sending costs no more than asking. */
const askFirstBytes = 65_536;
const octets = 'application/octet-stream';

/**
 * A blob from memory. A session that broke off may have stored the blob: it is looked for, and else sent in a new session.
 * @throws {RegistryError} SIZE_MISMATCH, DIGEST_MISMATCH, and what a registry answers
 */
export async function pushBlob(
  context: RepositoryContext,
  content: Uint8Array,
  as: Descriptor,
  options: WriteOptions = {},
): Promise<void> {
  checkContent(content, as);
  const deadline = transferDeadline(context, as.size, options.signal);
  if (content.length > askFirstBytes && (await contentExists(context, as, options))) return;
  for (let count = 1; ; count += 1) {
    try {
      return await uploadBytes(context, { content, as, deadline });
    } catch (error) {
      const delay = delayAfterUpload(context, error, count);
      if (delay === undefined) throw error;
      await sleep(delay, deadline);
      if (await contentExists(context, as, options)) return;
    }
  }
}

/** A blob from a stream, read once: the last bytes are sent only when size and digest are right. */
export async function pushBlobStream(
  context: RepositoryContext,
  content: AsyncIterable<Uint8Array>,
  as: Descriptor,
  options: WriteOptions = {},
): Promise<void> {
  if (await contentExists(context, as, options)) return closeUnread(content);
  const deadline = transferDeadline(context, as.size, options.signal);
  const location = await startUpload(context, deadline);
  const checked = heldBack(verified(content, as));
  try {
    if (isChunked(context, as)) await sendChunks(context, { location, chunks: checked, as, deadline });
    else await finish(context, { location, as, deadline, body: Readable.from(checked, { objectMode: false }) });
  } catch (error) {
    await checked.return(undefined);
    await cancelUpload(context, location);
    throw error;
  }
}

/** Cross-repository mount; an upload session that the registry opened instead is given up. Rule: distribution-spec 1.1 "Mounting a blob". */
export async function mountBlob(
  context: RepositoryContext,
  blob: Descriptor,
  from: string,
  options: WriteOptions = {},
): Promise<boolean> {
  const deadline = shortDeadline(context, options.signal);
  const answer = await send(context, {
    method: 'POST',
    target: `blobs/uploads/?mount=${blob.digest}&from=${encodeURIComponent(from)}`,
    actions: 'pull,push',
    scopes: [repositoryScope(from, 'pull')],
    headers: { 'content-length': '0' },
    deadline,
  });
  if (answer.status === 201) {
    checkWritten(answer, blob.digest);
    return true;
  }
  if (answer.status === 202) {
    await cancelUpload(context, locationOf(context, answer));
    return false;
  }
  // Registries that know no mounting, or may not read the other repository: the blob is then pushed.
  if ([400, 401, 403, 404, 405].includes(answer.status)) return false;
  expectStatus(answer, [201, 202], `mount of ${blob.digest}`);
  return false;
}

interface Bytes {
  readonly content: Uint8Array;
  readonly as: Descriptor;
  readonly deadline: Deadline;
}

async function uploadBytes(context: RepositoryContext, { content, as, deadline }: Bytes): Promise<void> {
  const location = await startUpload(context, deadline);
  if (isChunked(context, as)) return sendChunks(context, { location, chunks: one(content), as, deadline });
  return finish(context, { location, as, deadline, body: content });
}

async function startUpload(context: RepositoryContext, deadline: Deadline): Promise<URL> {
  const answer = await send(context, {
    method: 'POST',
    target: 'blobs/uploads/',
    actions: 'pull,push',
    headers: { 'content-length': '0' },
    deadline,
  });
  expectStatus(answer, [202], `upload to ${context.registry}/${context.repository}`);
  return locationOf(context, answer);
}

/** Where an upload goes on. Another origin gets no credentials (see caller.ts); without TLS it is refused where the registry has it. */
function locationOf(context: RepositoryContext, answer: Answer): URL {
  const url = URL.parse(headerOf(answer.headers, 'location') ?? '', answer.url.href);
  if (url === null || headerOf(answer.headers, 'location') === undefined || !/^https?:$/.test(url.protocol)) {
    throw new RegistryError('UNEXPECTED_ANSWER', `${context.registry}: an upload without a usable Location`);
  }
  if (context.base.protocol === 'https:' && url.protocol !== 'https:') {
    throw new RegistryError(
      'REDIRECT_REFUSED',
      `${context.registry}: the Location of an upload leads from https to http`,
    );
  }
  return url;
}

interface Finish {
  readonly location: URL;
  readonly as: Descriptor;
  readonly deadline: Deadline;
  readonly body?: Uint8Array | Readable;
}

async function finish(context: RepositoryContext, { location, as, deadline, body }: Finish): Promise<void> {
  // By text: the query is the registry's own and must come back as it was.
  const target = new URL(`${location.href}${location.search === '' ? '?' : '&'}digest=${as.digest}`);
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
  checkWritten(answer, as.digest);
}

interface Chunks extends Omit<Finish, 'body'> {
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** PATCH after PATCH, each from where the one before ended. Rule: distribution-spec 1.1 "Pushing a blob in chunks". */
async function sendChunks(context: RepositoryContext, { location, chunks, as, deadline }: Chunks): Promise<void> {
  let next = location;
  let sent = 0;
  for await (const body of regrouped(chunks, chunkBytes(context))) {
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
    expectStatus(answer, [202], nameOf(context, as.digest));
    next = locationOf(context, answer);
    sent += body.length;
  }
  return finish(context, { location: next, as, deadline });
}

/** Best effort: an abandoned session costs the registry space until it cleans up, and nobody anything else. */
async function cancelUpload(context: RepositoryContext, location: URL): Promise<void> {
  const deadline = shortDeadline(context, AbortSignal.timeout(5000));
  await send(context, { method: 'DELETE', target: location, actions: 'pull,push', deadline, idempotent: false }).catch(
    () => {},
  );
}

function delayAfterUpload(context: RepositoryContext, error: unknown, count: number): number | undefined {
  if (!(error instanceof RegistryError)) return undefined;
  const { status } = error;
  // 404: the session is gone, perhaps because it was completed by the request whose answer was lost.
  const lost = status === 404 && /BLOB_UPLOAD_UNKNOWN/.test(error.message);
  const outcome = failureKind(error) !== 'fatal' ? { error } : { status: lost ? 503 : (status ?? 400) };
  return delayAfter(outcome, count, { idempotent: true }, context.settings);
}

function isChunked(context: RepositoryContext, as: Descriptor): boolean {
  return as.size > chunkBytes(context);
}

function chunkBytes(context: RepositoryContext): number {
  return context.settings.options.uploadChunkBytes ?? Number.POSITIVE_INFINITY;
}

/** Keeps the newest piece back until the next one, or the end, shows that it may go. */
async function* heldBack(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | undefined;
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (held !== undefined) yield held;
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

async function* one(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

/** Ends a stream that is not needed after all, so that its source (an open file) is let go. */
async function closeUnread(content: AsyncIterable<Uint8Array>): Promise<void> {
  await content[Symbol.asyncIterator]().return?.();
}
