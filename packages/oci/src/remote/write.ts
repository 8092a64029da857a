import { checkedBytes } from '../checked.ts';
import type { Descriptor } from '../descriptor.ts';
import { RegistryError } from '../errors.ts';
import { type Manifest, parseManifest, toReferrerDescriptor } from '../manifest.ts';
import { isManifestMediaType } from '../media-types.ts';
import type { Pushed, Resolved, TagCondition, TagOptions, WriteOptions } from '../store.ts';
import { checkTag } from '../store-rules.ts';
import { registryCode } from './answer-error.ts';
import { headerOf } from './body.ts';
import type { Answer } from './caller.ts';
import { checkStated, isManifestDescriptor, pathOf, statedDigest, strongEtag } from './content.ts';
import { expectStatus, manifestAccept, nameOf, type RepositoryContext, send, shortDeadline } from './context.ts';
import { type Deadline, sleep } from './deadline.ts';
import type { FallbackWriter } from './fallback-writer.ts';
import { getManifest, readManifest } from './read.ts';
import { delayAfter } from './retry.ts';

/** A repository's context with the writer of its fallback indexes. */
export interface WriteContext extends RepositoryContext {
  readonly fallback: FallbackWriter;
}

/** A manifest by its digest, made findable. Rule: distribution-spec 1.1 "Pushing Manifests with Subject". */
export async function pushManifest(
  context: WriteContext,
  content: Uint8Array,
  as: Descriptor,
  options: WriteOptions = {},
): Promise<Pushed> {
  return putManifest(context, { manifest: { descriptor: as, bytes: content }, reference: as.digest, options });
}

/** A tag, with the condition as headers and as a read just before: docker-registry ignores the headers. @throws {RegistryError} CONFLICT */
export async function tagManifest(
  context: WriteContext,
  manifest: Resolved,
  tag: string,
  options: TagOptions = {},
): Promise<Pushed> {
  checkTag(tag);
  const { condition } = options;
  const headers = condition === undefined ? {} : await checkCondition(context, { tag, condition, options });
  return putManifest(context, { manifest, reference: tag, options, headers });
}

/** A manifest (with its fallback entry) or a blob. */
export async function deleteContent(
  context: WriteContext,
  target: Descriptor,
  options: WriteOptions = {},
): Promise<void> {
  const parsed = isManifestDescriptor(target) ? await readForDelete(context, target, options) : undefined;
  await sendDelete(context, pathOf(target), nameOf(context, target.digest), options);
  if (parsed?.subject === undefined) return;
  await context.fallback.remove(context, parsed.subject.digest, target, options.signal);
}

/** A tag alone. @throws {RegistryError} UNSUPPORTED, NOT_FOUND */
export async function deleteTag(context: WriteContext, tag: string, options: WriteOptions = {}): Promise<void> {
  checkTag(tag);
  try {
    await sendDelete(context, `manifests/${tag}`, nameOf(context, tag), options);
  } catch (error) {
    if (!(error instanceof RegistryError) || (error.status !== 400 && error.status !== 405)) throw error;
    throw new RegistryError(
      'UNSUPPORTED',
      `${context.registry} cannot delete a tag alone (deleting its manifest would delete all its tags)`,
      {
        cause: error,
        status: error.status,
      },
    );
  }
}

interface Put {
  readonly manifest: Resolved;
  readonly reference: string;
  readonly options: TagOptions;
  readonly headers?: Readonly<Record<string, string>>;
}

async function putManifest(context: WriteContext, put: Put): Promise<Pushed> {
  const { manifest, reference, options, headers = {} } = put;
  const { descriptor, bytes } = manifest;
  checkedBytes(bytes, descriptor);
  const parsed = parseManifest(bytes, descriptor.mediaType);
  const deadline = shortDeadline(context, options.signal);
  options.beforeWrite?.();
  const answer = await sendManifest(context, put, { 'content-type': descriptor.mediaType, ...headers }, deadline);
  if (!(await isOwnEarlierWrite(context, answer, put))) {
    expectStatus(answer, [200, 201, 202, 204], nameOf(context, reference));
    checkStated(answer, descriptor.digest);
  }
  return makeFindable(context, { answer, parsed, descriptor, options });
}

