import type { Descriptor } from '../descriptor.ts';
import { type Digest, digestHex } from '../digest.ts';
import { RegistryError } from '../errors.ts';
import { MEDIA_TYPE_INDEX } from '../media-types.ts';
import type { ReferrersOptions, ReferrersPage } from '../store.ts';
import { mayHaveType } from '../store-rules.ts';
import { answerError } from './answer-error.ts';
import { headerOf } from './body.ts';
import type { Answer } from './caller.ts';
import { checkDigest } from './content.ts';
import { type RepositoryContext, send, shortDeadline } from './context.ts';
import type { Deadline } from './deadline.ts';
import { startWalk } from './link.ts';
import { parseListing } from './listing.ts';
import { contentType, getManifest, readManifest } from './read.ts';

/** The tag under which a registry without the referrers API keeps the list. Rule: distribution-spec 1.1 "Referrers Tag Schema". */
export function fallbackTag(digest: Digest): string {
  const algorithm = digest.slice(0, digest.indexOf(':')).slice(0, 32);
  return `${algorithm}-${digestHex(digest).slice(0, 64)}`.replace(/[^a-zA-Z0-9._-]/g, '-');
}

/**
 * All that is known to refer to `subject`, as documented at {@link Source.referrers}: API and fallback tag side by side, unless an earlier
 * answer showed which of them this repository has. Requests that a consumer no longer waits for end by themselves.
 */
export async function* listReferrers(
  context: RepositoryContext,
  subject: Descriptor,
  options: ReferrersOptions = {},
): AsyncGenerator<ReferrersPage> {
  const request: Request = { context, subject, options, deadline: shortDeadline(context, options.signal) };
  const counter = createCounter(context.settings.limits.maxReferrers);
  const known = context.memory.get(context.repository);
  const api = known === 'tag' ? Promise.resolve(unsupported) : askApi(request);
  const early = known === 'api' ? undefined : askTag(request);
  const isTagFirst =
    early !== undefined && known === undefined && (await Promise.race([api.then(() => false), early.then(() => true)]));
  const seenEarly = isTagFirst ? await early : undefined;
  if (seenEarly?.kind === 'page') yield* counter.page('tag', seenEarly.descriptors);

  const answer = await api;
  if (answer.kind === 'page') {
    context.memory.set(context.repository, 'api');
    return yield* apiPages(request, answer, createCounter(context.settings.limits.maxReferrers));
  }
  if (answer.kind === 'unsupported') context.memory.set(context.repository, 'tag');
  const tag = early === undefined && answer.kind === 'failed' ? unsupported : await (early ?? askTag(request));
  if (seenEarly === undefined && tag.kind === 'page') yield* counter.page('tag', tag.descriptors);
  if (answer.kind === 'failed') throw answer.error;
  if (tag.kind === 'failed') throw tag.error;
  if (tag.kind === 'page') checkComplete(tag);
}

interface Request {
  readonly context: RepositoryContext;
  readonly subject: Descriptor;
  readonly options: ReferrersOptions;
  readonly deadline: Deadline;
}

/** What one question came to. Never a rejection: the consumer may have left before the answer comes. */
type Result =
  | {
      readonly kind: 'page';
      readonly descriptors: readonly Descriptor[];
      readonly malformed: number;
      readonly answer: Answer;
    }
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'failed'; readonly error: unknown };

type Page = Result & { readonly kind: 'page' };

const unsupported: Result = { kind: 'unsupported' };

