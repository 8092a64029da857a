import type { FastifyInstance } from 'fastify';

/** Three API servers at their own bounds have half as many. */
const maxInFlight = 2000;

/**
 * Requests that are worked on at the same time are bounded: one connection may send any number before it reads an answer. What is over the
 * bound is answered 503 at once; `isExempt` requests (health) never are. They count once their bodies are there: who is slow keeps nobody out.
 */
export function boundInFlight(
  app: FastifyInstance,
  {
    max = maxInFlight,
    isExempt = () => false,
  }: { readonly max?: number; readonly isExempt?: (url: string) => boolean } = {},
): void {
  let inFlight = 0;
  app.addHook('preHandler', (request, reply, done) => {
    // Of one whose caller has gone the end would not be told any more.
    if (isExempt(request.url) || reply.raw.destroyed) return done();
    if (inFlight >= max) return done(Object.assign(new Error('too many requests'), { statusCode: 503 }));
    inFlight += 1;
    reply.raw.once('close', () => {
      inFlight -= 1;
    });
    done();
  });
}
