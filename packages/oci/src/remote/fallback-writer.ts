import { setTimeout as sleep } from 'node:timers/promises';
import type { Descriptor } from '../descriptor.ts';
import { type Digest, isDigest } from '../digest.ts';
import { RegistryError } from '../errors.ts';
import { MEDIA_TYPE_INDEX, MEDIA_TYPE_MANIFEST } from '../media-types.ts';
import { answerError } from './answer-error.ts';
import type { Answer } from './caller.ts';
import { checkDigest, strongEtag } from './content.ts';
import { type RepositoryContext, send, shortDeadline } from './context.ts';
import { type FallbackEntry, parseFallbackIndex, toFallbackEntry } from './fallback-index.ts';
import { contentExists, contentType, getManifest, readManifest } from './read.ts';
import { fallbackTag } from './referrers.ts';
import { type Change, type FallbackDoor, type Head, type Run, settle } from './settle.ts';

/** Keeps the fallback indexes of a client's repositories: one writer for each (registry, repository, subject), changes joined into one write. */
export interface FallbackWriter {
  /** Lists `referrer` under its subject. @throws {RegistryError} CONFLICT when it cannot be confirmed, LIMIT_REACHED, … */
  add(context: RepositoryContext, subject: Digest, referrer: Descriptor, signal?: AbortSignal): Promise<void>;
  /** Takes it off the list. @throws {RegistryError} CONFLICT, … */
  remove(context: RepositoryContext, subject: Digest, referrer: Descriptor, signal?: AbortSignal): Promise<void>;
}

/** So long an own entry is put back when a later write finds it gone: another writer's slow write may still arrive. */
const rememberMs = 30_000;

interface Queue {
  readonly run: Run;
  isRunning: boolean;
  idleSinceMs: number;
}

export function createFallbackWriter(): FallbackWriter {
  const queues = new Map<string, Queue>();
  const change = (kind: Change['kind'], request: Request): Promise<void> => {
    const { context, subject, signal } = request;
    const tag = fallbackTag(subject);
    forgetOld(queues, context.settings.now());
    const key = `${context.base.href} ${context.repository} ${tag}`;
    const queue = queues.get(key) ?? createQueue();
    queues.set(key, queue);
    return new Promise((resolve, reject) => {
      const entry = toFallbackEntry(request.referrer);
      const waiting: Change = { kind, entry, resolve, reject };
      enqueue(queue.run, waiting);
      abortWith(
        signal,
        () =>
          queue.run.waiting.delete(waiting) &&
          reject(new RegistryError('ABORTED', 'aborted while the referrers index was written')),
      );
      if (!queue.isRunning) void work(queue, createDoor(context, tag), context.settings.now);
    });
  };
  return {
    add: (context, subject, referrer, signal) => change('add', { context, subject, referrer, signal }),
    remove: (context, subject, referrer, signal) => change('remove', { context, subject, referrer, signal }),
  };
}

interface Request {
  readonly context: RepositoryContext;
  readonly subject: Digest;
  readonly referrer: Descriptor;
  readonly signal: AbortSignal | undefined;
}

/** Settles what waits, and what joins meanwhile; never rejects: each change is told its own end. */
async function work(queue: Queue, door: FallbackDoor, now: () => number): Promise<void> {
  queue.isRunning = true;
  const own = new Map<string, FallbackEntry>();
  while (queue.run.waiting.size > 0) {
    for (const { kind, entry } of queue.run.waiting.keys()) if (kind === 'add') own.set(entry.digest, entry);
    await settle(queue.run, door);
  }
  queue.isRunning = false;
  queue.idleSinceMs = now();
  // Others' entries are read afresh next time: they may be deleted by then.
  for (const digest of queue.run.seen.keys()) if (!own.has(digest)) queue.run.seen.delete(digest);
  queue.run.removed.clear();
}

function enqueue(run: Run, change: Change): void {
  const { digest } = change.entry;
  run.waiting.set(change, 0);
  if (change.kind === 'add') {
    run.removed.delete(digest);
    run.seen.set(digest, change.entry);
  } else {
    run.removed.add(digest);
    run.seen.delete(digest);
  }
}

