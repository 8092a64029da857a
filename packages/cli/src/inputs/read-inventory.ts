import { defaultWorkloadLimits, type Inventory, readImages } from '@signet/workloads';
import { readInput } from '../files.ts';
import type { Io } from '../io.ts';
import { inputFiles } from './input-files.ts';

/** What one file names, or why it could not be read. */
export type InputResult =
  | { readonly file: string; readonly inventory: Inventory }
  | { readonly file: string; readonly error: unknown };

/**
 * What the files, folders and (for `-`) standard input name, one file after the other. A file that cannot be read hides no other.
 * @throws {CliError} FILE_UNREADABLE, USAGE for a path that is not there or holds nothing
 */
export async function* readInventory(paths: readonly string[], io: Io): AsyncGenerator<InputResult> {
  const lists = await Promise.all(paths.map(inputFiles));
  for (const file of new Set(lists.flat())) {
    try {
      const bytes = await readInput(file, io, defaultWorkloadLimits.maxBytes);
      yield { file, inventory: readImages(bytes, { file, env: io.env }) };
    } catch (error) {
      yield { file, error };
    }
  }
}
