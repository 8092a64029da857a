import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError, isNotModified, needOf, parseTarget, type Route, send, sendJson } from '@signet/registry';
import { type ReviewDeadline, startReviewDeadline } from '../judge/deadline.ts';
import { checkHost, checkRepository, inTime } from './asking.ts';
import { parseContentDigest, upstreamError } from './errors.ts';
import { findBlob } from './find-blob.ts';
import { answerHealth } from './health.ts';
import type { ProxyContext } from './proxy-context.ts';
import { type PassedManifest, pullManifest } from './pull-manifest.ts';
import { serveBlob } from './serve-blob.ts';
import { type Seen, tell, tellFailure } from './tell.ts';
import type { Target } from './upstreams.ts';

/** Requests under way at the same time; more get 429. */
const maxRunning = 1000;

/** Answers one request. @throws {ApiError} what is to be answered with a failure; anything, where the connection is to be broken off */
export async function answerProxy(
  context: ProxyContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (await answerHealth(context, request, response)) return;
  const seen: Seen = { endpoint: 'other', method: request.method ?? '', end: context.proxyMetrics.begin() };
  context.running += 1;
  try {
    if (context.running > maxRunning) throw busy();
    await answerRoute({ context, request, response, seen, gone: goneOf(response) });
    tell(context.logger, seen, response.statusCode);
  } catch (error) {
    const failure = upstreamError(error, () => unknown(seen));
    tellFailure(context.logger, seen, { failure, cause: error, isBegun: response.headersSent });
    throw failure;
  } finally {
    context.running -= 1;
  }
}

/** One request of a client. */
interface Exchange {
  readonly context: ProxyContext;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly seen: Seen;
  /** Fires when the client has gone. */
  readonly gone: AbortSignal;
}

async function answerRoute(exchange: Exchange): Promise<void> {
  const { context, request, response, seen } = exchange;
  const { gate, tokens } = context.access;
  const { method = 'GET', url = '/' } = request;
  const { route, query } = parseTarget(url);
  seen.endpoint = route.kind;
  if (route.kind === 'token' && tokens !== undefined && (method === 'GET' || method === 'POST'))
    return await tokens(request, response, query);
  if (method !== 'GET' && method !== 'HEAD') throw readOnly();
  await gate.admit(request, needOf(route, method));
  switch (route.kind) {
    case 'base':
      return sendJson(response, {});
    case 'token':
      throw new ApiError(404, 'UNSUPPORTED', 'this proxy has no token endpoint');
    case 'catalog':
      throw new ApiError(404, 'UNSUPPORTED', 'this proxy does not say which repositories there are');
    case 'uploads':
    case 'upload':
      throw readOnly();
    default:
      return await answerRepository(exchange, route, query);
  }
}

type RepositoryRoute = Extract<Route, { readonly kind: 'tags' | 'blob' | 'manifest' | 'referrers' }>;

async function answerRepository(exchange: Exchange, route: RepositoryRoute, query: URLSearchParams): Promise<void> {
  const { context, seen, response } = exchange;
  const { pulling, upstreams, lists, answerMs } = context;
  const { policy } = pulling.judge;
  const target = upstreams.find(route.name, query.getAll('ns'));
  seen.image = target.image;
  checkHost(target, policy);
  const deadline = startReviewDeadline(answerMs);
  try {
    switch (route.kind) {
      case 'manifest':
        return await answerManifest(exchange, target, { reference: route.reference, deadline });
      case 'blob':
        return await answerBlob(exchange, target, { reference: route.reference, deadline });
      case 'tags':
        checkRepository(target, policy);
        return send(response, await inTime(lists.tags(target, query), deadline));
      case 'referrers': {
        checkRepository(target, policy);
        const subject = parseContentDigest(route.reference);
        seen.reference = subject;
        return send(response, await inTime(lists.referrers(target, subject, query), deadline));
      }
    }
  } finally {
    deadline.stop();
  }
}

interface Wanted {
  readonly reference: string;
  readonly deadline: ReviewDeadline;
}

async function answerManifest(
  { context, request, response, seen }: Exchange,
  target: Target,
  { reference, deadline }: Wanted,
): Promise<void> {
  seen.reference = reference;
  const passed = await pullManifest(context.pulling, target, reference, deadline);
  if (passed.outcome !== undefined) seen.outcome = passed.outcome;
  sendManifest(passed, request, response);
}

/** Rule: distribution-spec 1.1, "Pulling manifests" */
function sendManifest({ descriptor, bytes }: PassedManifest, request: IncomingMessage, response: ServerResponse): void {
  const { mediaType, digest, size } = descriptor;
  const etag = `"${digest}"`;
  const headers = { 'Content-Type': mediaType, 'Docker-Content-Digest': digest, ETag: etag };
  if (isNotModified(request.headers, etag)) send(response, { status: 304, headers });
  else send(response, { status: 200, headers: { ...headers, 'Content-Length': size }, body: bytes });
}

async function answerBlob(
  { context, request, response, seen, gone }: Exchange,
  target: Target,
  { reference, deadline }: Wanted,
): Promise<void> {
  const { pulling, proxyMetrics } = context;
  seen.reference = reference;
  const digest = parseContentDigest(reference);
  const blob = await findBlob({ pulling, target, digest, deadline });
  await serveBlob({ pulling, target, blob, request, response, gone, onOpened: proxyMetrics.blob });
}

/** A client that breaks off ends what is read for it. */
function goneOf(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

function unknown({ endpoint, image = '', reference }: Seen): ApiError {
  if (endpoint === 'blob') return new ApiError(404, 'BLOB_UNKNOWN', `${reference} is not in ${image}`);
  if (endpoint === 'tags') return new ApiError(404, 'NAME_UNKNOWN', `${image} is not in the registry`);
  const mark = reference?.includes(':') === true ? '@' : ':';
  return new ApiError(404, 'MANIFEST_UNKNOWN', `${image}${mark}${reference} is not in the registry`);
}

function readOnly(): ApiError {
  const message = 'this proxy is for pulling: push to the registry itself';
  return new ApiError(405, 'UNSUPPORTED', message, { headers: { Allow: 'GET, HEAD' } });
}

function busy(): ApiError {
  const message = `more than ${maxRunning} requests at the same time`;
  return new ApiError(429, 'TOOMANYREQUESTS', message, { headers: { 'Retry-After': '1' } });
}
