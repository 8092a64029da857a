import type { FastifyInstance } from 'fastify';
import { isPrivileged, refuse } from './access.ts';
import type { ServerContext } from './context.ts';

/** `GET /healthz` (it runs), `/readyz` (it may be sent requests), `/metrics` (for Prometheus; not for everybody). */
export function healthRoutes(app: FastifyInstance, context: ServerContext): void {
  const { judge, metrics, isReady } = context;
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const body = { status: isReady() ? 'ready' : 'shutting down', policy: judge.policy.revision };
    return reply.code(isReady() ? 200 : 503).send(body);
  });
  app.get('/metrics', async (request, reply) => {
    if (!isPrivileged(request.raw, context.access)) return await refuse(reply);
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
}
