import { RegistryError } from '../errors.ts';
import type { Deadline } from './deadline.ts';
import type { WireAnswer, WireHeaders } from './exchange.ts';
import { toTransportError } from './failure.ts';

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
    answer.body.abandon();
    throw tooLarge(origin, maxBytes);
  }
  const pieces: Uint8Array[] = [];
  let total = 0;
  const take = (piece: Uint8Array): boolean => {
    total += piece.length;
    pieces.push(piece);
    return total <= maxBytes;
  };
  const isWhole = await answer.body.pour(take).catch((cause: unknown) => {
    throw toTransportError(cause, origin, deadline);
  });
  if (!isWhole) throw tooLarge(origin, maxBytes);
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces, total);
}

/** Lets a short body run out, so that its connection can be used again, and breaks off a long one. */
export function drain(answer: WireAnswer): void {
  let left = 65_536;
  const take = (piece: Uint8Array): boolean => {
    left -= piece.length;
    return left >= 0;
  };
  // Nobody waits for this body: how it ends is no news.
  answer.body.pour(take).catch(() => {});
}

/** Content-Length, where it is a number. */
export function contentLength(headers: WireHeaders): number | undefined {
  const text = headerOf(headers, 'content-length');
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function tooLarge(origin: string, maxBytes: number): RegistryError {
  return new RegistryError('TOO_LARGE', `${origin} sends more than the ${maxBytes} bytes that are allowed here`);
}
