import { Transform } from 'node:stream';
import type { FastifyInstance } from 'fastify';

/** Bytes of a body that is never held up: nearly every review of a pod is smaller. */
const smallBytes = 16 * 1024;
/** Bytes of a body that nearly every other review keeps to. */
const mediumBytes = 256 * 1024;

/** How many bytes of bodies may lie in memory at the same time, whoever sends them. */
export interface BodyBounds {
  /** Of more than 16 KiB. Default 64 MiB. */
  readonly mediumBytes?: number;
  /** Of more than 256 KiB, or of no given length. Default 64 MiB. */
  readonly largeBytes?: number;
}

/**
 * Bodies that are not small share a bound, so that many of them, or slow ones, do not use up the memory: what is over it is answered 503.
 * The large ones have their own, and do not keep the others out. Small ones pass untouched.
 */
export function boundLargeBodies(app: FastifyInstance, bounds: BodyBounds = {}): void {
  const medium = { heldBytes: 0, maxBytes: bounds.mediumBytes ?? 64 * 1024 * 1024 };
  const large = { heldBytes: 0, maxBytes: bounds.largeBytes ?? 64 * 1024 * 1024 };
  app.addHook('preParsing', (request, reply, payload, done) => {
    const length = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY);
    if (length <= smallBytes) return done(null, payload);
    const shared = length <= mediumBytes ? medium : large;
    let ownBytes = 0;
    reply.raw.once('close', () => {
      shared.heldBytes -= ownBytes;
    });
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, pass) {
        ownBytes += chunk.length;
        shared.heldBytes += chunk.length;
        if (shared.heldBytes <= shared.maxBytes) pass(null, chunk);
        else pass(Object.assign(new Error('too many large bodies at the same time'), { statusCode: 503 }));
      },
    });
    // Whoever reads it listens only until it has had enough; that the connection breaks later must not end the process.
    counted.on('error', () => {});
    payload.once('error', (error) => counted.destroy(error));
    done(null, payload.pipe(counted));
  });
}
