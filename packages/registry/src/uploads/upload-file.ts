import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { createDigester, type Digest, type DigestAlgorithm, type Digester } from '@signet/oci';
import { ApiError } from '../errors.ts';

const bufferBytes = 1024 * 1024;

export interface AppendOptions {
  readonly path: string;
  /** Where the first byte goes: the number of bytes that are there. */
  readonly start: number;
  readonly digester: Digester | undefined;
  /** Bytes that may come, 413 beyond. */
  readonly maxBytes: number;
}

/** How much was written, and why it ended early, where it did. */
export interface Appended {
  readonly bytes: number;
  readonly error?: unknown;
}

/**
 * Writes pieces to a file as they come, hashing them on the way, in constant memory. What came before a broken connection stays written.
 * A failing disk is thrown: the file is then of no use.
 */
export async function appendToFile(chunks: AsyncIterable<Buffer>, options: AppendOptions): Promise<Appended> {
  const { path, start, digester, maxBytes } = options;
  const file = await open(path, 'r+');
  const out = file.createWriteStream({ start, highWaterMark: bufferBytes });
  const written = finished(out);
  written.catch(() => {}); // waited for below; it may fail before that
  let bytes = 0;
  let error: unknown;
  try {
    for await (const chunk of chunks) {
      if (bytes + chunk.length > maxBytes) throw new ApiError(413, 'SIZE_INVALID', 'the blob is too large');
      digester?.update(chunk);
      bytes += chunk.length;
      if (!out.write(chunk)) await once(out, 'drain');
    }
  } catch (cause) {
    error = cause;
  }
  out.end();
  await written;
  return { bytes, ...(error === undefined ? {} : { error }) };
}

/** The digest of a file, read in pieces. */
export async function digestFile(path: string, algorithm: DigestAlgorithm): Promise<Digest> {
  const digester = createDigester(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: bufferBytes })) digester.update(chunk as Buffer);
  return digester.digest();
}