/**
 * PUT. docker-registry answers DIGEST_INVALID while a blob that the manifest names is pushed once more by somebody else (its link file is
 * empty for a moment): the digest was checked here, so the answer is taken for passing a few times.
 */
async function sendManifest(
  context: WriteContext,
  { manifest, reference, options: { once = false } }: Put,
  headers: Readonly<Record<string, string>>,
  deadline: Deadline,
): Promise<Answer> {
  for (let count = 1; ; count += 1) {
    const target = `manifests/${reference}`;
    const answer = await send(context, {
      method: 'PUT',
      target,
      actions: 'pull,push',
      headers,
      body: manifest.bytes,
      deadline,
      once,
    });
    const isPassing = !once && answer.status === 400 && registryCode(answer.bytes) === 'DIGEST_INVALID';
    const delay = isPassing ? delayAfter({ status: 503 }, count, { idempotent: true }, context.settings) : undefined;
    if (delay === undefined) return answer;
    await sleep(delay, deadline);
  }
}

/** A repeated conditional write that is refused may be the echo of a first one that took effect. */
async function isOwnEarlierWrite(
  context: WriteContext,
  answer: Answer,
  { manifest, reference, options }: Put,
): Promise<boolean> {
  if (answer.status !== 412 || answer.attempts === 1) return false;
  const now = await getManifest(context, reference, options);
  return now.status === 200 && readManifest(now, reference).descriptor.digest === manifest.descriptor.digest;
}

interface Stored {
  readonly answer: Answer;
  readonly parsed: Manifest;
  readonly descriptor: Descriptor;
  readonly options: WriteOptions;
}

async function makeFindable(context: WriteContext, { answer, parsed, descriptor, options }: Stored): Promise<Pushed> {
  const { subject } = parsed;
  if (subject === undefined) return {};
  if (headerOf(answer.headers, 'oci-subject')?.trim() === subject.digest) return { referrers: 'api' };
  await context.fallback.add(context, subject.digest, toReferrerDescriptor(parsed, descriptor), options.signal);
  return { referrers: 'tag' };
}

interface Condition {
  readonly tag: string;
  readonly condition: TagCondition;
  readonly options: WriteOptions;
}

async function checkCondition(
  context: WriteContext,
  { tag, condition, options }: Condition,
): Promise<Record<string, string>> {
  const answer = await send(context, {
    method: 'HEAD',
    target: `manifests/${tag}`,
    actions: 'pull,push',
    headers: { accept: manifestAccept },
    deadline: shortDeadline(context, options.signal),
    // While another writer moves the tag, docker-registry may say for a moment that it is not there.
    ...(condition.expected === null ? {} : { retryNotFound: 2 }),
  });
  const { expected } = condition;
  if (answer.status === 404) {
    if (expected === null) return { 'if-none-match': '*' };
    throw conflict(context, tag, `expected ${expected}, the tag does not exist`);
  }
  expectStatus(answer, [200], nameOf(context, tag));
  const current = statedDigest(answer) ?? readManifest(await getManifest(context, tag, options), tag).descriptor.digest;
  if (current !== expected) throw conflict(context, tag, `expected ${expected ?? 'no such tag'}, it names ${current}`);
  const etag = strongEtag(answer);
  return etag === undefined ? {} : { 'if-match': etag };
}

async function readForDelete(
  context: WriteContext,
  target: Descriptor,
  options: WriteOptions,
): Promise<Manifest | undefined> {
  const answer = await getManifest(context, target.digest, options);
  expectStatus(answer, [200], nameOf(context, target.digest));
  readManifest(answer, target.digest);
  return isManifestMediaType(target.mediaType) ? parseManifest(answer.bytes, target.mediaType) : undefined;
}

async function sendDelete(context: WriteContext, path: string, name: string, options: WriteOptions): Promise<void> {
  const deadline = shortDeadline(context, options.signal);
  const answer = await send(context, { method: 'DELETE', target: path, actions: 'delete,pull', deadline });
  // Gone after a try whose answer was lost: that try did it.
  if (answer.status === 404 && answer.attempts > 1) return;
  expectStatus(answer, [200, 202, 204], name);
}

function conflict(context: WriteContext, tag: string, why: string): RegistryError {
  return new RegistryError('CONFLICT', `${nameOf(context, tag)}: ${why}`);
}
