import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { DctError } from '../errors.ts';
import { bytes } from './reading.ts';

/** What one file says of another, or of an image: its length in bytes and its hashes. */
export interface FileMeta {
  readonly length: number;
  readonly sha256: Uint8Array;
  readonly sha512?: Uint8Array;
}

const hashOf = (size: number): v.GenericSchema<string, Uint8Array> =>
  v.pipe(
    bytes,
    v.check((hash) => hash.length === size, `a hash of ${size} bytes is wanted`),
  );

/** `sha256` is needed; other algorithms than these two are left alone. Rule: Notary, tuf/data/types.go CheckValidHashStructures. */
export const fileMetaSchema: v.GenericSchema<unknown, FileMeta> = v.pipe(
  v.object({
    length: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    hashes: v.object({ sha256: hashOf(32), sha512: v.optional(hashOf(64)) }),
  }),
  v.transform(({ length, hashes: { sha256, sha512 } }) => ({
    length,
    sha256,
    ...(sha512 === undefined ? {} : { sha512 }),
  })),
);

/** @throws {DctError} DCT_MISMATCH where length or a hash is another than stated */
export function checkFile(file: Uint8Array, meta: FileMeta, what: string): void {
  if (file.length !== meta.length)
    throw new DctError('DCT_MISMATCH', `${what} has ${file.length} bytes, and ${meta.length} are stated`);
  for (const algorithm of ['sha256', 'sha512'] as const) {
    const stated = meta[algorithm];
    if (stated === undefined) continue;
    const found = createHash(algorithm).update(file).digest();
    if (!found.equals(stated))
      throw new DctError(
        'DCT_MISMATCH',
        `${what} has the ${algorithm} ${found.toString('hex')}, and ${Buffer.from(stated).toString('hex')} is stated`,
      );
  }
}