function askApi(request: Request): Promise<Result> {
  const { subject, options } = request;
  const query = options.artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(options.artifactType)}`;
  return settled(async () => readApiAnswer(request, await getPage(request, `referrers/${subject.digest}${query}`)));
}

/** Rule: wire-formats 2.3: 404 and 405, or 200 with another content type, are registries without the API. */
function readApiAnswer(request: Request, answer: Answer): Result {
  const { context, subject } = request;
  if (answer.status === 404 || answer.status === 405) return unsupported;
  if (answer.status !== 200)
    throw answerError(
      answer,
      `referrers of ${subject.digest} in ${context.registry}/${context.repository}`,
      answer.secrets,
    );
  if (contentType(answer) !== MEDIA_TYPE_INDEX) return unsupported;
  const listing = parseListing(answer.bytes);
  const applied = (headerOf(answer.headers, 'oci-filters-applied') ?? '').split(',').map((name) => name.trim());
  const wanted = applied.includes('artifactType') ? undefined : request.options.artifactType;
  return {
    kind: 'page',
    ...listing,
    descriptors: listing.descriptors.filter((entry) => mayHaveType(entry, wanted)),
    answer,
  };
}

/** The fallback tag: missing, or naming something that is no index, means no referrers. Rule: wire-formats 2.5. */
function askTag({ context, subject, options, deadline }: Request): Promise<Result> {
  const tag = fallbackTag(subject.digest);
  return settled(async () => {
    const answer = await getManifest(context, tag, { ...options, deadline });
    if (answer.status === 404) return unsupported;
    if (answer.status !== 200)
      throw answerError(answer, `${context.registry}/${context.repository}:${tag}`, answer.secrets);
    checkDigest(answer, undefined);
    if (!isIndexAnswer(answer, tag)) return unsupported;
    const listing = parseListing(answer.bytes);
    const descriptors = listing.descriptors.filter((entry) => mayHaveType(entry, options.artifactType));
    return { kind: 'page', ...listing, descriptors, answer };
  });
}

function isIndexAnswer(answer: Answer, tag: string): boolean {
  const stated = contentType(answer);
  if (stated === MEDIA_TYPE_INDEX) return true;
  return readManifest(answer, tag).descriptor.mediaType === MEDIA_TYPE_INDEX;
}

async function* apiPages(request: Request, first: Page, counter: Counter): AsyncGenerator<ReferrersPage> {
  const walk = startWalk(first.answer.url, request.context.settings.limits);
  for (let page = first; ; ) {
    yield* counter.page('api', page.descriptors);
    checkComplete(page);
    const next = walk.next(page.answer.url, headerOf(page.answer.headers, 'link'));
    if (next === undefined) return;
    const result = readApiAnswer(request, await getPage(request, next));
    if (result.kind !== 'page')
      throw new RegistryError('UNEXPECTED_ANSWER', `${next.origin}: a page of the referrers list is missing`);
    page = result;
  }
}

function getPage({ context, options, deadline }: Request, target: string | URL): Promise<Answer> {
  const maxBytes = options.maxBytes ?? context.settings.limits.maxManifestBytes;
  return send(context, {
    method: 'GET',
    target,
    actions: 'pull',
    headers: { accept: MEDIA_TYPE_INDEX },
    maxBytes,
    deadline,
  });
}

interface Counter {
  /** The entries not seen before, as a page. @throws {RegistryError} LIMIT_REACHED after as many as are allowed */
  page(via: ReferrersPage['via'], descriptors: readonly Descriptor[]): Generator<ReferrersPage>;
}

function createCounter(maxReferrers: number): Counter {
  const seen = new Set<Digest>();
  return {
    *page(via, descriptors) {
      const fresh: Descriptor[] = [];
      let isOver = false;
      for (const entry of descriptors) {
        if (seen.has(entry.digest)) continue;
        isOver = seen.size >= maxReferrers;
        if (isOver) break;
        seen.add(entry.digest);
        fresh.push(entry);
      }
      yield { via, descriptors: fresh };
      if (isOver) throw new RegistryError('LIMIT_REACHED', `more than ${maxReferrers} referrers of one image`);
    },
  };
}

function checkComplete(page: Page): void {
  if (page.malformed === 0) return;
  throw new RegistryError(
    'UNEXPECTED_ANSWER',
    `${page.answer.url.origin}: ${page.malformed} entries of the referrers list are no descriptors`,
  );
}

async function settled(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    return { kind: 'failed', error };
  }
}
