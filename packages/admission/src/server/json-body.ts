import type { FastifyBodyParser } from 'fastify';
import { AdmissionError } from '../errors.ts';

/** Objects and lists within one another; Kubernetes objects have a dozen. */
const maxDepth = 128;

const [quote, backslash, openList, openMap, closeList, closeMap] = [...'"\\[{]}'].map((each) => each.charCodeAt(0));

/** JSON of a request: UTF-8, no deeper than anything that is meant. @throws {AdmissionError} REQUEST_INVALID */
export function parseJsonBody(bytes: Uint8Array): unknown {
  checkDepth(bytes);
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new AdmissionError('REQUEST_INVALID', 'the body is not JSON', { cause });
  }
}

/** {@link parseJsonBody} as routes take it. */
export const jsonParser: FastifyBodyParser<Buffer> = (_request, body, done) => {
  try {
    done(null, parseJsonBody(body));
  } catch (error) {
    done(error as Error);
  }
};

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Before anything is built of it: what is nested millions of times takes memory many times its size. */
function checkDepth(bytes: Uint8Array): void {
  let depth = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === quote) at = endOfString(bytes, at);
    else if (byte === openList || byte === openMap) {
      depth += 1;
      if (depth > maxDepth) throw new AdmissionError('REQUEST_INVALID', `the body is nested deeper than ${maxDepth}`);
    } else if (byte === closeList || byte === closeMap) depth -= 1;
  }
}

function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at;
}
