import { Readable } from 'node:stream';
import { repositoryScope } from '../auth/scope.ts';
import { checkedBytes, checkedStream } from '../checked.ts';
import { giveUp } from '../closable.ts';
import type { Descriptor } from '../descriptor.ts';
import { RegistryError } from '../errors.ts';
import type { WriteOptions } from '../store.ts';
import { checkStated } from './content.ts';
import { expectStatus, type RepositoryContext, send, shortDeadline, transferDeadline } from './context.ts';
import { type Deadline, sleep } from './deadline.ts';
import { failureKind } from './failure.ts';
import { contentExists } from './read.ts';
import { delayAfter } from './retry.ts';
import { cancelUpload, finish, locationOf, sendChunks, startUpload } from './upload-session.ts';

/** Blobs above this size are asked for first: below it, sending costs no more than asking. */
const askFirstBytes = 65_536;

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
  checkedBytes(content, as);
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
  try {
    if (!(await contentExists(context, as, options))) await uploadStream(context, content, as, options);
  } finally {
    await giveUp(content);
  }
}

async function uploadStream(
  context: RepositoryContext,
  content: AsyncIterable<Uint8Array>,
  as: Descriptor,
  options: WriteOptions,
): Promise<void> {
  const deadline = transferDeadline(context, as.size, options.signal);
  const { location, chunkBytes } = await startUpload(context, deadline);
  const checked = heldBack(checkedStream(content, as));
  try {
    if (as.size > chunkBytes) await sendChunks(context, { location, chunkBytes, chunks: checked, as, deadline });
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
    checkStated(answer, blob.digest);
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
  const { location, chunkBytes } = await startUpload(context, deadline);
  if (as.size > chunkBytes) return sendChunks(context, { location, chunkBytes, chunks: one(content), as, deadline });
  return finish(context, { location, as, deadline, body: content });
}

function delayAfterUpload(context: RepositoryContext, error: unknown, count: number): number | undefined {
  if (!(error instanceof RegistryError)) return undefined;
  const { status } = error;
  // 404: the session is gone, perhaps because it was completed by the request whose answer was lost.
  const lost = status === 404 && /BLOB_UPLOAD_UNKNOWN/.test(error.message);
  const outcome = failureKind(error) !== 'fatal' ? { error } : { status: lost ? 503 : (status ?? 400) };
  return delayAfter(outcome, count, { idempotent: true }, context.settings);
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

async function* one(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
