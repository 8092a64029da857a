import type { Descriptor } from './descriptor.ts';
import { createDigester, digestAlgorithm, digestOf } from './digest.ts';
import { RegistryError } from './errors.ts';

/**
 * The bytes, once their size and digest are what the descriptor says: every Store hands out bytes through here. Rule: design.md 7.
 * @throws {RegistryError} TOO_LARGE, SIZE_MISMATCH, DIGEST_MISMATCH
 */
export function checkedBytes(bytes: Uint8Array, expected: Descriptor, maxBytes: number): Uint8Array {
  if (bytes.length > maxBytes)
    throw new RegistryError('TOO_LARGE', `${expected.digest} has ${bytes.length} bytes, at most ${maxBytes} are read`);
  if (bytes.length !== expected.size) throw sizeMismatch(expected, `${bytes.length}`);
  const actual = digestOf(bytes, digestAlgorithm(expected.digest));
  if (actual !== expected.digest) throw digestMismatch(expected, actual);
  return bytes;
}

/**
 * The same bytes as they come; the iteration fails as soon as there are too many, and at its end when they are too few or others.
 * @throws {RegistryError} SIZE_MISMATCH, DIGEST_MISMATCH
 */
export async function* checkedStream(
  content: AsyncIterable<Uint8Array>,
  expected: Descriptor,
): AsyncGenerator<Uint8Array> {
  const digester = createDigester(digestAlgorithm(expected.digest));
  let seen = 0;
  for await (const piece of content) {
    seen += piece.length;
    if (seen > expected.size) throw sizeMismatch(expected, `more than ${expected.size}`);
    digester.update(piece);
    yield piece;
  }
  if (seen !== expected.size) throw sizeMismatch(expected, `${seen}`);
  const actual = digester.digest();
  if (actual !== expected.digest) throw digestMismatch(expected, actual);
}

function sizeMismatch(expected: Descriptor, came: string): RegistryError {
  return new RegistryError('SIZE_MISMATCH', `${expected.digest}: expected ${expected.size} bytes, got ${came}`);
}

function digestMismatch(expected: Descriptor, actual: string): RegistryError {
  return new RegistryError('DIGEST_MISMATCH', `expected ${expected.digest}, got ${actual}`);
}