function createDoor(context: RepositoryContext, tag: string): FallbackDoor {
  const { settings } = context;
  return {
    read: (isKnown) => readHead(context, tag, isKnown),
    write: (bytes, over) => writeIndex(context, { tag, bytes, over }),
    exists: ({ digest, json }) => {
      const mediaType = typeof json.mediaType === 'string' ? json.mediaType : MEDIA_TYPE_MANIFEST;
      if (!isDigest(digest)) return Promise.resolve(false);
      return contentExists(context, { mediaType, digest, size: 0 }, { retryNotFound: 1 });
    },
    sleep: async (ms) => {
      await sleep(ms);
    },
    random: settings.random,
    clock: () => performance.now(),
  };
}

/**
 * docker-registry answers a passing 404 while a tag is overwritten. Taken for the truth it would empty the index, so no 404 is believed
 * before it was given again a moment later.
 */
async function readHead(context: RepositoryContext, tag: string, isKnown: boolean): Promise<Head> {
  let answer = await getManifest(context, tag, {});
  for (let again = isKnown ? 3 : 1; answer.status === 404 && again > 0; again -= 1) {
    await sleep(20 + context.settings.random() * 20);
    answer = await getManifest(context, tag, {});
  }
  if (answer.status === 404) return { kind: 'absent' };
  if (answer.status !== 200)
    throw answerError(answer, `${context.registry}/${context.repository}:${tag}`, answer.secrets);
  checkDigest(answer, undefined);
  if (!isIndex(answer, tag)) return { kind: 'other' };
  const etag = strongEtag(answer);
  return { kind: 'index', index: parseFallbackIndex(answer.bytes), ...(etag === undefined ? {} : { etag }) };
}

function isIndex(answer: Answer, tag: string): boolean {
  const stated = contentType(answer);
  if (stated !== undefined) return stated === MEDIA_TYPE_INDEX;
  return readManifest(answer, tag).descriptor.mediaType === MEDIA_TYPE_INDEX;
}

async function writeIndex(
  context: RepositoryContext,
  what: { readonly tag: string; readonly bytes: Uint8Array; readonly over: Head },
): Promise<'written' | 'changed' | 'dangling'> {
  const { tag, bytes, over } = what;
  const etag = over.kind === 'index' ? over.etag : undefined;
  const answer = await send(context, {
    method: 'PUT',
    target: `manifests/${tag}`,
    actions: 'pull,push',
    headers: {
      'content-type': MEDIA_TYPE_INDEX,
      ...(over.kind === 'absent' ? { 'if-none-match': '*' } : {}),
      ...(etag === undefined ? {} : { 'if-match': etag }),
    },
    body: bytes,
    deadline: shortDeadline(context, undefined),
  });
  if (answer.status === 412) return 'changed';
  if (answer.status >= 200 && answer.status < 300) return 'written';
  const error = answerError(answer, `${context.registry}/${context.repository}:${tag}`, answer.secrets);
  // MANIFEST_BLOB_UNKNOWN, MANIFEST_UNKNOWN, BLOB_UNKNOWN: an entry of the index is not there.
  if ((answer.status === 400 || answer.status === 404) && /_UNKNOWN/.test(error.message)) return 'dangling';
  throw error;
}

function createQueue(): Queue {
  return {
    run: { waiting: new Map(), seen: new Map(), removed: new Set() },
    isRunning: false,
    idleSinceMs: 0,
  };
}

function forgetOld(queues: Map<string, Queue>, nowMs: number): void {
  for (const [key, queue] of queues) {
    if (!queue.isRunning && nowMs - queue.idleSinceMs > rememberMs) queues.delete(key);
  }
}

function abortWith(signal: AbortSignal | undefined, abort: () => void): void {
  if (signal?.aborted === true) abort();
  else signal?.addEventListener('abort', abort, { once: true });
}
