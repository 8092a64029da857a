import { Transform } from 'node:stream';
import type { FastifyInstance } from 'fastify';

/** Bytes of a body that is never held up: nearly every review is smaller. */
const smallBytes = 256 * 1024;
/** Bytes of larger bodies that may lie in memory at the same time, whoever sends them. */
const maxHeldBytes = 128 * 1024 * 1024;

/**
 * Bodies that are large share a bound, so that many of them, or slow ones, do not use up the memory: what is over it is answered 503.
 * Small ones pass untouched.
 */
export function boundLargeBodies(app: FastifyInstance, options: { readonly maxBytes?: number } = {}): void {
  const { maxBytes = maxHeldBytes } = options;
  let heldBytes = 0;
  app.addHook('preParsing', (request, reply, payload, done) => {
    if (Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY) <= smallBytes) return done(null, payload);
    let ownBytes = 0;
    reply.raw.once('close', () => {
      heldBytes -= ownBytes;
    });
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, pass) {
        ownBytes += chunk.length;
        heldBytes += chunk.length;
        if (heldBytes <= maxBytes) pass(null, chunk);
        else pass(Object.assign(new Error('too many large bodies at the same time'), { statusCode: 503 }));
      },
    });
    payload.once('error', (error) => counted.destroy(error));
    done(null, payload.pipe(counted));
  });
}
