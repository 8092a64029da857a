import type { FastifyInstance } from 'fastify';
import { openApiDocument } from '../openapi/document.ts';

/** `GET /openapi.json`: what all paths take and give. */
export function openApiRoutes(app: FastifyInstance): void {
  const text = JSON.stringify(openApiDocument);
  app.get('/openapi.json', (_request, reply) => reply.type('application/json').send(text));
}
