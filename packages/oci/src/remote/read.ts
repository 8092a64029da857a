import { checkBound, checkedBytes, checkedStream, sizeMismatch } from '../checked.ts';
import { closable } from '../closable.ts';
import type { Descriptor } from '../descriptor.ts';
import { isDigest } from '../digest.ts';
import { RegistryError } from '../errors.ts';
import { parseManifest } from '../manifest.ts';
import type { ReadOptions, Resolved, ResolveOptions } from '../store.ts';
import { checkTagOrDigest } from '../store-rules.ts';
import { answerError } from './answer-error.ts';
import { contentLength, headerOf } from './body.ts';
import type { Answer } from './caller.ts';
import { checkDigest, checkStated, isManifestDescriptor, pathOf } from './content.ts';
import {
  type ApiRequest,
  expectStatus,
  manifestAccept,
  nameOf,
  type RepositoryContext,
  send,
  shortDeadline,
  toCall,
  transferDeadline,
} from './context.ts';
import { toTransportError } from './failure.ts';
import type { Followed } from './follow.ts';

/** One GET: what a tag or digest names, digest checked before it is parsed. Rule: wire-formats 2.1, 2.7. */
export async function resolveManifest(
  context: RepositoryContext,
  tagOrDigest: string,
  options: ResolveOptions = {},
): Promise<Resolved> {
  const { known } = options;
  const answer = await getManifest(context, tagOrDigest, options);
  expectStatus(answer, known === undefined ? [200] : [200, 304], nameOf(context, tagOrDigest));
  const isSame = known !== undefined && answer.status === 304;
  if (isSame) checkStated(answer, known.descriptor.digest);
  const resolved = isSame ? known : readManifest(answer, tagOrDigest);
  return known?.descriptor.digest === resolved.descriptor.digest ? known : { ...resolved, ...dateOf(answer) };
}

/** The answer to a GET of a manifest, whatever its status. @throws {RegistryError} REFERENCE_INVALID, and for what is no answer */
export function getManifest(
  context: RepositoryContext,
  tagOrDigest: string,
  options: ResolveOptions & Partial<Pick<ApiRequest, 'retryNotFound' | 'deadline'>>,
): Promise<Answer> {
  checkTagOrDigest(tagOrDigest);
  return send(context, {
    method: 'GET',
    target: `manifests/${tagOrDigest}`,
    actions: 'pull',
    // Registries use the digest as ETag; where one does not, it answers with the manifest.
    headers: {
      accept: manifestAccept,
      ...(options.known === undefined ? {} : { 'if-none-match': `"${options.known.descriptor.digest}"` }),
    },
    maxBytes: options.maxBytes ?? context.settings.limits.maxManifestBytes,
    deadline: options.deadline ?? shortDeadline(context, options.signal),
    ...(options.retryNotFound === undefined ? {} : { retryNotFound: options.retryNotFound }),
  });
}

/** Descriptor and bytes of a manifest that came with 200. @throws {RegistryError} DIGEST_MISMATCH, MANIFEST_INVALID, JSON_INVALID */
export function readManifest(answer: Answer, tagOrDigest: string): Resolved {
  const digest = checkDigest(answer, isDigest(tagOrDigest) ? tagOrDigest : undefined);
  const { mediaType } = parseManifest(answer.bytes, contentType(answer));
  return { descriptor: { mediaType, digest, size: answer.bytes.length }, bytes: answer.bytes };
}

function dateOf({ headers }: Pick<Answer, 'headers'>): { readonly dateMs?: number } {
  const dateMs = Date.parse(headerOf(headers, 'date') ?? '');
  return Number.isNaN(dateMs) ? {} : { dateMs };
}

/** The media type that an answer states, without parameters. */
export function contentType(answer: Pick<Answer, 'headers'>): string | undefined {
  const text = headerOf(answer.headers, 'content-type')?.split(';')[0]?.trim().toLowerCase();
  return text === '' ? undefined : text;
}

/** Whole content; what is declared larger than allowed is not asked for. */
export async function fetchContent(
  context: RepositoryContext,
  target: Descriptor,
  options: ReadOptions = {},
): Promise<Uint8Array> {
  checkBound(target, options, context.settings.limits);
  const answer = await send(context, {
    ...getContent(target),
    maxBytes: target.size,
    deadline: transferDeadline(context, target.size, options.signal),
  }).catch((error: unknown) => {
    throw sizeError(error, target);
  });
  expectStatus(answer, [200], nameOf(context, target.digest));
  checkedBytes(answer.bytes, target);
  checkStated(answer, target.digest);
  return answer.bytes;
}

/** Content as it comes; the connection is given back at the end of the iteration, however it ends. */
export async function openContent(
  context: RepositoryContext,
  target: Descriptor,
  options: ReadOptions = {},
): Promise<AsyncIterable<Uint8Array>> {
  if (options.maxBytes !== undefined) checkBound(target, options, context.settings.limits);
  const deadline = transferDeadline(context, target.size, options.signal);
  const opened = await context.caller.open(toCall(context, { ...getContent(target), deadline }));
  if (opened.kind === 'whole') throw answerError(opened.answer, nameOf(context, target.digest), opened.answer.secrets);
  const { followed } = opened;
  const declared = contentLength(followed.answer.headers);
  if (followed.answer.status !== 200 || (declared !== undefined && declared !== target.size)) {
    followed.answer.body.abandon();
    if (followed.answer.status === 200) throw sizeMismatch(target, `${declared}`);
    throw new RegistryError('UNEXPECTED_ANSWER', `${nameOf(context, target.digest)}: HTTP ${followed.answer.status}`);
  }
  const body = closable(bodyOf(followed, deadline), async () => followed.answer.body.abandon());
  return checkedStream(body, target);
}

/** HEAD: whether the content is there. */
export async function contentExists(
  context: RepositoryContext,
  target: Descriptor,
  options: ReadOptions & Pick<ApiRequest, 'retryNotFound'> = {},
): Promise<boolean> {
  const { signal, retryNotFound } = options;
  const answer = await send(context, {
    ...getContent(target),
    method: 'HEAD',
    deadline: shortDeadline(context, signal),
    ...(retryNotFound === undefined ? {} : { retryNotFound }),
  });
  if (answer.status === 404) return false;
  expectStatus(answer, [200], nameOf(context, target.digest));
  checkStated(answer, target.digest);
  return true;
}

function getContent(target: Descriptor): Pick<ApiRequest, 'method' | 'target' | 'actions' | 'headers'> {
  const accept = isManifestDescriptor(target)
    ? `${target.mediaType}, ${manifestAccept}`
    : 'application/octet-stream, */*';
  return { method: 'GET', target: pathOf(target), actions: 'pull', headers: { accept } };
}

async function* bodyOf(
  followed: Followed,
  deadline: Parameters<typeof toTransportError>[2],
): AsyncGenerator<Uint8Array> {
  try {
    yield* followed.answer.body.pieces();
  } catch (cause) {
    throw toTransportError(cause, followed.url.origin, deadline);
  }
}

/** A body larger than the descriptor says has the wrong size, whatever the bound is. */
function sizeError(error: unknown, target: Descriptor): unknown {
  return error instanceof RegistryError && error.code === 'TOO_LARGE'
    ? sizeMismatch(target, `more than ${target.size}`)
    : error;
}
