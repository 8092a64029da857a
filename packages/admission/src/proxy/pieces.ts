import type { ByteRange } from '@signet/registry';

/** Content as it comes. */
export type Pieces = AsyncIterable<Uint8Array>;

/**
 * The bytes of a range, and everything behind it read and let go: the iteration ends only when that of the whole does, so that a source that
 * fails at its end (a wrong digest) fails here too.
 */
export async function* sliced(pieces: Pieces, { start, end }: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
  let at = 0;
  for await (const piece of pieces) {
    const part = piece.subarray(Math.max(0, start - at), Math.max(0, end + 1 - at));
    at += piece.length;
    if (part.length > 0) yield part;
  }
}

/**
 * The same pieces, each given only when the next is there, the last only at the end: who receives them has not all bytes before their
 * digest is known to be right.
 */
export async function* holdingLast(pieces: Pieces): AsyncGenerator<Uint8Array, void, undefined> {
  let held: Uint8Array | undefined;
  for await (const piece of pieces) {
    if (held !== undefined) yield held;
    held = piece;
  }
  if (held !== undefined) yield held;
}

/** What was taken from the pieces already, and the others. */
export async function* startingWith(
  first: IteratorResult<Uint8Array, void>,
  others: AsyncGenerator<Uint8Array, void, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (first.done === true) return;
  yield first.value;
  yield* others;
}

/** All of it, at most what the source itself bounds. */
export async function whole(pieces: Pieces): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts);
}
