import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { KeyError } from '../errors.ts';

/** Cost of scrypt: N (a power of two), r, p. Rule: RFC 7914, 2. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

const derive: (password: string, salt: Uint8Array, length: number, options: object) => Promise<Buffer> =
  promisify(scrypt);

/**
 * Refuses costs that are a memory bomb, or no cost at all. Rule: wire-formats 3.2 (N ≤ 2^20, r ≤ 16, p ≤ 4).
 * @throws {KeyError} KEY_UNSUPPORTED
 */
export function checkScryptCost({ N, r, p }: ScryptCost): void {
  const whole = [N, r, p].every((value) => Number.isSafeInteger(value) && value >= 1);
  const powerOfTwo = whole && N >= 2 && N <= 2 ** 20 && (N & (N - 1)) === 0;
  if (!powerOfTwo || r > 16 || p > 4)
    throw new KeyError('KEY_UNSUPPORTED', 'the scrypt cost of the encrypted key is outside what is taken');
}

/** scrypt of a password in UTF-8, off the main thread. `maxmem` must be raised: Node's 32 MiB are not enough for N = 65536. */
export async function deriveScrypt(
  password: string,
  salt: Uint8Array,
  options: ScryptCost & { readonly bytes: number },
): Promise<Buffer> {
  const { N, r, p, bytes } = options;
  return derive(password, salt, bytes, { N, r, p, maxmem: 256 * N * r + 256 * r * p + 1024 * 1024 });
}
