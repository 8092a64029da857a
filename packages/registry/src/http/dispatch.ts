import type { IncomingMessage, ServerResponse } from 'node:http';
import { needOf } from '../auth/access.ts';
import type { Gate } from '../auth/gate.ts';
import type { TokenEndpoint } from '../auth/token-endpoint.ts';
import { ApiError } from '../errors.ts';
import { sendJson } from './answer.ts';
import { deleteBlob, getBlob } from './blobs.ts';
import type { Exchange, Registry } from './exchange.ts';
import { listReferrers, listRepositories, listTags } from './listings.ts';
import { deleteManifest, getManifest, putManifest } from './manifests.ts';
import { parseTarget, type Route } from './router.ts';
import { deleteUpload, getUpload, patchUpload, postUpload, putUpload } from './uploads.ts';

export interface Dispatch {
  readonly registry: Registry;
  readonly gate: Gate;
  /** Undefined: no token endpoint. */
  readonly tokens: TokenEndpoint | undefined;
}

type Handler = (exchange: Exchange) => Promise<void> | void;
type Handlers = Readonly<Record<string, Handler>>;

/**
 * Answers one request: who is it, what does it name, do it.
 * @throws {ApiError} what is to be answered with a failure
 */
export async function dispatch(on: Dispatch, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = request.method ?? 'GET';
  const { route, query } = parseTarget(request.url ?? '/');
  const handlers = handlersOf(on, route);
  // HEAD is GET without its body everywhere: node leaves the body out.
  const handler = handlers[method] ?? (method === 'HEAD' ? handlers.GET : undefined);
  const grants = await on.gate.admit(request, needOf(route, method));
  if (handler === undefined) throw methodNotAllowed(handlers);
  await handler({ registry: on.registry, request, response, query, grants });
}

function handlersOf(on: Dispatch, route: Route): Handlers {
  switch (route.kind) {
    case 'base':
      return { GET: ({ response }) => sendJson(response, {}) };
    case 'token':
      return tokenHandlers(on);
    case 'catalog':
      return { GET: listRepositories };
    case 'tags':
      return { GET: (exchange) => listTags(exchange, route.name) };
    case 'referrers':
      return { GET: (exchange) => listReferrers(exchange, route.name, route.reference) };
    case 'uploads':
      return { POST: (exchange) => postUpload(exchange, route.name) };
    case 'upload':
      return uploadHandlers(route.name, route.id);
    case 'blob':
      return {
        GET: (exchange) => getBlob(exchange, route.name, route.reference),
        DELETE: (exchange) => deleteBlob(exchange, route.name, route.reference),
      };
    case 'manifest':
      return {
        GET: (exchange) => getManifest(exchange, route.name, route.reference),
        PUT: (exchange) => putManifest(exchange, route.name, route.reference),
        DELETE: (exchange) => deleteManifest(exchange, route.name, route.reference),
      };
  }
}

function uploadHandlers(name: string, id: string): Handlers {
  return {
    GET: (exchange) => getUpload(exchange, name, id),
    PATCH: (exchange) => patchUpload(exchange, name, id),
    PUT: (exchange) => putUpload(exchange, name, id),
    DELETE: (exchange) => deleteUpload(exchange, name, id),
  };
}

function tokenHandlers({ tokens }: Dispatch): Handlers {
  if (tokens === undefined) throw new ApiError(404, 'UNSUPPORTED', 'this registry has no token endpoint');
  const handler: Handler = ({ request, response, query }) => tokens(request, response, query);
  return { GET: handler, POST: handler };
}

function methodNotAllowed(handlers: Handlers): ApiError {
  const methods = Object.keys(handlers);
  const allow = (methods.includes('GET') ? ['HEAD', ...methods] : methods).sort().join(', ');
  return new ApiError(405, 'UNSUPPORTED', `here go: ${allow}`, { headers: { Allow: allow } });
}
