import { RegistryError } from '../errors.ts';
import type { Deadline } from './deadline.ts';
import { toTransportError } from './failure.ts';
import type { WireAnswer, WireHeaders } from './transport.ts';

/** One header's text; several of one name are joined by commas. */
export function headerOf(headers: WireHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/**
 * The whole body, its bound checked before and while reading.
 * @throws {RegistryError} TOO_LARGE, UNREACHABLE (it broke off), TIMEOUT, ABORTED, UNEXPECTED_ANSWER
 */
export async function readBody(
  answer: WireAnswer,
  options: { readonly maxBytes: number; readonly origin: string; readonly deadline: Deadline },
): Promise<Uint8Array> {
  const { maxBytes, origin, deadline } = options;
  const declared = contentLength(answer.headers);
  if (declared !== undefined && declared > maxBytes) {
    abandon(answer);
    throw tooLarge(origin, maxBytes);
  }
  const chunks: Uint8Array[] = [];
  let total = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      total += chunk.length;
      if (total > maxBytes) throw tooLarge(origin, maxBytes);
      chunks.push(chunk);
    }
  } catch (cause) {
    throw toTransportError(cause, origin, deadline);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, total);
}

/** Lets a short body run out, so that its connection can be used again, and breaks off a long one. */
export function drain(answer: WireAnswer): void {
  // Nobody waits for this body: how it ends is no news.
  answer.body.dump({ limit: 65_536 }).catch(() => {});
}

/** Breaks a body off, and its connection with it. */
export function abandon(answer: WireAnswer): void {
  answer.body.on('error', () => {}); // The error is the breaking off itself.
  answer.body.destroy();
}

/** Content-Length, where it is a number. */
export function contentLength(headers: WireHeaders): number | undefined {
  const text = headerOf(headers, 'content-length');
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function tooLarge(origin: string, maxBytes: number): RegistryError {
  return new RegistryError('TOO_LARGE', `${origin} sends more than the ${maxBytes} bytes that are allowed here`);
}
