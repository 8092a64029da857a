import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Temporary files and locks in a layout's folder. */
export function layoutLeftovers(layoutDir: string): readonly string[] {
  if (!existsSync(layoutDir)) return [];
  const locks = readdirSync(layoutDir).filter((name) => name.startsWith('.lock'));
  const unfinished = join(layoutDir, '.unfinished');
  return existsSync(unfinished) ? [...locks, ...readdirSync(unfinished)] : locks;
}

/** Uploads that the embedded registry waits for; they expire. */
export function openUploads(layoutDir: string): readonly string[] {
  const folder = join(layoutDir, '..', '_uploads');
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** What the program left in its folder for temporary files, beside the compile cache's own files. */
export function temporaryFiles(dir: string): readonly string[] {
  const names = readdirSync(dir, { recursive: true, withFileTypes: true });
  return names.filter((each) => each.isFile() && !/^[0-9a-f]+$/.test(each.name)).map(({ name }) => name);
}
