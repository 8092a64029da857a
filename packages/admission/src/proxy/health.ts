import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError, send, sendJson } from '@signet/registry';
import { isPrivileged } from '../server/access.ts';
import type { ProxyContext } from './proxy-context.ts';

/**
 * `GET /healthz` (it runs), `/readyz` (it may be sent requests), `/metrics` (for Prometheus; not for everybody). False: it is none of these.
 * @throws {ApiError} UNAUTHORIZED
 */
export async function answerHealth(
  { pulling, metrics, access, isReady }: ProxyContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const path = request.url?.split('?', 1)[0];
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  switch (path) {
    case '/healthz':
      sendJson(response, { status: 'ok' });
      return true;
    case '/readyz': {
      const body = { status: isReady ? 'ready' : 'shutting down', policy: pulling.judge.policy.revision };
      const headers = { 'Content-Type': 'application/json' };
      send(response, { status: isReady ? 200 : 503, headers, body: JSON.stringify(body) });
      return true;
    }
    case '/metrics': {
      if (!isPrivileged(request, access.metrics)) throw unauthorized();
      const { registry } = metrics;
      send(response, {
        status: 200,
        headers: { 'Content-Type': registry.contentType },
        body: await registry.metrics(),
      });
      return true;
    }
    default:
      return false;
  }
}

function unauthorized(): ApiError {
  const headers = { 'WWW-Authenticate': 'Bearer' };
  return new ApiError(401, 'UNAUTHORIZED', 'a client certificate or a bearer token is needed', { headers });
}
