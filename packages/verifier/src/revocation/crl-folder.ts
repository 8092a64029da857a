import { createHash, randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { maxCrlBytes } from '@signet/core/revocation';
import { makeFolders, readRegular } from '@signet/oci';
import type { CrlCache } from './fetcher.ts';

/**
 * A folder of lists, each in `<hex SHA-256 of its address>`, as it came. It is made with the first list. What cannot be read or written is
 * as if it were not there: lists are checked by who reads them. Rule: wire-formats 9.6.
 */
export function createCrlFolder(folder: string): CrlCache {
  const pathOf = (url: string): string => join(folder, createHash('sha256').update(url).digest('hex'));
  return {
    async read(url) {
      try {
        return await readRegular(pathOf(url), maxCrlBytes);
      } catch {
        return undefined; // not there, too large or no file: the list is fetched
      }
    },
    async write(url, bytes) {
      const path = pathOf(url);
      const beside = `${path}.${randomUUID()}`;
      try {
        await makeFolders(folder, { mode: 0o700 });
        await writeWhole(beside, bytes);
        await rename(beside, path);
      } catch {
        // A full or read-only disk: the list was used all the same, and is fetched again.
        await rm(beside, { force: true }).catch(() => undefined);
      }
    },
  };
}

/** On the disk before it gets its name. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}
