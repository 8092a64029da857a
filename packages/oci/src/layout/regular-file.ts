import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { RegistryError } from '../errors.ts';

/** Reading without waiting: to open a named pipe, which a layout may hold by malice, would else wait for its writer for ever. */
export const readFlags: number = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * A file, whole; a link is followed, to a regular file alone: a device has no end.
 * @throws {RegistryError} LAYOUT_INVALID, TOO_LARGE; what the file system throws
 */
export async function readRegular(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await open(path, readFlags);
  try {
    const size = regularSize(await file.stat(), path);
    if (size > maxBytes) throw new RegistryError('TOO_LARGE', `${path} is larger than ${maxBytes} bytes`);
    return await readWhole(file, size);
  } finally {
    await file.close();
  }
}

/** So many bytes from the beginning; fewer where the file ends before. */
export async function readWhole(file: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(bytes, at, size - at, at);
    if (bytesRead === 0) return bytes.subarray(0, at);
    at += bytesRead;
  }
  return bytes;
}

/** The size of what is a regular file. @throws {RegistryError} LAYOUT_INVALID */
export function regularSize(facts: Stats, name: string): number {
  if (facts.isFile()) return facts.size;
  throw new RegistryError('LAYOUT_INVALID', `${name} is not a regular file`);
}
