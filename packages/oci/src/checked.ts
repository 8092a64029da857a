import { closable, giveUp, type Pieces } from './closable.ts';
import type { Descriptor } from './descriptor.ts';
import { createDigester, type Digest, digestAlgorithm, digestOf } from './digest.ts';
import { RegistryError } from './errors.ts';
import type { Limits } from './limits.ts';
import { isManifestMediaType } from './media-types.ts';
import type { ReadOptions } from './store.ts';

/**
 * The bytes, once their size and digest are what the descriptor says: every Store hands out bytes through here. Rule: design.md 7.
 * @throws {RegistryError} TOO_LARGE, SIZE_MISMATCH, DIGEST_MISMATCH
 */
export function checkedBytes(
  bytes: Uint8Array,
  expected: Descriptor,
  maxBytes: number = Number.POSITIVE_INFINITY,
): Uint8Array {
  if (bytes.length > maxBytes)
    throw new RegistryError('TOO_LARGE', `${expected.digest} has ${bytes.length} bytes, at most ${maxBytes} are read`);
  if (bytes.length !== expected.size) throw sizeMismatch(expected, `${bytes.length}`);
  checkBytes(bytes, expected.digest);
  return bytes;
}

/** Bytes of which no size is known. @throws {RegistryError} DIGEST_MISMATCH */
export function checkBytes(bytes: Uint8Array, expected: Digest): void {
  const actual = digestOf(bytes, digestAlgorithm(expected));
  if (actual !== expected) throw digestMismatch(expected, actual);
}

/**
 * The same bytes as they come; the iteration fails as soon as there are too many, and at its end when they are too few or others.
 * @throws {RegistryError} SIZE_MISMATCH, DIGEST_MISMATCH, ABORTED
 */
export function checkedStream(content: AsyncIterable<Uint8Array>, expected: Descriptor, signal?: AbortSignal): Pieces {
  return closable(checkedPieces(content, expected, signal), () => giveUp(content));
}

async function* checkedPieces(
  content: AsyncIterable<Uint8Array>,
  expected: Descriptor,
  signal: AbortSignal | undefined,
): Pieces {
  const digester = createDigester(digestAlgorithm(expected.digest));
  let seen = 0;
  for await (const piece of content) {
    checkNotAborted(signal);
    seen += piece.length;
    if (seen > expected.size) throw sizeMismatch(expected, `more than ${expected.size}`);
    digester.update(piece);
    yield piece;
  }
  if (seen !== expected.size) throw sizeMismatch(expected, `${seen}`);
  const actual = digester.digest();
  if (actual !== expected.digest) throw digestMismatch(expected.digest, actual);
}

/** The declared size against the reader's bound, before anything is read. @throws {RegistryError} TOO_LARGE */
export function checkBound(target: Descriptor, options: ReadOptions | undefined, limits: Limits): void {
  const usual = isManifestMediaType(target.mediaType) ? limits.maxManifestBytes : limits.maxBlobBytes;
  const bound = options?.maxBytes ?? usual;
  if (target.size > bound)
    throw new RegistryError('TOO_LARGE', `${target.digest} has ${target.size} bytes, at most ${bound} are read`);
}

/** @throws {RegistryError} ABORTED */
export function checkNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new RegistryError('ABORTED', 'aborted by the caller', { cause: signal.reason });
}

/** The error for something that is not there. */
export function notFound(what: string, cause?: unknown): RegistryError {
  return new RegistryError('NOT_FOUND', `${what} is not there`, cause === undefined ? {} : { cause });
}

/** The error for content that is longer or shorter than its descriptor says; `came` in words. */
export function sizeMismatch(expected: Descriptor, came: string): RegistryError {
  return new RegistryError('SIZE_MISMATCH', `${expected.digest}: expected ${expected.size} bytes, got ${came}`);
}

function digestMismatch(expected: Digest, actual: string): RegistryError {
  return new RegistryError('DIGEST_MISMATCH', `expected ${expected}, got ${actual}`);
}
