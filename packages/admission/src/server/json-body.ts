import type { FastifyBodyParser } from 'fastify';
import { AdmissionError } from '../errors.ts';

/** Objects and lists within one another; Kubernetes objects have a dozen. */
const maxDepth = 128;

const [quote, backslash, openList, openMap, closeList, closeMap, colon] = [...'"\\[{]}:'].map((each) =>
  each.charCodeAt(0),
);

/**
 * JSON of a request: UTF-8, no deeper than anything that is meant, no member twice: readers differ in which of them counts.
 * @throws {AdmissionError} REQUEST_INVALID
 */
export function parseJsonBody(bytes: Uint8Array): unknown {
  const written = checkDepth(bytes);
  const value = parse(bytes);
  if (membersIn(value) !== written)
    throw new AdmissionError('REQUEST_INVALID', 'the body has a member twice in one object');
  return value;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new AdmissionError('REQUEST_INVALID', 'the body is not JSON', { cause });
  }
}

/** Of two equal ones JSON.parse keeps the last. Without lists of keys and values, which would cost more than the parsing. */
function membersIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) for (const each of value) count += membersIn(each);
  else for (const key in value) count += 1 + membersIn((value as Readonly<Record<string, unknown>>)[key]);
  return count;
}

/** {@link parseJsonBody} as routes take it. */
export const jsonParser: FastifyBodyParser<Buffer> = (request, body, done) => {
  const { 'content-encoding': encoding = 'identity' } = request.headers;
  if (encoding !== 'identity') return done(Object.assign(new Error('the body is encoded'), { statusCode: 415 }));
  try {
    done(null, parseJsonBody(body));
  } catch (error) {
    done(error as Error);
  }
};

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Before anything is built of it: what is nested millions of times takes memory many times its size. Gives how many members it has. */
function checkDepth(bytes: Uint8Array): number {
  let depth = 0;
  let members = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === quote) at = endOfString(bytes, at);
    else if (byte === openList || byte === openMap) {
      depth += 1;
      if (depth > maxDepth) throw new AdmissionError('REQUEST_INVALID', `the body is nested deeper than ${maxDepth}`);
    } else if (byte === closeList || byte === closeMap) depth -= 1;
    else if (byte === colon) members += 1;
  }
  return members;
}

function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at;
}
