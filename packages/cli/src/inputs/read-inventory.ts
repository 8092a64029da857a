import { type Digest, digestOf } from '@signet/oci';
import { defaultWorkloadLimits, type Inventory, readImages } from '@signet/workloads';
import { inputPieces } from '../files.ts';
import type { Io } from '../io.ts';
import { type FolderOptions, inputFiles } from './input-files.ts';
import type { Reading } from './reading.ts';

/** A file as it was read. */
export interface InputFile {
  /** Its path; `-` for standard input. */
  readonly path: string;
  /** Of its bytes. */
  readonly digest: Digest;
  /** Of standard input, which cannot be read again. */
  readonly bytes?: Uint8Array;
}

/** What one file names, or why it could not be read. */
export type InputResult =
  | { readonly input: InputFile; readonly inventory: Inventory }
  | { readonly path: string; readonly error: unknown };

/** How inputs are read. */
export interface InputOptions extends FolderOptions {
  readonly io: Io;
  readonly reading: Reading;
}

/**
 * What the files, folders and (for `-`) standard input name, one file after the other. A file that cannot be read hides no other.
 * @throws {CliError} FILE_UNREADABLE, USAGE for a path that is not there or holds nothing
 */
export async function* readInventory(paths: readonly string[], options: InputOptions): AsyncGenerator<InputResult> {
  const { io, reading } = options;
  const lists = await Promise.all(paths.map((path) => inputFiles(path, options)));
  for (const path of new Set(lists.flat())) {
    try {
      const bytes = await readAtMost(path, io, defaultWorkloadLimits.maxBytes);
      const inventory = readImages(bytes, { ...reading, file: path });
      yield { input: { path, digest: digestOf(bytes), ...(path === '-' ? { bytes } : {}) }, inventory };
    } catch (error) {
      yield { path, error };
    }
  }
}

/** All bytes, or of what is larger a few more than `maxBytes`: the reader of the input then says so, with the place. */
async function readAtMost(path: string, io: Io, maxBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of inputPieces(path, io)) {
    pieces.push(piece);
    size += piece.length;
    if (size > maxBytes) break;
  }
  return Buffer.concat(pieces);
}
